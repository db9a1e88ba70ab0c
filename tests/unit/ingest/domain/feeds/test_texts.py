import doctest
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramatis.ingest.domain.feeds import plain_text, topics, world_signal
from dramatis.ingest.domain.feeds.plain_text import MAX_TEXT, hashtags, language, plain, words


@pytest.mark.parametrize("module", [plain_text, topics, world_signal])
def test_what_docstrings_show_is_so(module):
    tried = doctest.testmod(module)
    assert tried.attempted > 0
    assert tried.failed == 0


@given(st.text())
def test_any_text_becomes_plain_and_short(text):
    told = plain(text)
    assert len(told) <= MAX_TEXT
    assert "\0" not in told
    assert told == told.strip()


@given(st.text())
def test_words_are_the_same_however_they_are_written(text):
    assert words(text.upper().lower()) == words(text.upper().lower().upper().lower())
    assert all(words(text))


@pytest.mark.parametrize("hostile", ["<" * 1_000_000, "&#" * 500_000, "#" * 1_000_000, "a" * 10**6])
def test_hostile_texts_take_no_time(hostile):
    begun = time.perf_counter()
    plain(hostile), words(hostile), hashtags(hostile[:MAX_TEXT])
    assert time.perf_counter() - begun < 0.5


def test_what_is_written_without_spaces_still_has_words():
    assert words("景気後退の懸念") == ["景気", "気後", "後退", "退の", "の懸", "懸念"]
    assert words("กขคง abc")[-1] == "abc"


@given(st.one_of(st.text(), st.none(), st.integers()))
def test_a_language_is_a_tag_or_nothing(code):
    told = language(code)
    assert told == language(told)
    assert told.isascii()


@given(st.floats(0, 1), st.integers(-5, 10**9))
def test_intensity_lies_between_the_weight_and_one(weight, reactions):
    assert weight <= world_signal.intensity(weight, reactions) <= 1


def test_digests_tell_parts_apart():
    digests = {world_signal.digest(item, topic) for item in "ab" for topic in ("x", "y")}
    assert len(digests) == 4
    assert world_signal.digest("a", "bc") != world_signal.digest("ab", "c")
    assert len(world_signal.digest("\ud800")) == 32  # a lone surrogate is a text like any other

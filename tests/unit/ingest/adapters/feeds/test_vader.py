import pytest

from dramatis.ingest.adapters.feeds.vader import Vader


@pytest.mark.parametrize(
    ("text", "low", "high"), [("I love it!", 0.3, 1), ("It is awful", -1, -0.3), ("A table", 0, 0)]
)
def test_english_has_a_score(text, low, high):
    said = Vader().score(text, "en-GB")
    assert said.supported
    assert low <= said.score <= high


@pytest.mark.parametrize(
    ("text", "code"), [("I love it", "de"), ("I love it", ""), ("", "en"), ("  ", "en")]
)
def test_all_else_has_none(text, code):
    assert not Vader().score(text, code).supported


@pytest.mark.parametrize("text", ["a" * 10**6, "not " * 10**5, "\ud800 :) !", "🙂" * 5_000])
def test_any_text_has_a_score_in_bounds(text):
    assert -1 <= Vader().score(text, "en").score <= 1

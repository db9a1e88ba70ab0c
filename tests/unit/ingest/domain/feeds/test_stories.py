from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramatis.ingest.domain.feeds.stories import Stories, Story, from_bytes, sketch, to_bytes

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def story(title, name=None, time=NOW):
    return Story(name or title, sketch(title), time)


def told(*titles):
    """Stories that know these titles and 200 others."""
    stories = Stories()
    for n in range(200):
        stories.update(story(f"number{n} thing{n} place{n} person{n} moment{n} happens"))
    for title in titles:
        stories.update(story(title))
    return stories


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Charts show the mill's workers fear for their jobs",
            "Mill: charts show workers fear for their jobs",
        ),
        (
            "Mill in Ayton to cut 1,000 jobs after poor year",
            "Live: Mill in Ayton to cut 1,000 jobs after poor year",
        ),
        ("景気後退の懸念が高まる市場", "景気後退の懸念が高まる市場 速報"),
    ],
)
def test_one_story_in_other_words_counts_once(one, other):
    assert told(one).same(story(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mill in Ayton to cut 1,000 jobs", "Bank in Beeton pays record sum to owners"),
        ("Breaking news", "breaking news"),
        ("", ""),
    ],
)
def test_other_stories_count(one, other):
    assert not told(one).same(story(other, "another"))


def test_a_column_is_not_a_story():
    stories = told(*(f"The week ahead: notes from the market on topic{n}" for n in range(40)))
    assert not stories.same(story("The week ahead: notes from the market on something"))


def test_a_story_is_not_its_own_duplicate():
    mine = story("Mill in Ayton to cut 1,000 jobs after poor year")
    assert not told("Mill in Ayton to cut 1,000 jobs after poor year").same(mine)


def test_a_story_is_forgotten_after_a_day_and_where_it_is_withdrawn():
    title = "Mill in Ayton to cut 1,000 jobs after poor year"
    stories = told(title)
    assert stories.same(story(title, "b", NOW + timedelta(hours=23)))
    assert not stories.same(story(title, "b", NOW + timedelta(hours=25)))
    stories.forget(title)
    assert not stories.same(story(title, "b"))


@given(st.lists(st.text(max_size=60), max_size=60))
def test_memory_is_bounded_and_empties(titles):
    stories = Stories(capacity=10)
    for title in titles:
        stories.update(story(title))
        assert len(stories) <= 10
    for title in titles:
        stories.forget(title)
    assert len(stories) == 0
    assert not stories._often
    assert not stories._having


@given(st.text())
def test_a_sketch_is_stored_and_read(title):
    stored = to_bytes(sketch(title))
    assert from_bytes(stored) == sketch(title)
    assert len(stored) <= 128

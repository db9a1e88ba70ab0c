from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from dramatis.core.attributes import Attribute, AttributeKind
from dramatis.core.campaign import CONTROL, Stage
from dramatis.core.happening import Changed, Exposed, Happening, Meaning, Responded
from dramatis.persona.domain.profile import EMPTY, Profile, drop_ended, first_end, fold

DAY = datetime(2026, 1, 1, tzinfo=UTC)
LATER = (DAY + timedelta(days=1)).timestamp()


def number(value: float) -> Attribute:
    return Attribute(AttributeKind.NUMBER, value)


def happen(meaning: Meaning | None, hours: float = 0.0) -> Happening:
    return Happening("t", "e", "r", DAY + timedelta(hours=hours), meaning)


def hour(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


meanings = st.one_of(
    st.builds(lambda n, v: Changed({n: number(v)}), st.sampled_from("ab"), st.floats(-5, 5)),
    st.builds(lambda n: Changed({}, (n,)), st.sampled_from("ab")),
    st.builds(Exposed, st.sampled_from(["x", "y", CONTROL])),
    st.builds(Responded, st.sampled_from(Stage), st.sampled_from(["", "x"]), st.floats(0, 9)),
)
stories = st.lists(st.builds(happen, meanings, st.integers(0, 5)), max_size=12)


values = st.builds(
    lambda name, value, ends: Changed({name: number(value)}, ends=dict(ends)),
    st.just("a"),
    st.floats(-5, 5),
    st.lists(st.tuples(st.just("a"), st.integers(0, 9).map(hour)), max_size=1),
)
told = st.lists(
    st.tuples(values, st.integers(0, 9)), max_size=6, unique_by=lambda each: each[1]
).map(lambda each: [happen(meaning, hours) for meaning, hours in each])
"""Values of one attribute, some of which end, at different times."""


def at(hours: float) -> float:
    return hour(hours).timestamp()


def test_a_value_is_unknown_from_the_moment_when_it_ends() -> None:
    profile = fold(EMPTY, [happen(Changed({"age": number(40.0)}, ends={"age": hour(3)}), hours=1)])
    assert profile.attributes(at(3) - 1e-3) == {"age": number(40.0)}
    assert profile.attributes(at(3)) == {}
    assert first_end(profile.known) == at(3)


def test_what_ended_brings_back_nothing_older_and_gives_way_to_what_is_newer() -> None:
    ends = happen(Changed({"age": number(40.0)}, ends={"age": hour(3)}), hours=2)
    late = happen(Changed({"age": number(30.0)}), hours=1)
    newer = happen(Changed({"age": number(50.0)}), hours=2.5)
    assert fold(EMPTY, [ends, late]).attributes(at(4)) == {}
    assert fold(EMPTY, [late, ends]).attributes(at(4)) == {}
    assert fold(EMPTY, [newer, ends]).attributes(at(4)) == {"age": number(50.0)}
    assert first_end(fold(EMPTY, [newer, ends]).known) is None


@given(told, st.randoms(use_true_random=False), st.integers(0, 12))
def test_the_order_of_what_ends_does_not_matter(
    story: list[Happening], random: Random, now: int
) -> None:
    shuffled = random.sample(story, len(story))
    assert fold(EMPTY, shuffled).attributes(at(now)) == fold(EMPTY, story).attributes(at(now))


@given(told, st.lists(st.integers(0, 9), min_size=6, max_size=6).map(sorted), st.integers(0, 3))
def test_dropping_what_has_ended_is_not_seen(
    story: list[Happening], clock: list[int], rest: int
) -> None:
    kept = dropped = EMPTY
    for happening, now in zip(story, clock, strict=False):
        kept = fold(kept, [happening])
        dropped = fold(Profile(drop_ended(dropped.known, at(now))), [happening])
        assert dropped.attributes(at(now)) == kept.attributes(at(now))
    end = at(clock[-1] + rest)
    assert fold(EMPTY, story).attributes(end) == dropped.attributes(end)
    assert all(each.at(end) is each.attribute for each in drop_ended(dropped.known, end).values())


@given(stories, st.integers(0, 12))
def test_in_two_parts_is_the_same_as_at_once(story: list[Happening], cut: int) -> None:
    assert fold(fold(EMPTY, story[:cut]), story[cut:]) == fold(EMPTY, story)


def test_a_late_event_changes_nothing_that_is_newer() -> None:
    story = [
        happen(Changed({"age": number(40.0), "size": number(1.0)}), hours=2),
        happen(Changed({"age": number(30.0)}, ("size",)), hours=1),
    ]
    assert fold(EMPTY, story).attributes(LATER) == {"age": number(40.0), "size": number(1.0)}


def test_what_was_removed_is_unknown_and_stays_so() -> None:
    story = [
        happen(Changed({"age": number(40.0)}), hours=1),
        happen(Changed({}, ("age",)), hours=2),
        happen(Changed({"age": number(41.0)}), hours=1.5),
    ]
    assert fold(EMPTY, story).attributes(LATER) == {}


def test_a_response_without_campaign_answers_the_last_send() -> None:
    story = [
        happen(Exposed("x"), hours=1),
        happen(Exposed("y"), hours=3),
        happen(Exposed("z"), hours=2),
        happen(Responded(Stage.CONVERT, "", 2.5), hours=4),
        happen(Responded(Stage.CONVERT, "y", 0.1), hours=5),
    ]
    exposures = fold(EMPTY, story).exposures
    assert exposures["y"].stages == 1 << Stage.CONVERT
    assert exposures["y"].amount_micros == 2_600_000
    assert exposures["x"].stages == exposures["z"].stages == 0


def test_a_response_may_come_before_its_send() -> None:
    early = fold(EMPTY, [happen(Responded(Stage.OPEN, "x"))])
    assert not early.exposures["x"].sent
    late = fold(early, [happen(Exposed("x"))])
    assert late.exposures["x"].sent
    assert late.exposures["x"].stages == 1 << Stage.OPEN


def test_a_response_to_nothing_is_let_go() -> None:
    assert fold(EMPTY, [happen(Responded(Stage.OPEN)), happen(None)]) == EMPTY


def test_impossible_amounts_end_at_what_a_store_can_hold() -> None:
    most = happen(Responded(Stage.CONVERT, "x", (2**63 - 1) / 1e6))
    assert fold(EMPTY, [most, most]).exposures["x"].amount_micros == 2**63 - 1

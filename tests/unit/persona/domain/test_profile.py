from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dramatis.core.attributes import Attribute, AttributeKind
from dramatis.core.campaign import CONTROL, Stage
from dramatis.core.happening import Changed, Exposed, Happening, Meaning, Responded
from dramatis.persona.domain.profile import EMPTY, fold

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def number(value: float) -> Attribute:
    return Attribute(AttributeKind.NUMBER, value)


def happen(meaning: Meaning | None, hours: float = 0.0) -> Happening:
    return Happening("t", "e", "r", DAY + timedelta(hours=hours), meaning)


meanings = st.one_of(
    st.builds(lambda n, v: Changed({n: number(v)}), st.sampled_from("ab"), st.floats(-5, 5)),
    st.builds(lambda n: Changed({}, (n,)), st.sampled_from("ab")),
    st.builds(Exposed, st.sampled_from(["x", "y", CONTROL])),
    st.builds(Responded, st.sampled_from(Stage), st.sampled_from(["", "x"]), st.floats(0, 9)),
)
stories = st.lists(st.builds(happen, meanings, st.integers(0, 5)), max_size=12)


@given(stories, st.integers(0, 12))
def test_in_two_parts_is_the_same_as_at_once(story: list[Happening], cut: int) -> None:
    assert fold(fold(EMPTY, story[:cut]), story[cut:]) == fold(EMPTY, story)


def test_a_late_event_changes_nothing_that_is_newer() -> None:
    story = [
        happen(Changed({"age": number(40.0), "size": number(1.0)}), hours=2),
        happen(Changed({"age": number(30.0)}, ("size",)), hours=1),
    ]
    assert fold(EMPTY, story).attributes == {"age": number(40.0), "size": number(1.0)}


def test_what_was_removed_is_unknown_and_stays_so() -> None:
    story = [
        happen(Changed({"age": number(40.0)}), hours=1),
        happen(Changed({}, ("age",)), hours=2),
        happen(Changed({"age": number(41.0)}), hours=1.5),
    ]
    assert fold(EMPTY, story).attributes == {}


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

"""What a recipient allows, where they have spoken of all third parties and of single ones."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramatis.core.consent import Consent, ConsentState, DataType, Purpose
from dramatis.ingest.domain.permissions import UNASKED, profiling
from dramatis.ingest.domain.third_party import consented

DAY = datetime(2026, 1, 1, tzinfo=UTC)
YES, NO, TAKEN_BACK = ConsentState.GRANTED, ConsentState.DENIED, ConsentState.WITHDRAWN
THIRD_PARTY, ALL = DataType.THIRD_PARTY, DataType.ALL


def said(
    state: ConsentState, day: int, party: str = "", data_type: DataType = THIRD_PARTY
) -> Consent:
    time = DAY + timedelta(days=day)
    return Consent(Purpose.PROFILING, state, time, data_type, "form", third_party=party)


@pytest.mark.parametrize(
    ("statements", "one", "another"),
    [
        ([], False, False),
        ([said(YES, 0)], True, True),
        ([said(YES, 0, data_type=ALL)], True, True),
        ([said(YES, 0, "one")], True, False),
        ([said(YES, 0), said(NO, 1, "one")], False, True),
        ([said(NO, 0, "one"), said(YES, 1)], False, True),
        ([said(NO, 0), said(YES, 1, "one")], True, False),
        ([said(YES, 0, "one"), said(TAKEN_BACK, 1)], False, False),
        ([said(YES, 1, "one"), said(TAKEN_BACK, 1)], False, False),
        ([said(YES, 0, "one"), said(TAKEN_BACK, 1), said(YES, 2, "one")], True, False),
        ([said(YES, 2, "one"), said(NO, 0, data_type=ALL)], False, False),
        ([said(YES, 0, data_type=ALL), said(TAKEN_BACK, 1, "one")], False, True),
        ([said(YES, 0, data_type=ALL), said(NO, 1), said(YES, 2, "one")], True, False),
    ],
)
def test_the_more_specific_goes_first_and_a_no_to_all_ends_what_is_not_newer(
    statements: Sequence[Consent], one: bool, another: bool
) -> None:
    allowed = profiling(statements)
    assert allowed.allow_party("one", UNASKED) is one
    assert allowed.allow_party("another", UNASKED) is another
    assert consented(statements, "one", ["*"]) is one
    assert consented(statements, "another", ["*"]) is another


def test_of_a_party_named_it_does_not_matter_where_it_was_said() -> None:
    assert consented([said(YES, 0, "one")], "one", ["another form"])
    assert not consented([said(YES, 0)], "one", ["another form"])
    assert not consented([said(YES, 0, "one"), said(YES, 0)], "another", ["another form"])
    assert not consented([said(YES, 0, "one"), said(YES, 2)], "one", ["another form"])


def test_the_default_is_for_those_who_said_nothing() -> None:
    lenient = {**UNASKED, THIRD_PARTY: True}
    assert profiling([]).allow_party("one", lenient)
    assert not profiling([said(NO, 0, "one")]).allow_party("one", lenient)
    assert profiling([said(NO, 0, "one")]).allow_party("another", lenient)
    assert not consented([], "one", ["*"])


statements = st.lists(
    st.builds(
        said,
        st.sampled_from([YES, NO, TAKEN_BACK]),
        st.integers(0, 4),
        st.sampled_from(["", "one", "another"]),
    ),
    max_size=7,
)


@given(statements, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(spoken: list[Consent], random: Random) -> None:
    shuffled = random.sample(spoken, len(spoken))
    assert profiling(shuffled) == profiling(spoken)


@given(statements, st.sampled_from(["", "one"]), st.sampled_from([NO, TAKEN_BACK]))
def test_a_no_that_is_the_newest_holds(
    spoken: list[Consent], party: str, state: ConsentState
) -> None:
    now = profiling([*spoken, said(state, 5, party)])
    assert not now.allow_party("one", {**UNASKED, THIRD_PARTY: True})


@given(statements)
def test_what_is_said_of_one_party_is_nothing_to_another(spoken: list[Consent]) -> None:
    others = [each for each in spoken if each.third_party != "one"]
    for unasked in (False, True):
        default = {**UNASKED, THIRD_PARTY: unasked}
        before = profiling(others).allow_party("another", default)
        assert profiling(spoken).allow_party("another", default) is before

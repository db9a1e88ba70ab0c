import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramatis.persona.domain.descent import trace
from dramatis.persona.domain.persona_event import Change
from dramatis.persona.domain.succession import Occasion, Past, Succession, succeed
from tests.unit.persona.worlds import NOW


def hard(*labels: int) -> np.ndarray:
    return np.eye(max(labels) + 1)[list(labels)]


def succession(past: Past, old: np.ndarray, new: np.ndarray) -> Succession:
    return succeed(past, old, new, ["s"] * new.shape[1], Occasion("set-000007", NOW))


TWO = Past(("p1", "p2"), ("a", "b"), ((), ()), {"p0": "p2"}, serial=2)


def told(found: Succession) -> list[tuple[Change, tuple[str, ...], tuple[str, ...]]]:
    return [(each.change, each.before, each.after) for each in found.events]


def test_one_that_becomes_two_split_and_its_id_goes_on_in_the_larger_part() -> None:
    found = succession(TWO, hard(0, 0, 0, 0, 0, 1, 1, 1, 1), hard(1, 1, 1, 2, 2, 0, 0, 0, 0))
    assert found.ids == ("p2", "p1", "p3")
    assert told(found) == [(Change.SPLIT, ("p1",), ("p1", "p3"))]
    assert found.parents == ((), (), ("p1",))
    assert found.heirs == {"p0": "p2"}
    assert found.events[0].event_id == "set-000007-p1-split"


def test_two_that_become_one_are_merged() -> None:
    found = succession(TWO, hard(0, 0, 0, 0, 1, 1), hard(0, 0, 0, 0, 0, 0))
    assert found.ids == ("p1",)
    assert told(found) == [(Change.MERGED, ("p1", "p2"), ("p1",))]
    assert found.parents == (("p1", "p2"),)
    assert found.heirs == {"p0": "p1", "p2": "p1"}


def test_few_of_anothers_members_make_no_merger() -> None:
    """p2 gave all it had, and is a sixth of p1 now: it faded, and lives on in p1."""
    found = succession(TWO, hard(0, 0, 0, 0, 0, 1), hard(0, 0, 0, 0, 0, 0))
    assert told(found) == [(Change.FADED, ("p2",), ())]
    assert found.heirs["p2"] == "p1"


def test_who_comes_of_nobody_is_born() -> None:
    old = np.array([[1, 0]] * 3 + [[0, 1]] * 3)
    new = hard(0, 0, 0, 1, 1, 1)
    found = succession(Past(("p1",), ("a",), ((),), {}, 1), old[:, :1] + 0.1, new)
    assert [each.change for each in found.events] == [Change.SPLIT]
    found = succession(Past(), np.ones((6, 0)), new)
    assert told(found) == [(Change.BORN, (), ("p1",)), (Change.BORN, (), ("p2",))]


def test_everyone_has_no_children_but_heirs() -> None:
    everyone = Past(("everyone",), ("everyone",), ((),), apart=True)
    found = succession(everyone, np.ones((4, 1)), hard(0, 0, 0, 1))
    assert [each.change for each in found.events] == [Change.BORN, Change.BORN, Change.FADED]
    assert found.heirs == {"everyone": "p1"}


labels = st.lists(st.integers(0, 4), min_size=1, max_size=40)


@given(st.lists(labels, min_size=2, max_size=5), st.randoms())
def test_every_persona_that_ever_was_lives_somewhere(sets: list[list[int]], rng) -> None:
    people = max(map(len, sets))
    past, old, ever = Past(), np.ones((people, 0)), set()
    for drawn in sets:
        new = np.eye(5)[[drawn[at % len(drawn)] for at in range(people)]]
        found = succession(past, old, new)
        ever |= set(found.ids)
        assert set(found.heirs) == ever - set(found.ids)
        assert set(found.heirs.values()) <= set(found.ids)
        assert len({each.event_id for each in found.events}) == len(found.events)
        past = Past(found.ids, ("n",) * 5, found.parents, found.heirs, found.serial)
        old = new


@pytest.mark.parametrize("people", [0, 7])
def test_the_same_personas_have_no_history(people: int) -> None:
    same = np.eye(2)[[0, 1, 0, 1, 0, 1, 0][:people]]
    assert trace(same, same).splits == trace(same, same).merges == {}

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dramatis.persona.domain import lineage


@given(st.permutations(range(5)))
def test_renumbered_personas_are_recognised(order: list[int]) -> None:
    old = np.eye(5)[np.repeat(np.arange(5), 7)]
    assert lineage.match(old, old[:, order]) == order


def test_less_than_half_in_common_is_another_persona() -> None:
    old = np.array([[1.0, 0.0]] * 4 + [[0.0, 1.0]] * 4)
    new = np.array([[1.0, 0.0]] * 4 + [[1.0, 0.0]] * 2 + [[0.0, 1.0]] * 2)
    assert lineage.match(old, new) == [0, 1]
    new = np.array([[1.0, 0.0]] * 4 + [[1.0, 0.0]] * 3 + [[0.0, 1.0]])
    assert lineage.match(old, new) == [0, None]


def test_nobody_in_common() -> None:
    assert lineage.match(np.zeros((0, 2)), np.zeros((0, 3))) == [None, None, None]

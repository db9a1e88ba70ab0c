import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramatis.core.errors import Invalid
from dramatis.persona.domain import lineage, paging


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


@given(st.text("abc-", max_size=5), st.integers(0, 10**9))
def test_tokens_come_back(scope: str, place: int) -> None:
    assert paging.place(paging.token(scope, place), scope) == place


@pytest.mark.parametrize("text", ["x", "!!", paging.token("other", 3), "ZXZlbnRzOi0x", "\u00e4"])
def test_other_tokens_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        paging.place(text, "events")
    assert caught.value.metadata["field"] == "page_token"


@pytest.mark.parametrize("asked", [-1, 1001])
def test_page_sizes(asked: int) -> None:
    assert paging.size(0) == 100
    with pytest.raises(Invalid):
        paging.size(asked)

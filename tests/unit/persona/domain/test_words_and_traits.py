import numpy as np
import pytest

from dramatis.core.attributes import Attribute, AttributeKind
from dramatis.persona.domain import traits, words
from dramatis.persona.domain.words import Difference

K = AttributeKind


def rows(kind: AttributeKind, *values: float | str | None) -> list[dict[str, Attribute]]:
    return [{} if v is None else {"x": Attribute(kind, v)} for v in values]


def test_counts_of_a_flag_by_hand() -> None:
    """Two say yes, one no, one nothing; one recipient like the average is added to each persona."""
    q = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    (table,) = traits.tabulate(rows(K.FLAG, 1.0, 1.0, 0.0, None), q)
    assert table.states == ("no", "yes", "unknown")
    np.testing.assert_allclose(table.counts, [[0.25, 2.5, 0.25], [1.25, 0.5, 1.25]])
    np.testing.assert_allclose(table.probabilities.sum(axis=1), 1.0)
    assert table.mean is not None
    assert table.mean.tolist() == [1.0, 0.0]


def test_numbers_are_told_in_quarters() -> None:
    (table,) = traits.tabulate(rows(K.NUMBER, *map(float, range(8))), np.ones((8, 1)))
    assert table.states == traits.QUARTERS
    np.testing.assert_allclose(table.counts, [[2.25] * 4])


def test_levels_that_few_share_are_other_for_they_tell_who_they_are() -> None:
    levels = ["berlin"] * 5 + ["ulm"] * 4 + ["here and nowhere else"]
    (table,) = traits.tabulate(rows(K.CATEGORY, *levels), np.ones((len(levels), 1)))
    assert table.states == ("berlin", "other")


def test_rare_levels_are_other() -> None:
    levels = [f"l{i:02d}" for i in range(14) for _ in range(5 * (14 - i))]
    (table,) = traits.tabulate(rows(K.CATEGORY, *levels), np.ones((len(levels), 1)))
    assert table.states == (*[f"l{i:02d}" for i in range(12)], "other")


def test_a_persona_without_known_members_has_no_mean() -> None:
    (table,) = traits.tabulate(rows(K.NUMBER, 1.0, None), np.eye(2))
    assert table.mean is not None
    assert np.isnan(table.mean[1])


def difference(*labels: str) -> list[Difference]:
    return [Difference(label, label, 1.0) for label in labels]


@pytest.mark.parametrize(
    ("found", "names"),
    [
        ([difference("a"), difference("b", "c", "d", "e")], ["a", "b, c, d"]),
        (
            [difference("a", "b", "c", "d"), difference("a", "b", "c", "e")],
            ["a, b, c, d", "a, b, c, e"],
        ),
        ([difference("a"), difference("a")], ["a (1)", "a (2)"]),
        ([[], difference("a")], ["average", "a"]),
        ([difference("no a", "b")], ["b, no a"]),
    ],
)
def test_names_have_as_many_words_as_it_takes(
    found: list[list[Difference]], names: list[str]
) -> None:
    assert words.name(found) == names

"""Split, encoding, outcome models, numpy comparison and words: small parts with hand-worked numbers."""

from datetime import date

import numpy as np
import pytest

from dramatis.cli.backtest import encode, outcome_models, words
from dramatis.cli.backtest.compare import agreement
from dramatis.cli.backtest.ports import Decisions, Posterior, Recipients
from dramatis.cli.backtest.spec import Feature, FeatureType
from dramatis.cli.backtest.split import halve
from dramatis.core.errors import Conflict


def test_the_judging_half_is_the_one_that_everyone_uses() -> None:
    split = halve(64_000, 3)
    expected = np.sort(np.random.default_rng(3).permutation(64_000)[32_000:])
    assert (split.judging == expected).all()
    assert split.checkpoints == (0, 500, 2_000, 8_000, 32_000)
    both = np.sort(np.concatenate([split.learning, split.judging]))
    assert (both == np.arange(64_000)).all()
    assert not (np.diff(split.learning) > 0).all()  # shuffled: a prefix is a random sample


@pytest.mark.parametrize(
    ("rows", "checkpoints"), [(1_000, (0, 500)), (1_001, (0, 500)), (3, (0, 1))]
)
def test_checkpoints_end_with_all(rows: int, checkpoints: tuple[int, ...]) -> None:
    assert halve(rows, 0).checkpoints == checkpoints


FEATURES = (
    Feature("n", FeatureType.NUMERIC),
    Feature("o", FeatureType.ORDINAL, ("low", "high")),
    Feature("c", FeatureType.CATEGORICAL),
    Feature("b", FeatureType.BOOLEAN),
    Feature("d", FeatureType.DATE),
)
PEOPLE = Recipients(
    ("1", "2", "3"),
    {
        "n": [1.0, None, 3.0],
        "o": ["low", "high", None],
        "c": ["x", "x", "y"],
        "b": [True, False, True],
        "d": [date(1970, 1, 2)] * 3,
    },
)


def test_encoding_by_hand() -> None:
    columns = encode.fit(FEATURES, PEOPLE)
    day = date(1970, 1, 2).toordinal()
    assert encode.apply(columns, PEOPLE).tolist() == [
        [1, 0, 0, 0, 1, 0, 1, day],
        [2, 1, 1, 0, 1, 0, 0, day],
        [3, 0, 0.5, 1, 0, 1, 1, day],
    ]
    stranger = Recipients(("4",), {"n": [None], "o": ["?"], "c": ["z"], "b": [None], "d": [None]})
    row = encode.apply(columns, stranger)[0]
    assert row.tolist() == [2, 1, 0.5, 1, 0, 0, pytest.approx(2 / 3), day]


def test_outcome_models_follow_the_features_per_arm() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4_000, 1))
    arm = rng.integers(0, 2, 4_000)
    rate = np.where(arm == 0, 0.2, 1 / (1 + np.exp(-2 * x[:, 0])))
    y = (rng.random(4_000) < rate).astype(float)
    target = np.array([[-1.0], [1.0]])
    expected = outcome_models.predict(x, arm, y, target, arms=2, binary=True)
    assert expected[:, 0] == pytest.approx([0.2, 0.2], abs=0.04)
    assert expected[:, 1] == pytest.approx([0.12, 0.88], abs=0.05)
    amounts = outcome_models.predict(x, arm, 100 * y, target, arms=2, binary=False)
    assert amounts[0, 1] < amounts[1, 1]


def test_outcome_models_of_one_kind_of_answer_or_none_are_means() -> None:
    x, arm = np.ones((4, 1)), np.array([0, 0, 1, 1])
    expected = outcome_models.predict(x, arm, np.array([0.0, 0, 1, 1]), x[:1], arms=3, binary=True)
    assert expected.tolist() == [[0, 1, 0]]


def decisions(arm: list[int], scores: list[list[float]]) -> Decisions:
    return Decisions(
        np.array(arm), np.array(scores), ("p", "q"), np.array([[0.5, 0.5], [1.0, 0.0]]),
        {}, {}, np.zeros(0), 0.0,
    )  # fmt: skip


def test_scores_are_compared_with_membership_times_table_in_any_order() -> None:
    table = Posterior(("r", "q", "p"), np.array([[9.0, 9.0], [0.2, 0.4], [0.4, 0.0]]))
    right = agreement(decisions([1, 1], [[0.3, 0.2], [0.4, 0.0]]), table)
    assert right.max_abs_error == pytest.approx(0)
    assert (right.recipients, right.scores, right.other_choices) == (2, 4, 0)
    wrong = agreement(decisions([2, 0], [[0.3, 0.25], [np.nan, 0.0]]), table)
    assert wrong.max_abs_error == pytest.approx(0.05)
    assert (wrong.scores, wrong.other_choices) == (3, 1)


def test_tables_of_another_snapshot_are_told() -> None:
    with pytest.raises(Conflict, match="decisions name 'q', snapshot 's7' does not"):
        agreement(
            decisions([1, 1], [[0.3, 0.2], [0.4, 0.0]]), Posterior(("p",), np.zeros((1, 2)), "s7")
        )


def test_decisions_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="decisions of 1 recipients"):
        decisions([1], [[0.3, 0.2], [0.4, 0.0]])


def test_words_name_what_differs_and_nothing_else() -> None:
    people = Recipients(
        tuple("abcd"),
        {
            "age": [20.0, 22.0, 60.0, 62.0],
            "vip": [True, True, True, False],
            "place": ["x", "y", "x", "y"],
            "size": ["s", "s", "l", "l"],
            "since": [date(2020, 1, 1), date(2020, 1, 3), date(2022, 1, 1), date(2022, 1, 3)],
            "same": [1.0, 1.0, 1.0, 1.0],
        },
    )
    features = (
        Feature("age", FeatureType.NUMERIC),
        Feature("vip", FeatureType.BOOLEAN),
        Feature("place", FeatureType.CATEGORICAL),
        Feature("size", FeatureType.ORDINAL, ("s", "m", "l")),
        Feature("since", FeatureType.DATE),
        Feature("same", FeatureType.NUMERIC),
    )
    young, old = words.describe(features, people, np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]]))
    assert {t.text for t in young} == {
        "age is low: 21 on average, 41 over all",
        "size is low: around 's', 'm' over all",
        "since is early: 2020-01-02 on average, 2021-01-01 over all",
        "vip: 100% of them, 75% of all",
    }
    assert {t.short for t in old} == {"high age", "high size", "late since", "rarely vip"}

import numpy as np
import pytest

from dramatis.cli.backtest import estimators
from dramatis.cli.backtest.estimators import Evidence, doubly_robust, judge, weights

# Four recipients, two arms at 1/4 and 3/4, worked by hand below.
FOUR = Evidence(
    arm=np.array([0, 1, 1, 1]),
    net=np.array([2.0, 4.0, 0.0, 8.0]),
    propensity=np.array([0.25, 0.75]),
    expected_net=np.array([[1.0, 3.0], [1.0, 3.0], [0.0, 0.0], [2.0, 6.0]]),
)
SEND = np.array([[0.0, 1.0]] * 4)
HALF = np.array([[0.5, 0.5]] * 4)


def test_hand_worked_values_of_a_certain_policy() -> None:
    assert weights(FOUR, SEND) == pytest.approx([0, 4 / 3, 4 / 3, 4 / 3])
    assert doubly_robust(FOUR, SEND) == pytest.approx([3, 3 + 4 / 3, 0, 6 + 8 / 3])
    value = judge(FOUR, {"send": SEND}, np.random.default_rng(0), 100).values["send"]
    assert value.dr.value == pytest.approx(4.0)  # (3 + 4 1/3 + 0 + 8 2/3) / 4
    assert value.ips.value == pytest.approx(4.0)  # 4/3 (4 + 0 + 8) / 4
    assert value.snips.value == pytest.approx(4.0)  # (4 + 0 + 8) / 3
    assert value.share == 1.0


def test_hand_worked_values_of_a_mixed_policy() -> None:
    assert weights(FOUR, HALF) == pytest.approx([2, 2 / 3, 2 / 3, 2 / 3])
    assert doubly_robust(FOUR, HALF) == pytest.approx([2 + 2, 2 + 2 / 3, 0, 4 + 4 / 3])
    value = judge(FOUR, {"half": HALF}, np.random.default_rng(0), 100).values["half"]
    assert value.dr.value == pytest.approx(3.0)  # (4 + 2 2/3 + 0 + 5 1/3) / 4
    assert value.ips.value == pytest.approx(3.0)  # (4 + 8/3 + 0 + 16/3) / 4
    assert value.snips.value == pytest.approx(3.0)  # 12 / (2 + 3 x 2/3)
    assert value.share == 0.5


def simulate(rows: int, rng: np.random.Generator) -> tuple[Evidence, np.ndarray, float]:
    """Evidence with a poor outcome model, a policy, and the policy's true value."""
    x = rng.random(rows)
    truth = np.stack([0.2 * x, 0.1 + 0.1 * x, 0.3 - 0.2 * x], axis=1)
    propensity = np.array([0.5, 0.3, 0.2])
    arm = rng.choice(3, rows, p=propensity)
    net = (rng.random(rows) < truth[np.arange(rows), arm]).astype(float)
    policy = np.zeros((rows, 3))
    policy[np.arange(rows), np.where(x < 0.5, 2, 1)] = 1.0
    wrong = np.stack([0.15 + 0 * x, 0.05 * x, 0.1 + 0 * x], axis=1)
    return Evidence(arm, net, propensity, wrong), policy, float((policy * truth).sum(1).mean())


def test_all_three_are_unbiased_on_a_simulated_truth_even_with_a_wrong_model() -> None:
    rng = np.random.default_rng(1)
    errors = []
    for _ in range(200):
        evidence, policy, truth = simulate(1_000, rng)
        weight = weights(evidence, policy)
        errors.append(
            [
                doubly_robust(evidence, policy).mean() - truth,
                (weight * evidence.net).mean() - truth,
                weight @ evidence.net / weight.sum() - truth,
            ]
        )
    mean, standard_error = np.mean(errors, axis=0), np.std(errors, axis=0) / np.sqrt(200)
    assert (np.abs(mean) < 3 * standard_error).all()


def test_intervals_hold_the_truth_about_19_times_in_20() -> None:
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(200):
        evidence, policy, truth = simulate(400, rng)
        interval = judge(evidence, {"p": policy}, rng, 200).values["p"].dr
        held += interval.lower <= truth <= interval.upper
    assert 0.90 <= held / 200 <= 0.99


def test_paired_differences_are_narrower_than_unpaired_and_zero_with_oneself() -> None:
    rng = np.random.default_rng(3)
    evidence, policy, _ = simulate(2_000, rng)
    almost = policy.copy()
    almost[:50] = [1, 0, 0]
    judged = judge(evidence, {"a": policy, "b": almost, "c": policy}, rng, 300)
    same = judged.difference("a", "c")
    assert (same.value, same.lower, same.upper) == (0, 0, 0)
    gap, alone = judged.difference("b", "a"), judged.values["a"].dr
    assert gap.upper - gap.lower < (alone.upper - alone.lower) / 3
    assert gap.lower <= gap.value <= gap.upper


def test_one_seed_gives_one_answer() -> None:
    evidence, policy, _ = simulate(500, np.random.default_rng(4))
    one, other = (judge(evidence, {"p": policy}, np.random.default_rng(9)) for _ in range(2))
    assert one.values == other.values
    assert len(one.resampled_dr["p"]) == estimators.RESAMPLES


def test_a_policy_that_never_agreed_with_the_log_is_worth_what_the_model_says() -> None:
    evidence = Evidence(
        np.zeros(3, np.int64), np.ones(3), np.array([0.9, 0.1]), np.full((3, 2), 0.5)
    )
    value = judge(evidence, {"p": np.array([[0.0, 1.0]] * 3)}, np.random.default_rng(0)).values["p"]
    assert (value.dr.value, value.ips.value, value.snips.value) == (0.5, 0.0, 0.0)

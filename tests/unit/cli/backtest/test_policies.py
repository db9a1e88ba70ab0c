import numpy as np
import pytest

from dramatis.cli.backtest import dataset, encode, policies, spec_file
from dramatis.cli.backtest.policies import Half
from dramatis.cli.backtest.ports import Decisions, Recipients
from dramatis.cli.backtest.spec import Spec


@pytest.fixture
def spec(csv_path, spec_path) -> Spec:
    return dataset.load(csv_path, spec_file.read(spec_path)).spec


@pytest.fixture
def half(csv_path, spec_path) -> Half:
    data = dataset.load(csv_path, spec_file.read(spec_path))
    design = encode.apply(encode.fit(data.spec.features, data.recipients), data.recipients)
    click, arm = data.responses.outcomes["click"], data.responses.arm
    return Half(data.recipients, design, arm, click, click - 0.01 * (arm > 0))


def test_fixed_and_random_are_expectations() -> None:
    assert policies.fixed(2, 1, 3, None).tolist() == [[0, 1, 0]] * 2
    assert policies.fixed(2, 1, 3, 0.25).tolist() == [[0.75, 0.25, 0]] * 2
    assert policies.fixed(1, 0, 3, 0.25).tolist() == [[1, 0, 0]]
    assert policies.uniform(1, 4, None)[0] == pytest.approx([0.25] * 4)
    assert policies.uniform(1, 3, 0.1)[0] == pytest.approx([0.9, 0.05, 0.05])
    assert policies.uniform(1, 3, 0.9)[0] == pytest.approx([1 / 3] * 3)


def test_the_best_fixed_arm_is_by_net_value_and_may_be_nothing() -> None:
    recipients = Recipients(tuple("abcdef"), {})
    arm, outcome = np.array([0, 0, 1, 1, 2, 2]), np.array([0.0, 1, 1, 1, 1, 0])
    dear = Half(recipients, np.zeros((6, 0)), arm, outcome, outcome - 0.6 * (arm > 0))
    cheap = Half(recipients, np.zeros((6, 0)), arm, outcome, outcome - 0.1 * (arm > 0))
    assert policies.best_fixed(dear, 3) == 0
    assert policies.best_fixed(cheap, 3) == 1
    assert policies.arm_means(cheap, 4).tolist() == [0.5, 0.9, 0.4, -np.inf]


def test_greedy_takes_the_best_arm_and_a_budget_the_best_gains() -> None:
    net = np.array([[0.0, 1.0, 0.5], [2.0, 1.0, 0.0], [0.0, 0.1, 3.0], [0.0, 0.2, 0.0]])
    rng = np.random.default_rng(0)
    assert policies.greedy(net, None, rng).argmax(1).tolist() == [1, 0, 2, 1]
    assert policies.greedy(net, 0.5, rng).argmax(1).tolist() == [1, 0, 2, 0]
    assert policies.greedy(net, 0.25, rng).argmax(1).tolist() == [0, 0, 2, 0]


def test_a_budget_never_forces_a_send() -> None:
    net = np.array([[1.0, 0.0]] * 10)
    assert policies.greedy(net, 0.5, np.random.default_rng(0))[:, 1].sum() == 0


def test_the_prioritizers_scores_rank_its_sends() -> None:
    decisions = Decisions(
        arm=np.array([1, 2, 0, 1]),
        scores=np.array([[0.1, np.nan], [0.0, 0.9], [-1.0, -1.0], [0.5, 0.2]]),
        persona_ids=("p",),
        membership=np.ones((4, 1)),
        reasons={},
        rungs={},
        latency_ms=np.zeros(0),
        seconds=0.0,
    )
    rng = np.random.default_rng(0)
    assert policies.decided(decisions, 3, None, rng).argmax(1).tolist() == [1, 2, 0, 1]
    assert policies.decided(decisions, 3, 0.5, rng).argmax(1).tolist() == [0, 2, 0, 1]


def test_the_simple_segments_are_quarters_times_categories(half: Half, spec: Spec) -> None:
    net = policies.by_segment(spec, half, half.recipients)
    cells = {tuple(row) for row in net.round(9).tolist()}
    assert len(cells) == 12  # 4 quarters of spent x 3 regions
    spent = np.array(half.recipients.columns["spent"], float)
    region = np.array(half.recipients.columns["region"])
    inside = (spent < np.quantile(spent, 0.25)) & (region == "north")
    for a in range(3):
        expected = half.net[inside & (half.arm == a)].mean()
        assert net[inside, a] == pytest.approx(expected)


def test_segments_too_small_take_the_overall_mean(half: Half, spec: Spec) -> None:
    rows = np.arange(60)
    few = Half(
        half.recipients.take(rows),
        half.design[rows],
        half.arm[rows],
        half.outcome[rows],
        half.net[rows],
    )
    net = policies.by_segment(spec, few, half.recipients)
    assert (net == policies.arm_means(few, 3)).all()


def test_the_t_learner_finds_a_strong_interaction(half: Half, spec: Spec) -> None:
    expected = policies.t_learner(half, half.design, spec, seed=0)
    books = np.array(half.recipients.columns["books"], bool)
    assert (expected[books].argmax(1) == 1).mean() > 0.9
    assert (expected[~books].argmax(1) == 2).mean() > 0.9
    again = policies.t_learner(half, half.design, spec, seed=0)
    assert (expected == again).all()

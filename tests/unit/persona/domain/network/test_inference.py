"""Our inference against the sum over everything, and against pgmpy's."""

from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramatis.core.errors import Invalid
from dramatis.persona.domain.network import contraction, inference
from dramatis.persona.domain.network.bayes import Belief, Network, network
from dramatis.persona.domain.network.compiled import compile_table
from dramatis.persona.domain.network.inference import draws, joint, predict, table
from dramatis.persona.domain.network.oracle import to_pgmpy
from dramatis.persona.domain.network.pooling import Layer
from dramatis.persona.domain.network.structure import YES_NO, Node, structure
from tests.unit.persona.domain.network.nets import believed, question, shape


def by_hand() -> Network:
    """P(rain) = 0.2, P(wet | rain) = 0.9, P(wet | dry) = 0.1."""
    made = structure([Node("rain", YES_NO), Node("wet", YES_NO, ("rain",))])
    beliefs = {
        "rain": Belief((Layer(np.array([80.0, 20.0])),)),
        "wet": Belief((Layer(np.array([[90.0, 10.0], [10.0, 90.0]])),)),
    }
    return network(made, beliefs)


def test_by_hand() -> None:
    net = by_hand()
    assert predict(net, {}, "wet")[1] == pytest.approx(0.2 * 0.9 + 0.8 * 0.1)
    assert predict(net, {"wet": "yes"}, "rain")[1] == pytest.approx(0.18 / 0.26)
    assert joint(net, {"wet": "yes", "rain": "no"}, ()) == pytest.approx(0.08)


def summed(net: Network, evidence: dict[str, str], node: str) -> np.ndarray:
    """The same by one table of everything."""
    names = tuple(net.structure.nodes)
    factors = [table(net, name, {}) for name in names]
    whole = np.ones(net.structure.sizes(names))
    for factor in factors:
        along = [names.index(each) for each in factor.scope]
        spread = factor.table.transpose(np.argsort(along))
        sizes = [len(net.structure.states(n)) if n in factor.scope else 1 for n in names]
        whole = whole * spread.reshape(sizes)
    for name, state in evidence.items():
        at = net.structure.states(name).index(state)
        keep = np.arange(len(net.structure.states(name))) == at
        whole = whole * keep.reshape([-1 if n == name else 1 for n in names])
    found = whole.sum(axis=tuple(at for at, each in enumerate(names) if each != node))
    return found / found.sum() if found.sum() > 0 else found[:0]


@given(st.integers(0, 100_000), st.sampled_from([1, 5, 50, contraction.MOST_CELLS]))
@settings(max_examples=60, deadline=None)
def test_equal_to_the_sum_over_everything_however_little_memory_there_is(
    seed: int, most_cells: int
) -> None:
    rng = np.random.default_rng(seed)
    net = believed(rng, shape(rng, int(rng.integers(1, 9))))
    evidence, node = question(rng, net.structure)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contraction, "MOST_CELLS", most_cells)
        found = predict(net, evidence, node)
    np.testing.assert_allclose(found, summed(net, evidence, node), rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_equal_to_variable_elimination() -> None:
    """80 questions to 20 networks, evidence in any order; and the tables compiled from them."""
    inference_of = import_module("pgmpy.inference").VariableElimination
    rng, asked = np.random.default_rng(11), 0
    for _ in range(20):
        net = believed(rng, shape(rng, int(rng.integers(2, 11))))
        engine = inference_of(to_pgmpy(net))
        for _ in range(4):
            evidence, node = question(rng, net.structure)
            found = predict(net, evidence, node)
            if not len(found):
                continue
            theirs = engine.query([node], evidence=evidence, show_progress=False)
            order = [theirs.state_names[node].index(s) for s in net.structure.states(node)]
            np.testing.assert_allclose(found, theirs.values[order], atol=1e-9)
            asked += 1
        _tables_are_their_cells(net, engine, rng)
    assert asked > 60


def _tables_are_their_cells(net: Network, engine: object, rng: np.random.Generator) -> None:
    stages = [name for name, node in net.structure.nodes.items() if node.states == YES_NO]
    others = [name for name in net.structure.nodes if name not in stages]
    given_ = tuple(str(each) for each in rng.permutation(others)[:1])
    if not stages or not given_:
        return
    made = compile_table(net, given_, tuple(stages))
    assert made.rates.shape == (*net.structure.sizes(given_), len(stages))
    for cell in np.ndindex(made.rates.shape[:-1]):
        evidence = {n: net.structure.states(n)[at] for n, at in zip(given_, cell, strict=True)}
        for g, stage in enumerate(stages):
            expected = predict(net, evidence, stage)
            if not len(expected):
                continue
            theirs = engine.query([stage], evidence=evidence, show_progress=False)  # type: ignore[attr-defined]
            yes = theirs.values[theirs.state_names[stage].index("yes")]
            assert made.rates[(*cell, g)] == pytest.approx(yes, abs=1e-9)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_what_pgmpy_calls_independent_has_no_say() -> None:
    rng, found = np.random.default_rng(5), 0
    for _ in range(10):
        net = believed(rng, shape(rng, 7, most_parents=2))
        model = to_pgmpy(net)
        for evidence, node in [question(rng, net.structure) for _ in range(4)]:
            for name in evidence:
                less = {each: state for each, state in evidence.items() if each != name}
                own = predict(net, evidence, node)
                if len(own) and not model.is_dconnected(name, node, observed=list(less)):
                    np.testing.assert_allclose(own, predict(net, less, node), atol=1e-12)
                    found += 1
    assert found > 10


def test_draws_of_a_rate_are_those_of_its_beta() -> None:
    (drawn,) = draws(by_hand(), {"rain": "yes"}, ["wet"], np.random.default_rng(0))
    assert drawn.shape == (inference.DRAWS, 2)
    assert drawn[:, 1].mean() == pytest.approx(0.9, abs=0.01)
    assert drawn[:, 1].std() == pytest.approx(np.sqrt(0.9 * 0.1 / 101), rel=0.2)


@given(st.integers(0, 100_000))
@settings(max_examples=15, deadline=None)
def test_draws_scatter_around_the_means(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = shape(rng, 6)
    sure = {
        name: Belief((Layer(1e7 * rng.dirichlet(np.ones(len(node.states)),
                                                made.sizes(node.parents))),))
        for name, node in made.nodes.items()
    }  # fmt: skip
    net = network(made, sure)
    evidence, node = question(rng, made)
    if joint(net, evidence, ()) < 1e-3:
        return
    (drawn,) = draws(net, evidence, [node], rng)
    np.testing.assert_allclose(drawn.mean(axis=0), predict(net, evidence, node), atol=0.02)


def test_large_networks_are_drawn_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "MOST_CELLS", 1)
    monkeypatch.setattr(inference, "MOST_DRAWN", 1)
    (drawn,) = draws(by_hand(), {}, ["wet"], np.random.default_rng(0))
    assert drawn.shape == (inference.FEWEST_DRAWS, 2)
    assert len(np.unique(drawn[:, 1])) == len(drawn)


def test_too_large_a_question_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contraction, "MOST_WORK", 3)
    with pytest.raises(Invalid, match="fewer parents") as caught:
        predict(by_hand(), {}, "wet")
    assert caught.value.metadata["field"] == "query_nodes"


def test_versions_tell_networks_and_tables_apart() -> None:
    one, same = by_hand(), by_hand()
    other = network(one.structure, {**one.beliefs, "rain": Belief((Layer(np.array([1.0, 2.0])),))})
    assert one.version == same.version != other.version
    made = [compile_table(each, ("rain",), ("wet",)) for each in (one, same, other)]
    assert made[0].version == made[1].version != made[2].version
    np.testing.assert_allclose(made[2].rates[:, 0], [0.1, 0.9])

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramatis.core.errors import Invalid
from dramatis.persona.domain.network.answers import answer
from dramatis.persona.domain.network.bayes import Belief, Network, network
from dramatis.persona.domain.network.inference import joint, predict
from dramatis.persona.domain.network.pooling import Layer
from dramatis.persona.domain.network.structure import YES_NO, Node, structure
from tests.unit.persona.domain.network.nets import believed, question, shape
from tests.unit.persona.domain.network.test_inference import by_hand


def asked(net: Network, evidence: dict[str, str], node: str):
    return answer(net, evidence, [node], np.random.default_rng(0))[0]


def test_what_a_piece_of_evidence_did_by_hand() -> None:
    (piece,) = asked(by_hand(), {"wet": "yes"}, "rain").contributions
    assert (piece.node, piece.state) == ("wet", "yes")
    np.testing.assert_allclose(piece.without, [0.8, 0.2])
    np.testing.assert_allclose(piece.log_odds, [-np.log(9), np.log(9)])  # the likelihood ratio
    assert piece.distance == pytest.approx(0.18 / 0.26 - 0.2)


@given(st.integers(0, 100_000))
@settings(max_examples=25, deadline=None)
def test_answers_are_distributions_within_their_intervals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = believed(rng, shape(rng, 6))
    evidence, node = question(rng, net.structure)
    if not joint(net, evidence, ()) > 0:
        return
    found = asked(net, evidence, node)
    assert found.probability.sum() == pytest.approx(1.0)
    assert ((found.lower >= 0) & (found.lower <= found.probability)).all()
    assert ((found.probability <= found.upper) & (found.upper <= 1 + 1e-12)).all()
    assert sorted(each.node for each in found.contributions) == sorted(evidence)
    for each in found.contributions:
        less = {name: state for name, state in evidence.items() if name != each.node}
        np.testing.assert_allclose(each.without, predict(net, less, node))
        assert np.isfinite(each.log_odds).all()
    distances = [each.distance for each in found.contributions]
    assert distances == sorted(distances, reverse=True)


def test_intervals_hold_the_truth_nine_times_in_ten() -> None:
    """Of 300 networks whose parameters are drawn from the prior that they are learned under, from
    60 rows each; three standard errors are 5.2 points."""
    rng, held = np.random.default_rng(8), 0

    made = by_hand().structure
    for _ in range(300):
        rain, wet = rng.beta(1, 1), rng.beta(1, 1, 2)
        seen = rng.random(60) < rain
        yes = rng.random(60) < wet[seen.astype(int)]
        table = np.array([[(~yes & (seen == r)).sum(), (yes & (seen == r)).sum()] for r in (0, 1)])
        roots = np.array([(~seen).sum(), seen.sum()])
        beliefs = {"rain": Belief((Layer(roots + 1.0),)), "wet": Belief((Layer(table + 1.0),))}
        found = asked(network(made, beliefs), {"wet": "yes"}, "rain")
        truth = rain * wet[1] / (rain * wet[1] + (1 - rain) * wet[0])
        held += bool(found.lower[1] <= truth <= found.upper[1])
    assert 0.848 <= held / 300 <= 0.952


def test_evidence_that_cannot_happen_says_what_contradicts_what() -> None:

    counts = Belief((Layer(np.array([1.0, 1.0])),))
    made = structure([Node("open", YES_NO), Node("click", YES_NO, (), "open"), Node("x", YES_NO)])
    net = network(made, dict.fromkeys(made.nodes, counts))
    with pytest.raises(Invalid, match=r"without any one of click=yes, open=no$") as caught:
        asked(net, {"click": "yes", "open": "no"}, "x")
    assert caught.value.reason == "IMPOSSIBLE_EVIDENCE"
    assert caught.value.metadata["field"] == "evidence"


@pytest.mark.parametrize(
    ("evidence", "nodes", "field", "known"),
    [
        ({"colour": "red"}, ["wet"], "evidence.colour", "rain, wet"),
        ({"rain": "maybe"}, ["wet"], "evidence.rain", "no, yes"),
        ({}, ["wet", "colour"], "query_nodes[1]", "rain, wet"),
        ({"wet": "yes"}, ["wet"], "query_nodes[0]", "given as evidence"),
    ],
)
def test_unknown_names_are_refused(
    evidence: dict[str, str], nodes: list[str], field: str, known: str
) -> None:
    with pytest.raises(Invalid, match=known) as caught:
        answer(by_hand(), evidence, nodes, np.random.default_rng(0))
    assert caught.value.metadata["field"] == field

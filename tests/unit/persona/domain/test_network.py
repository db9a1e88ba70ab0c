from datetime import UTC, datetime

import numpy as np
import pytest

from dramatis.core.campaign import Campaign, Stimulus
from dramatis.core.errors import Invalid
from dramatis.persona.domain import exact, intervals
from dramatis.persona.domain.formed import Known, form
from dramatis.persona.domain.network import Network, build, check
from dramatis.persona.domain.standing import establish
from tests.unit.persona.domain.people import planted


@pytest.fixture(scope="module")
def network() -> Network:
    population, _ = planted(600)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    standing, _ = establish("t", form(population, Known(), 0, 3), population, None, now)
    campaigns = [Campaign("mens", Stimulus({"category": "mens", "zone": "north"}))]
    return build(standing, campaigns)


def test_nodes_and_states(network: Network) -> None:
    states = network.states
    assert states["category"] == ("mens", "none")
    assert states["stimulus.zone"] == ("none", "north")
    assert states["zone"] == ("Rural", "Urban")
    assert states["visit"] == ("no", "yes")
    assert len(network.version) == 16


QUESTIONS = [
    ({}, "visit"),
    ({"persona": "p1", "campaign": "mens"}, "visit"),
    ({"visit": "yes", "category": "mens"}, "persona"),
    ({"convert": "yes"}, "zone"),
    ({"zone": "Urban", "visit": "no"}, "campaign"),
    ({"mens": "yes"}, "convert"),
    ({"convert": "yes"}, "visit"),
    ({"zone": "Rural"}, "stimulus.zone"),
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_our_contraction_equals_exact_inference(network: Network) -> None:
    engine = exact.compile_network(network)
    for evidence, node in QUESTIONS:
        check(network, evidence, [node])
        expected = exact.query(engine, network, evidence, node)
        np.testing.assert_allclose(intervals.mean(network, evidence, node)[0], expected, atol=1e-12)


def test_large_networks_are_worked_on_draw_by_draw(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intervals, "MOST_CELLS", 1)
    draws = intervals.draw(network, {}, "visit", np.random.default_rng(0))
    assert draws.shape == (intervals.FEWEST_DRAWS, 2)
    assert len(np.unique(draws[:, 1])) == len(draws)
    np.testing.assert_allclose(draws.sum(axis=1), 1.0)


def test_intervals_of_a_rate_are_those_of_its_beta(network: Network) -> None:
    evidence = {"persona": network.persona_ids[0], "campaign": "mens"}
    draws = intervals.draw(network, evidence, "visit", np.random.default_rng(0))[:, 1]
    a, b = network.alpha[0, 1, 0], network.beta[0, 1, 0]
    assert draws.mean() == pytest.approx(a / (a + b), rel=0.05)
    assert draws.std() == pytest.approx(np.sqrt(a * b / (a + b + 1)) / (a + b), rel=0.2)


def test_what_contradicts_itself_has_no_answer(network: Network) -> None:
    impossible = {"convert": "yes", "visit": "no"}
    assert len(intervals.mean(network, impossible, "zone")) == 0


@pytest.mark.parametrize(
    ("evidence", "nodes", "field", "known"),
    [
        ({"colour": "red"}, ["visit"], "evidence.colour", "campaign, category"),
        ({"zone": "Mars"}, ["visit"], "evidence.zone", "Rural, Urban"),
        ({}, ["visit", "colour"], "query_nodes[1]", "campaign, category"),
        ({"visit": "yes"}, ["visit"], "query_nodes[0]", "given as evidence"),
    ],
)
def test_unknown_names_are_refused(
    network: Network, evidence: dict[str, str], nodes: list[str], field: str, known: str
) -> None:
    with pytest.raises(Invalid, match=known) as caught:
        check(network, evidence, nodes)
    assert caught.value.metadata["field"] == field

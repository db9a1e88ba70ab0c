from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from dramatis.core.campaign import Campaign, Stimulus
from dramatis.persona.domain.formed import Known, form
from dramatis.persona.domain.network.assembled import assemble, needs_rows, still_learned
from dramatis.persona.domain.network.bayes import Network
from dramatis.persona.domain.network.believed import believe, count, layout
from dramatis.persona.domain.network.inference import draws, predict
from dramatis.persona.domain.network.observed import observe
from dramatis.persona.domain.network.rules import Rules
from dramatis.persona.domain.network.stated import lexicon
from dramatis.persona.domain.population import SECONDS_PER_DAY, Population
from dramatis.persona.domain.standing import Standing, establish
from tests.unit.persona.domain.people import planted

CAMPAIGNS = [Campaign("mens", Stimulus({"category": "mens", "zone": "north"}))]
NODES = {
    "persona": (), "traits": ("persona",), "campaign": (), "stimuli": ("campaign",), "world": (),
    "stages": ("persona", "campaign"),
}  # fmt: skip
PLAIN = Rules(NODES)
TODAY = 20_000.0


@pytest.fixture(scope="module")
def population() -> Population:
    return planted(600)[0]


@pytest.fixture(scope="module")
def standing(population: Population) -> Standing:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return establish("t", form(population, Known(), 0, 3), population, None, now)[0]


def made(rules: Rules, standing: Standing, population: Population) -> Network:
    words = lexicon(standing, CAMPAIGNS, {})
    learned = still_learned(None, rules, words, standing)
    need = needs_rows(rules, words, learned)
    return assemble(rules, words, learned, standing, population if need else None, TODAY)[0]


@pytest.fixture(scope="module")
def network(standing: Standing, population: Population) -> Network:
    return made(PLAIN, standing, population)


def test_nodes_and_states(network: Network) -> None:
    states = {name: node.states for name, node in network.structure.nodes.items()}
    assert states["category"] == ("mens", "none")
    assert states["stimulus.zone"] == ("none", "north")
    assert states["zone"] == ("Rural", "Urban")
    assert states["visit"] == ("no", "yes")
    assert network.structure.nodes["convert"].gate == "visit"
    assert len(network.version) == 16


def test_it_believes_what_the_standing_does(network: Network, standing: Standing) -> None:
    table = standing.snapshot.responses
    zone = next(trait for trait in standing.traits if trait.name == "zone")
    for p, persona in enumerate(standing.personas.persona_ids):
        given = {"persona": persona, "campaign": "mens"}
        found = predict(network, given, "visit")[1]
        assert found == pytest.approx(table.rates[p, 1, 0])
        np.testing.assert_allclose(predict(network, given, "zone"), zone.probabilities[p])
        (drawn,) = draws(network, given, ["visit"], np.random.default_rng(0))
        a, b = table.alpha[p, 1, 0], table.beta[p, 1, 0]
        spread = np.sqrt(a * b / (a + b + 1)) / (a + b)
        assert drawn[:, 1].std() == pytest.approx(spread, rel=0.2)


def test_both_ways(network: Network, standing: Standing) -> None:
    """Who visits after the mail for men: by Bayes' rule over the personas."""
    likelihood = standing.snapshot.responses.rates[:, 1, 0]
    people = standing.personas.weights * 600 + 1 / 3
    expected = people * likelihood / (people * likelihood).sum()
    found = predict(network, {"visit": "yes", "category": "mens"}, "persona")
    np.testing.assert_allclose(found, expected)


def test_a_stage_not_reached_closes_the_next(network: Network) -> None:
    assert predict(network, {"visit": "no"}, "convert")[1] == 0.0
    assert len(predict(network, {"visit": "no", "convert": "yes"}, "zone")) == 0


def test_further_parents_are_counted_on_top(standing: Standing, population: Population) -> None:
    rules = Rules({**NODES, "visit": ("persona", "campaign", "zone")})
    network = made(rules, standing, population)
    visit = network.beliefs["visit"]
    assert [layer.counts.ndim for layer in visit.layers] == [3, 4]
    persona_sums = visit.layers[1].counts.sum(axis=(0, 1))
    sent = np.array([[0.0, 0.0], [0.0, 0.0]])
    for who, stages in zip(population.recipient, population.stages, strict=True):
        urban = population.attributes[who]["zone"].value == "Urban"
        sent[int(urban), int(stages >> 4 & 1)] += 1
    np.testing.assert_allclose(persona_sums, sent)


def test_stimuli_may_stand_for_the_campaign(standing: Standing, population: Population) -> None:
    """A tenant's rules without campaigns: what was never sent together has an answer too."""
    nodes = {
        "persona": (), "traits": ("persona",), "stimuli": (),
        "stages": ("persona", "category", "stimulus.zone"),
    }  # fmt: skip
    network = made(Rules(nodes), standing, population)
    assert "campaign" not in network.structure.nodes
    never_sent = {"category": "mens", "stimulus.zone": "none", "persona": "p1"}
    assert 0 < predict(network, never_sent, "visit")[1] < 1


def test_the_state_of_the_world_is_a_node_where_it_is_known(
    standing: Standing, population: Population
) -> None:
    rules = Rules({**NODES, "stages": ("persona", "campaign", "world.economy", "world.peace")})
    words = lexicon(standing, CAMPAIGNS, {"world.economy": ("down", "up")})
    up = (population.stages > 0).astype(np.int64)  # whenever it went up, they came
    seen = observe(words, standing, population, {"world.economy": up})
    laid = layout(rules, words)
    network = believe(laid, words, count(laid, words, seen, float("inf"), TODAY))
    assert "world.economy" in laid.nodes["visit"].parents
    assert "world.peace" not in laid.nodes
    given = {"campaign": "mens", "persona": "p1"}
    rates = [predict(network, {**given, "world.economy": s}, "visit")[1] for s in ("down", "up")]
    assert rates[0] < 0.1
    assert rates[1] > 0.7


def test_what_the_campaign_determines_depends_on_nothing_else(standing: Standing) -> None:
    rules = Rules({**NODES, "stimuli": ("persona", "campaign")})
    laid = layout(rules, lexicon(standing, CAMPAIGNS, {}))
    assert laid.nodes["category"].parents == ("campaign",)


def test_sends_fade(standing: Standing, population: Population) -> None:
    nodes = {**NODES, "visit": ("persona", "campaign", "zone")}
    sent = np.full(len(population.stages), (TODAY - 30) * SECONDS_PER_DAY)
    old = replace(population, sent=sent)
    weight = [
        made(Rules(nodes, half_life_days=life), standing, old)
        .beliefs["visit"]
        .layers[1]
        .counts.sum()
        for life in (float("inf"), 30.0, 15.0)
    ]
    np.testing.assert_allclose(weight, np.array([600, 300, 150]))


def test_edges_hold_until_sends_have_doubled(standing: Standing) -> None:
    rules = Rules(NODES, learn={"traits": ("traits",)}, least_rows=100)
    words = lexicon(standing, CAMPAIGNS, {})
    assert still_learned(None, rules, words, standing) is None
    plenty = replace(rules, least_rows=10_000)
    now = still_learned(None, plenty, words, standing)
    assert now is not None
    assert still_learned(now, rules, words, standing) == now
    assert still_learned(replace(now, sends=now.sends / 2), rules, words, standing) is None
    assert still_learned(replace(now, persona_set_id="other"), rules, words, standing) is None
    fewer = replace(now, names=now.names - {"zone"})
    assert still_learned(fewer, rules, words, standing) is None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_traits_that_go_together_are_found_to(standing: Standing, population: Population) -> None:
    """Spending rises with age beyond what the three personas say of either; zone tells no more."""
    rules = Rules(
        {**NODES, "traits": (), "persona": ()}, learn={"traits": ("traits",)}, least_rows=100
    )
    network = made(rules, standing, population)
    edges = {frozenset(edge) for edge in network.structure.edges}
    assert frozenset({"age", "spend"}) in edges

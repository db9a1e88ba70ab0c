"""The network that questions are put to, through everything that makes it stale."""

import asyncio

import pytest

from dramatis.core.campaign import Campaign, Stimulus
from dramatis.core.errors import Invalid, Unavailable
from dramatis.core.happening import Exposed, Happening
from dramatis.persona.app import networks as networks_module
from dramatis.persona.app.networks import Networks
from dramatis.persona.app.query import query
from dramatis.persona.app.recluster import recluster
from dramatis.persona.app.refresh import begin, refresh
from dramatis.persona.domain.network.rules import Rules
from dramatis.persona.ports import CampaignKnown
from tests.unit.persona.worlds import NOW, Here, story, wish

RULES = Rules({
    "persona": (), "traits": ("persona",), "campaign": (), "stimuli": ("campaign",),
    "stages": ("persona", "campaign"),
})  # fmt: skip


@pytest.fixture
async def here() -> Here:
    made = Here()
    await begin(made.world, "acme")
    await made.tell(story())
    await recluster(made.world, wish())
    return made


def networks(here: Here, rules: Rules = RULES) -> Networks:
    return Networks(here.world, lambda tenant: rules)


async def test_the_same_until_something_is_new(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks_module, "REST", 0.0)
    held = networks(here)
    first = await held.get("acme")
    assert await held.get("acme") is first
    mens = Campaign("mens", Stimulus({"tone": "warm"}))
    await here.tell([CampaignKnown("acme", "mens", mens)])
    described = await held.get("acme")
    assert "tone" in described.structure.nodes
    late = [Happening("acme", f"late{n}", "r00001", NOW, Exposed("other")) for n in range(3)]
    await here.tell(late)
    await refresh(here.world, "acme")
    sent = await held.get("acme")
    assert "other" in sent.structure.states("campaign")
    assert len({first.version, described.version, sent.version}) == 3


async def test_it_rests_but_never_with_personas_of_another_set(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks_module, "REST", 1e9)
    held = networks(here)
    first = await held.get("acme")
    await here.tell([CampaignKnown("acme", "mens", Campaign("mens", Stimulus({"tone": "warm"})))])
    assert await held.get("acme") is first
    await recluster(here.world, wish("q2", seed=1, count=2))
    assert len((await held.get("acme")).structure.states("persona")) == 2


async def test_rows_are_read_only_where_the_standing_says_too_little(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Rules({**RULES.nodes, "visit": ("persona", "campaign", "zone")})
    assert (await networks(here, counted).get("acme")).beliefs["visit"].layers[1].counts.sum() > 0
    monkeypatch.delattr(here.store.__class__, "population")
    await networks(here).get("acme")


async def test_many_questions_at_once_make_one_network(here: Here) -> None:
    held = networks(here)
    found = await asyncio.gather(*(held.get("acme") for _ in range(5)))
    assert all(each is found[0] for each in found)


async def test_before_the_first_personas_there_is_none() -> None:
    with pytest.raises(Unavailable):
        await networks(Here()).get("acme")


async def test_rules_under_which_nodes_depend_on_themselves(here: Here) -> None:
    loop = Rules({**RULES.nodes, "zone": ("age",), "age": ("zone",)})
    with pytest.raises(Invalid, match="depends on itself"):
        await networks(here, loop).get("acme")


async def test_questions_both_ways(here: Here) -> None:
    answered = await query(networks(here), "acme", {"visit": "yes", "campaign": "mens"}, ["zone"])
    (found,) = answered.distributions
    assert found.probability.sum() == pytest.approx(1.0)
    assert {each.node for each in found.contributions} == {"visit", "campaign"}
    for nodes in ([], ["zone"] * 9):
        with pytest.raises(Invalid):
            await query(networks(here), "acme", {}, nodes)

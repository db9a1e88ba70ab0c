"""Features for callers, and as attributes that personas are formed from."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dramatis.core.act import Act, ActKind
from dramatis.core.campaign import Campaign, Stimulus
from dramatis.core.happening import Exposed, Happening
from dramatis.persona.app import features
from dramatis.persona.app.assign import assign
from dramatis.persona.app.recluster import recluster
from dramatis.persona.app.refresh import begin
from dramatis.persona.domain.features.state import read
from dramatis.persona.ports import CampaignKnown, Profiling
from tests.unit.persona.worlds import NOW, Here, story, wish


def acted(number: int, recipient_id: str, act: Act) -> Happening:
    time = NOW - timedelta(days=number)
    return Happening("acme", f"a{number}{recipient_id}", recipient_id, time, Exposed("a"), act)


async def here() -> Here:
    """A hundred recipients of whom every second buys, all of them by mail."""
    made = Here()
    await made.tell([CampaignKnown("acme", "a", Campaign("a", Stimulus({"channel": "mail"})))])
    for n in range(100):
        await made.tell([acted(3, f"r{n}", Act(ActKind.SENT, "a"))])
        if n % 2:
            bought = Act(ActKind.ORDERED, "a", amount_micros=10_000_000, categories=("x",))
            await made.tell([acted(1, f"r{n}", bought)])
    return made


async def test_what_is_found_is_as_of_now() -> None:
    made = await here()
    await made.tell([Profiling("acme", "r3", False)])
    found = await features.find(made.world, "acme", ["r1", "r3", "stranger"])
    assert found.states.keys() == {"r1"}
    assert (found.as_of, found.unprofiled) == (NOW, 1)
    values = read(found.states["r1"], NOW.timestamp(), found.stimuli)
    assert values["order_recency"] == {"": 1.0}
    assert values["answered"] == {"channel.mail": 1.0}


async def test_unless_told_to_personas_know_nothing_of_features() -> None:
    made = await here()
    everybody = await features.population(made.world, "acme")
    assert all(not row for row in everybody.attributes)
    assert await features.attributes(made.world, "acme", ["r1"]) == {"r1": {}}


async def test_personas_are_formed_and_assigned_by_features() -> None:
    made = await here()
    world = replace(made.world, by_features=True)
    await begin(world, "acme")
    answer, _ = await recluster(world, wish(count=2))
    assert answer.persona_count == 2
    assigned = await assign(world, "acme", [(f"r{n}", {}) for n in range(100)])
    closest = assigned.memberships.argmax(axis=1)
    assert len({*closest[::2]}) == len({*closest[1::2]}) == 1
    assert closest[0] != closest[1]


@pytest.mark.parametrize("by_features", [False, True])
async def test_what_did_nothing_forms_the_same_personas(by_features: bool) -> None:
    made = Here()
    await made.tell(story())
    world = replace(made.world, by_features=by_features)
    everybody = await features.population(world, "acme")
    stored = await made.store.population("acme", NOW)
    assert everybody.attributes == stored.attributes

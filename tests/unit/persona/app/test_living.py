"""Standings that live: base personas first, signals that shift them, lineage that is followed."""

from dataclasses import replace

import numpy as np
import pytest

from dramatis.core.attributes import Attribute, AttributeKind
from dramatis.core.errors import Conflict
from dramatis.core.happening import Changed, Happening
from dramatis.persona.adapters import base_file
from dramatis.persona.adapters.log_publisher import LogPublisher
from dramatis.persona.app.board import Board
from dramatis.persona.app.recluster import recluster
from dramatis.persona.app.refresh import begin, refresh
from dramatis.persona.app.shift import rehearse
from dramatis.persona.app.world import World
from dramatis.persona.domain.signals import Outlook, Rule, Signal, Tone
from dramatis.persona.ports import Profiling, SignalCame
from dramatis.wire import personas
from tests.unit.persona.worlds import NOW, Here, story, wish

RULE = Rule("economy/downturn", Tone.BAD, "price_sensitivity", 0.2, "people look at prices")
DOWNTURN = Signal("s1", RULE.topic, "", -1.0, 1.0, NOW.timestamp())


def living() -> Here:
    here = Here()
    here.world = replace(
        here.world,
        base=lambda tenant: base_file.find("example", tenant),
        outlook=lambda tenant: Outlook([RULE], 0.3, 10.0) if tenant == "acme" else None,
    )
    return here


def frugal(recipients: int = 400) -> list[Happening]:
    attributes = {
        "price_sensitivity": Attribute(AttributeKind.AFFINITY, 0.95),
        "spend_per_year": Attribute(AttributeKind.AMOUNT, 110.0),
        "days_since_visit": Attribute(AttributeKind.NUMBER, 20.0),
    }
    return [
        Happening("acme", f"e{at}", f"r{at}", NOW, Changed(attributes)) for at in range(recipients)
    ]


async def published(here: Here) -> np.ndarray:
    """Price sensitivity as the simulator gets it."""
    record = (await here.records("personas"))[-1]
    held = personas.to_persona_set(record.value)
    return held.affinities[:, held.affinity_names.index("price_sensitivity")]


async def test_a_fresh_tenant_has_its_base_personas_and_recipients_move_them() -> None:
    here = living()
    await begin(here.world, "acme")
    first = here.world.board.get("acme")
    assert first.personas.persona_names[0] == "bargain hunters"
    assert first.personas.persona_ids == tuple(f"p{at}" for at in range(1, 9))
    events = [each for _, each in await here.store.events("acme", 0, 9)]
    assert [each.after for each in events] == [(each,) for each in first.personas.persona_ids]
    await here.tell(frugal())
    assert await refresh(here.world, "acme")
    assert not await refresh(here.world, "acme")
    moved = here.world.board.get("acme")
    assert moved.personas.persona_ids == first.personas.persona_ids
    assert moved.sizes[0] == 400
    assert moved.personas.weights[0] > 0.5 > first.personas.weights[0]
    assert moved.personas.affinities[0, 1] > 0.9 > first.personas.affinities[0, 1]


async def test_past_personas_are_found_where_they_live() -> None:
    here = living()
    await begin(here.world, "acme")
    await here.tell(story())
    await recluster(here.world, wish())
    held = here.world.board.get("acme")
    for each in (f"p{at}" for at in range(1, 9)):
        assert held.living(each) in held.personas.persona_ids
    assert held.living("never") == "never"


async def test_a_signal_shifts_what_others_see_and_a_withdrawal_takes_it_back() -> None:
    here = living()
    await begin(here.world, "acme")
    before = await published(here)
    await here.tell([SignalCame("acme", DOWNTURN)])
    assert await refresh(here.world, "acme")
    assert not await refresh(here.world, "acme")
    np.testing.assert_allclose(await published(here), np.minimum(before + 0.2, 1.0))
    taken_back = replace(DOWNTURN, signal_id="w1", intensity=0.0)
    await here.tell([SignalCame("acme", taken_back, "s1")])
    assert await refresh(here.world, "acme")
    np.testing.assert_array_equal(await published(here), before)
    assert here.world.board.get("acme").shifts == ()


async def test_a_rehearsal_says_what_would_be_and_changes_nothing() -> None:
    here = living()
    await begin(here.world, "acme")
    before = await published(here)
    standing, now, then = await rehearse(here.world, "acme", DOWNTURN)
    assert now == ()
    assert then[0].amounts[0] == pytest.approx(min(0.2, 1 - then[0].before[0]))
    assert here.world.board.get("acme") is standing
    assert not await refresh(here.world, "acme")
    await here.tell([SignalCame("acme", DOWNTURN)])
    await refresh(here.world, "acme")
    _, now, more = await rehearse(here.world, "acme", replace(DOWNTURN, signal_id="s2"))
    assert now[0].before == pytest.approx(before)
    assert more[0].amounts[1] == pytest.approx(0.3)
    _, _, again = await rehearse(here.world, "acme", DOWNTURN)
    assert again == now


async def test_without_rules_nothing_can_be_rehearsed() -> None:
    here = Here()
    await begin(here.world, "acme")
    with pytest.raises(Conflict):
        await rehearse(here.world, "acme", DOWNTURN)


async def test_who_may_not_be_profiled_moves_nothing() -> None:
    here, without = living(), living()
    for each in (here, without):
        await begin(each.world, "acme")
    await here.tell([*frugal(50), *(Profiling("acme", f"r{at}", False) for at in range(50))])
    await refresh(here.world, "acme")
    np.testing.assert_array_equal(await published(here), await published(without))


def test_a_world_without_files_has_neither_base_nor_rules() -> None:
    here = Here()
    world = World(
        here.store, LogPublisher(here.log, 1_000_000), lambda: NOW, Board(), here.world.wait
    )
    assert (world.base("acme"), world.outlook("acme")) == (None, None)


async def test_personas_outlive_the_attributes_and_people_that_they_were_formed_of() -> None:
    here = Here()
    told = story()
    await begin(here.world, "acme")
    await here.tell(told)
    await recluster(here.world, wish())
    formed = here.world.board.get("acme")
    names = {
        name
        for each in told
        if isinstance(each.meaning, Changed)
        for name in each.meaning.attributes
    }
    first, *others = sorted({each.recipient_id for each in told})
    gone = [
        Happening("acme", f"gone-{at}", who, NOW, Changed({}, tuple(sorted(names))[:1]))
        for at, who in enumerate([first, *others])
    ]
    await here.tell(gone)
    assert await refresh(here.world, "acme")
    example = formed.exemplars[0][0]
    await here.tell([Profiling("acme", example, allowed=False)])
    assert await refresh(here.world, "acme")
    held = here.world.board.get("acme")
    assert example not in {each for ids in held.exemplars for each in ids}
    await here.tell([Profiling("acme", who, allowed=False) for who in [first, *others]])
    assert await refresh(here.world, "acme")
    held = here.world.board.get("acme")
    assert (held.personas.persona_ids, held.traits) == (formed.personas.persona_ids, ())
    assert not await refresh(here.world, "acme")

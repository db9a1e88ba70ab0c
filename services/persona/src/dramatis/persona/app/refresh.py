"""Publishes what changed without new personas: new evidence, new campaigns, new forecasts."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from dramatis.core.errors import Retryable
from dramatis.core.forecast import ForecastTable
from dramatis.persona.app import features
from dramatis.persona.app.publish import publish, settle
from dramatis.persona.app.shift import shift
from dramatis.persona.app.world import World
from dramatis.persona.domain import base_personas
from dramatis.persona.domain import standing as standings
from dramatis.persona.domain.base_personas import BasePersonas
from dramatis.persona.domain.formed import Formed, Known, form
from dramatis.persona.domain.lives import Cause, live_on
from dramatis.persona.domain.moving import fade
from dramatis.persona.domain.population import Population, assemble
from dramatis.persona.domain.standing import Standing
from dramatis.persona.ports import Effect

Step = Callable[[World, str], Awaitable[object]]
Tell = Callable[[str, Exception | None], None]
"""Told after each attempt: the tenant, and what stood in the way."""


async def begin(world: World, tenant: str) -> None:
    """Shows the tenant's last standing, or makes the first: base personas, or else everyone."""
    async with world.board.lock(tenant):
        await settle(world, tenant)
        if world.board.find(tenant):
            return
        known = await world.known(tenant)
        nobody = assemble((), (), ())
        base = world.base(tenant)
        formed = base_personas.form(base, nobody, known, np.zeros(0)) if base else _everyone(known)
        why = "Before any data" if base else "Found afresh"
        first, events = standings.establish(tenant, formed, nobody, None, world.clock(), why)
        await publish(world, Effect(world.publisher.name(first), events, cause=Cause.BEGUN))


def _everyone(known: Known) -> Formed:
    """The personas of nobody."""
    return form(assemble((), (), ()), known, 0)


async def refresh(world: World, tenant: str) -> bool:
    """Publishes the tenant's standing with all evidence, if that makes a difference."""
    async with world.board.lock(tenant):
        await settle(world, tenant)
        held = world.board.get(tenant)
        population = await features.population(world, tenant)
        known = await world.known(tenant)
        forecast = await world.store.forecast(tenant, held.personas.persona_set_id)
        moved = Moved(population, known, forecast, world.clock(), world.habits.half_life_days)
        base = world.base(tenant) if held.starting else None
        fresh = await asyncio.to_thread(_again, held, moved, base)
        named = await asyncio.to_thread(world.publisher.name, await shift(world, fresh))
        changed = not standings.alike(named, held)
        if changed:
            await publish(world, Effect(named))
        lived = await _live_on(world, named if changed else held, population, known)
        return changed or lived


@dataclass(frozen=True, slots=True)
class Moved:
    """What a standing may have to follow: recipients, campaigns, a forecast, time."""

    population: Population
    known: Known
    forecast: ForecastTable | None
    now: datetime
    half_life_days: float


def _again(held: Standing, moved: Moved, base: BasePersonas | None) -> Standing:
    """The same personas; base personas by what they started with, as long as there are as many."""
    if base and len(base.personas) == len(held.personas.persona_ids):
        weights = fade(moved.population.seen, moved.half_life_days)
        formed = base_personas.form(base, moved.population, moved.known, weights)
        return standings.renew(held, formed, moved.population, moved.forecast, moved.now)
    return standings.refresh(
        held, moved.population, moved.known, moved.forecast, moved.now, moved.half_life_days
    )


async def _live_on(world: World, held: Standing, population: Population, known: Known) -> bool:
    """Publishes the personas that the stream makes of these, if it makes any."""
    found = await asyncio.to_thread(live_on, held, population, known, world.habits, world.clock())
    if found is None:
        return False
    standing, events, cause = found
    named = await asyncio.to_thread(world.publisher.name, await shift(world, standing))
    await publish(world, Effect(named, events, cause=cause))
    return True


class Refresher:
    """Refreshes the tenants that something new is known of, not too often."""

    def __init__(self, world: World, publish_seconds: float, tell: Tell) -> None:
        """Makes it; nothing happens before `run`.

        Args:
            world: whose tenants.
            publish_seconds: from the begin of one round to that of the next, where a round takes
                less than half of it; else it rests as long as it took. Evidence is out after at
                most this and the time of one round, or three such times.
            tell: told after each attempt.
        """
        self._world = world
        self._seconds = publish_seconds
        self._tell = tell
        self._dirty: set[str] = set()
        self._some = asyncio.Event()
        self._urgent = asyncio.Event()

    def note(self, tenants: Collection[str], urgent: bool = False) -> None:
        """These tenants have news; urgent ones do not wait for the next round."""
        self._dirty |= set(tenants)
        if tenants:
            self._some.set()
        if urgent:
            self._urgent.set()

    async def run(self) -> None:
        """Works until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            await self._some.wait()
            began = clock()
            await self._round()
            took = clock() - began
            await self._rest(max(self._seconds - took, took))

    async def _round(self) -> None:
        self._some.clear()
        self._urgent.clear()
        tenants, self._dirty = sorted(self._dirty), set()
        begun = [tenant for tenant in tenants if await self._try(begin, tenant)]
        for tenant in begun:
            if await self._try(refresh, tenant):
                self._tell(tenant, None)

    async def _try(self, step: Step, tenant: str) -> bool:
        """Whether the step succeeded; one tenant's trouble is not the others'."""
        try:
            await step(self._world, tenant)
        except Retryable as error:
            self._tell(tenant, error)
            self.note({tenant})
            return False
        except Exception as error:
            self._tell(tenant, error)
            return False
        return True

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._urgent.wait()
        except TimeoutError:
            pass

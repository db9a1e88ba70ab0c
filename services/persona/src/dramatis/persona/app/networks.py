"""The network of each tenant, made when it is asked for."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dramatis.core.campaign import Campaign
from dramatis.persona.app.world import World
from dramatis.persona.domain.network.assembled import (
    Learned,
    assemble,
    needs_rows,
    still_learned,
)
from dramatis.persona.domain.network.bayes import Network
from dramatis.persona.domain.network.rules import Rules
from dramatis.persona.domain.network.stated import lexicon
from dramatis.persona.domain.population import SECONDS_PER_DAY
from dramatis.persona.domain.standing import Standing

REST: Final = 4.0
"""A network answers for at least so many times as long as it took to make."""

RulesOf = Callable[[str], Rules]
"""Of a tenant."""


@dataclass(frozen=True, slots=True)
class Made:
    """A network, what it was made of, and until when by the loop's clock it may rest."""

    network: Network
    standing: Standing
    campaigns: Sequence[Campaign]
    learned: Learned
    rests_until: float = 0.0


class Networks:
    """Made anew where something new is known, one at a time for each tenant, and kept."""

    def __init__(self, world: World, rules_of: RulesOf) -> None:
        """Makes it; nothing is read before the first question."""
        self._world = world
        self._rules_of = rules_of
        self._made: dict[str, Made] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def get(self, tenant: str) -> Network:
        """The tenant's network: of what is known now, or was a little earlier.

        Raises:
            Unavailable: the first personas are still being made, or the store cannot be reached.
            Invalid: under the tenant's rules nodes depend on themselves.
        """
        async with self._locks.setdefault(tenant, asyncio.Lock()):
            standing = self._world.board.get(tenant)
            campaigns = await self._world.store.campaigns(tenant)
            clock = asyncio.get_running_loop().time
            made, began = self._made.get(tenant), clock()
            if made is None or not _serves(made, standing, campaigns, began):
                made = await self._make(tenant, standing, campaigns)
                rests_until = clock() + REST * (clock() - began)
                self._made[tenant] = made = replace(made, rests_until=rests_until)
            return made.network

    async def _make(self, tenant: str, standing: Standing, campaigns: Sequence[Campaign]) -> Made:
        rules, before = self._rules_of(tenant), self._made.get(tenant)
        words = await asyncio.to_thread(lexicon, standing, campaigns, {})
        learned = still_learned(before.learned if before else None, rules, words, standing)
        need = needs_rows(rules, words, learned)
        now = self._world.clock()
        population = await self._world.store.population(tenant, now) if need else None
        day = now.timestamp() / SECONDS_PER_DAY
        network, edges = await asyncio.to_thread(
            assemble, rules, words, learned, standing, population, day
        )
        return Made(network, standing, campaigns, edges)


def _serves(made: Made, standing: Standing, campaigns: Sequence[Campaign], now: float) -> bool:
    """Whether it still is what would be made, or may rest; never with personas of another set."""
    if made.standing.personas.persona_set_id != standing.personas.persona_set_id:
        return False
    same = made.standing.snapshot.snapshot_id == standing.snapshot.snapshot_id
    return now < made.rests_until or (same and made.campaigns == campaigns)

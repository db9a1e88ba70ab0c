"""Forms the personas anew from everything known, and publishes them."""

import asyncio
from dataclasses import dataclass

from dramatis.core.request import Request
from dramatis.persona.app import features
from dramatis.persona.app.publish import publish, settle
from dramatis.persona.app.shift import shift
from dramatis.persona.app.world import World
from dramatis.persona.domain.formed import form
from dramatis.persona.domain.lives import Cause
from dramatis.persona.domain.standing import establish
from dramatis.persona.ports import Effect, Reclustered, Token

Answer = tuple[Reclustered, Token]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller asks for.

    Attributes:
        request: who asks, and by which id.
        after: the log is taken in up to here first.
        seed: of the search.
        count: of personas; 0 lets the criterion choose.
        timeout_seconds: longest wait for `after`.
    """

    request: Request
    after: Token
    seed: int
    count: int
    timeout_seconds: float


async def recluster(world: World, wish: Wish) -> Answer:
    """The new set, and where the log stands after it; the original answer if asked again.

    A caller who goes away in the middle does not stop it.

    Raises:
        Invalid: the request id was used for something else.
        Unavailable: the log has not arrived here within the time.
    """
    earlier = await world.store.answer(wish.request)
    if earlier and earlier[1]:
        return earlier
    await world.wait(wish.after, wish.timeout_seconds)
    return await asyncio.shield(asyncio.ensure_future(_once(world, wish)))


async def _once(world: World, wish: Wish) -> Answer:
    async with world.board.lock(wish.request.tenant):
        await settle(world, wish.request.tenant)
        return await world.store.answer(wish.request) or await _form(world, wish)


async def _form(world: World, wish: Wish) -> Answer:
    tenant = wish.request.tenant
    population = await features.population(world, tenant)
    known = await world.known(tenant)
    half_life = world.habits.half_life_days
    formed = await asyncio.to_thread(form, population, known, wish.seed, wish.count, half_life)
    before = world.board.find(tenant)
    standing, events = await asyncio.to_thread(
        establish, tenant, formed, population, before, world.clock(), half_life_days=half_life
    )
    named = await asyncio.to_thread(world.publisher.name, await shift(world, standing))
    answer = Reclustered(
        named.personas.persona_set_id,
        len(named.personas.persona_ids),
        named.personas.recipient_count,
    )
    token = await publish(world, Effect(named, events, wish.request, answer, Cause.ASKED))
    return answer, token

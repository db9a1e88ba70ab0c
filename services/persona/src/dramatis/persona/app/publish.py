"""One way for a standing to become the newest: saved, written to the log, noted, shown.

After a failure in between, `settle` writes what was saved and not yet noted as written.
"""

from dataclasses import replace

from dramatis.persona.app.world import World
from dramatis.persona.domain.standing import Standing
from dramatis.persona.ports import Effect, Token


async def publish(world: World, effect: Effect) -> Token:
    """Publishes a named standing; the tenant's lock is held. Returns where the log stands."""
    world.board.doubt(effect.standing.tenant)
    await world.store.save(effect)
    return await _write(world, effect.standing)


async def settle(world: World, tenant: str) -> None:
    """Shows what was saved last, written to the log if it was not; the tenant's lock is held.

    Whoever makes the next standing calls it first: after a start, and after a publication that
    failed half-way, the board is not what was saved, and going on from it would lose that.
    """
    if world.board.certain(tenant):
        return
    standing = await world.store.standing(tenant)
    if standing is None:
        return
    if standing.token:
        await world.board.put(standing)
    else:
        await _write(world, standing)


async def _write(world: World, standing: Standing) -> Token:
    token = await world.publisher.publish(standing)
    await world.store.published(standing, token)
    await world.board.put(replace(standing, token=token))
    return token

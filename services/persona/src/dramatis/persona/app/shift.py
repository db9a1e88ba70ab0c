"""What the world's signals do to the traits of personas, or would do."""

from collections.abc import Sequence

from dramatis.core.errors import Conflict
from dramatis.persona.app.world import World
from dramatis.persona.domain import signals
from dramatis.persona.domain.signals import Signal
from dramatis.persona.domain.standing import Standing
from dramatis.persona.domain.trait_shift import TraitShift


async def shift(world: World, standing: Standing) -> Standing:
    """The unshifted standing as the signals that hold now shift it."""
    outlook = world.outlook(standing.tenant)
    if outlook is None:
        return standing
    heard = await world.store.signals(standing.tenant)
    return signals.apply(standing, signals.find(outlook, heard, standing, world.clock()))


async def rehearse(
    world: World, tenant: str, signal: Signal
) -> tuple[Standing, Sequence[TraitShift], Sequence[TraitShift]]:
    """What a signal would do: the newest standing, its shifts now and with the signal.

    Nothing changes.

    Raises:
        Conflict: the tenant has no rules for signals.
    """
    standing = world.board.get(tenant)
    if (outlook := world.outlook(tenant)) is None:
        raise Conflict("there are no rules for world signals", reason="NO_OUTLOOK")
    plain = signals.unshifted(standing)
    others = await world.store.signals(tenant)
    heard = [each for each in others if each.signal_id != signal.signal_id]
    now = world.clock()
    with_it = signals.find(outlook, [*heard, signal], plain, now)
    return standing, signals.find(outlook, heard, plain, now), with_it

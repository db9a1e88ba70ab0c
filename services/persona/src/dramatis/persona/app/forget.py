"""Recipients are forgotten: what is known of them, and where they stood as examples."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from dramatis.persona.app.publish import settle
from dramatis.persona.app.world import World
from dramatis.persona.domain.standing import Standing
from dramatis.persona.ports import Erased

Pseudonym = Callable[[str, str], str]
"""Of a tenant's recipient."""


async def forget(world: World, erased: Sequence[Erased], pseudonym: Pseudonym) -> None:
    """Forgets them. Doing it again changes nothing.

    Raises:
        Unavailable: it is not known how far that went; do it again.
    """
    await world.store.forget(erased)
    for tenant in sorted({each.tenant for each in erased}):
        gone = {each.pseudonym for each in erased if each.tenant == tenant}
        async with world.board.lock(tenant):
            await settle(world, tenant)
            if (before := world.board.find(tenant)) is None:
                continue
            after = _without(before, gone, pseudonym)
            if after.exemplars != before.exemplars:
                await world.store.redraw(after)
                await world.board.put(after)


def _without(standing: Standing, gone: Collection[str], pseudonym: Pseudonym) -> Standing:
    """The standing with nobody of them among its examples."""
    left = tuple(
        tuple(each for each in ids if pseudonym(standing.tenant, each) not in gone)
        for ids in standing.exemplars
    )
    return replace(standing, exemplars=left)

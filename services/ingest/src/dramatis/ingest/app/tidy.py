"""What is no longer needed goes."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from dramatis.core.errors import Unavailable
from dramatis.ingest.app.world import World

PAUSE_SECONDS = 3600.0


async def tidy(
    world: World, answers_for: timedelta, signals_for: timedelta, notes_for: timedelta
) -> None:
    """Forgets old answers, signals and notes, every hour until cancelled.

    Where it fails, the next hour will do.
    """
    while True:
        with suppress(Unavailable):
            await world.store.forget_answers(world.clock() - answers_for)
            await world.store.forget_signals(world.clock() - signals_for)
            await world.store.forget_notes((world.clock() - notes_for).date().isoformat())
        await asyncio.sleep(PAUSE_SECONDS)

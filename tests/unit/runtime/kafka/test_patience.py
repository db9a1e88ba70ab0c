import asyncio
import time

import pytest

from dramatis.runtime.kafka.patience import Patience


async def test_while_it_is_lost_nobody_waits_long() -> None:
    patience = Patience()
    await patience.wait()
    patience.lose()
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await patience.wait()
    assert time.monotonic() - began < 0.5


async def test_who_waits_goes_on_when_it_is_found() -> None:
    patience = Patience()
    patience.lose()
    waiting = asyncio.create_task(patience.wait())
    await asyncio.sleep(0)
    patience.find()
    await waiting

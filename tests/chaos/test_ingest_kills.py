"""kill -9 of ingest again and again under load: nothing acked is lost, nothing counts twice."""

import asyncio
import os
import signal
import time

from dramatis.cli.fleet import Fleet
from dramatis.core.campaign import Stage
from tests.chaos import evidence, load
from tests.chaos.table import table

FULL = float(os.environ.get("DRAMATIS_CHAOS_SECONDS", "0")) >= 60
EVENTS, KILLS = (60_000, 20) if FULL else (6_000, 2)
RECIPIENTS, WINDOW, PER_SECOND = 2_000, 100, 1_200


async def kill_under(fleet: Fleet, times: int, every_seconds: float) -> list[float]:
    """Kills ingest and starts it anew; returns how long each took to serve again."""
    berth = next(each for each in fleet.berths if each.service == "ingest")
    seconds = []
    for _ in range(times):
        await asyncio.sleep(every_seconds)
        fleet.processes["ingest"].send_signal(signal.SIGKILL)
        fleet.processes["ingest"].wait()
        begun = time.monotonic()
        fleet.start(berth)
        await fleet.ready(lambda name: None)
        seconds.append(time.monotonic() - begun)
    return seconds


async def test_nothing_acked_is_lost_and_nothing_counts_twice(fleet: Fleet) -> None:
    windows = list(load.orders(EVENTS, RECIPIENTS, WINDOW))
    killing = asyncio.create_task(kill_under(fleet, KILLS, EVENTS / PER_SECOND / (2 * KILLS)))
    sent = await load.insist(fleet.address("ingest"), fleet.key, windows, PER_SECOND)
    ready = await killing
    found = await evidence.of_all(fleet, sent.token)
    bought = float(found.amount_sum.sum())
    lost, twice = max(0.0, EVENTS - RECIPIENTS - bought), max(0.0, bought - EVENTS + RECIPIENTS)
    counts = {
        "events acked": len(sent.acked),
        "events per second": EVENTS / sent.seconds,
        "kills": KILLS,
        "streams broken": len(sent.breaks),
        "slowest ready again, s": max(ready),
        "acked and lost": lost,
        "counted twice": twice,
    }
    print(table("ingest killed under load", counts))
    assert len(sent.acked) == EVENTS
    assert sent.breaks, "no kill hit the stream: the test has shown nothing"
    stage = found.axes.stages.index(Stage.CONVERT)
    assert round(float(found.trials[:, :, stage].sum()), 6) == RECIPIENTS
    assert (round(lost, 6), round(twice, 6)) == (0, 0)
    assert max(ready) <= 10

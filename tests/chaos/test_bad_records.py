"""Records that can never be applied, and records that come again and again, in any order."""

import os
import random
from collections.abc import Sequence

from dramatis.cli.fleet import Fleet
from dramatis.core.evidence import EvidenceCounts
from dramatis.runtime import topics
from dramatis.runtime.event_log import NewRecord, Record
from dramatis.runtime.log_token import LogToken
from tests.chaos import evidence, load
from tests.chaos.table import table

FULL = float(os.environ.get("DRAMATIS_CHAOS_SECONDS", "0")) >= 60
RECORDS = 100_000 if FULL else 10_000
RECIPIENTS, BATCH, EVERY = 2_000, 500, 100
"""Every hundredth record is poison: one in a hundred."""
PLACE = ("reason", "topic", "partition", "offset")


def records(tenant: str, count: int) -> list[NewRecord]:
    """Records as ingest would have written them."""
    events = (event for window in load.orders(count, RECIPIENTS, BATCH) for event in window)
    return [
        NewRecord(
            topics.RECIPIENT_EVENTS.name, f"{tenant}/{event.recipient_id}", event.event_id,
            event.SerializeToString(),
        )
        for event in events
    ]  # fmt: skip


async def append(fleet: Fleet, made: Sequence[NewRecord]) -> LogToken:
    """Writes them past ingest's door."""
    token = LogToken()
    async with evidence.log_of(fleet) as log:
        for start in range(0, len(made), BATCH):
            token = token.merge(LogToken.after(await log.append(made[start : start + BATCH])))
    return token


async def letters(fleet: Fleet) -> Sequence[Record]:
    """All dead letters."""
    name, found = topics.DEAD_LETTERS.name, list[Record]()
    async with evidence.log_of(fleet) as log:
        end = await log.end([name])

        async def start() -> LogToken:
            return LogToken()

        async with log.subscribe([name], "chaos", start) as subscription:
            while not subscription.position.covers(end):
                found += await subscription.poll(1_000, 1.0)
    return found


async def test_poison_is_set_aside_with_its_place_and_all_else_is_applied(fleet: Fleet) -> None:
    made = records(fleet.tenant, RECORDS + RECIPIENTS)
    poison = set(range(RECIPIENTS, len(made), EVERY))
    mixed = [
        NewRecord(each.topic, each.key, f"poison-{at}", b"\xff not an event")
        if at in poison
        else each
        for at, each in enumerate(made)
    ]
    token = await append(fleet, mixed)
    found = await evidence.of_all(fleet, token)
    dead = [each for each in await letters(fleet) if each.headers["dramatis_group"] == "persona"]
    named = [each for each in dead if all(each.headers.get(f"dramatis_{n}") for n in PLACE)]
    counts = {
        "records": len(mixed),
        "poison": len(poison),
        "dead letters": len(dead),
        "with reason, topic, partition, offset": len(named),
        "good ones applied": float(found.amount_sum.sum()) + RECIPIENTS,
        "services that ended": sum(each.poll() is not None for each in fleet.processes.values()),
    }
    print(table("one record in a hundred cannot be read", counts))
    assert len(dead) == len(named) == len(poison)
    assert {each.headers["dramatis_event_id"] for each in dead} == {f"poison-{n}" for n in poison}
    assert round(float(found.amount_sum.sum()), 6) == len(made) - len(poison) - RECIPIENTS
    fleet.check()


async def test_twice_and_shuffled_is_the_same_as_once(fleet: Fleet) -> None:
    once = records(fleet.tenant, RECORDS // 2)
    shuffled = [*once, *once]
    random.Random(7).shuffle(shuffled)
    rough = await evidence.of_all(fleet, await append(fleet, shuffled), "shuffled")
    calm = await evidence.of_all(fleet, await append(fleet, once), "in order")
    counts = {
        "records": len(once),
        "delivered": len(shuffled) + len(once),
        "orders counted": float(rough.amount_sum.sum()),
        "orders made": len(once) - RECIPIENTS,
    }
    print(table("redelivered twice and shuffled, then in order", counts))
    assert round(float(rough.amount_sum.sum()), 6) == len(once) - RECIPIENTS
    assert same(rough, calm)


def same(one: EvidenceCounts, other: EvidenceCounts) -> bool:
    """Whether two evidences are equal to the bit, in whatever order of personas."""
    return one.axes == other.axes and _digest(one) == _digest(other)


def _digest(found: EvidenceCounts) -> list[bytes]:
    arrays = (found.trials, found.successes, found.amount_count, found.amount_sum)
    return [each.tobytes() for each in arrays]

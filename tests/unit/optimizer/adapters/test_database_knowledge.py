"""From the log into the store, by the consumer, and what is known then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import numpy as np

from dramatis.core.campaign import CONTROL, Stage
from dramatis.core.evidence import Axes
from dramatis.core.membership import MembershipModel
from dramatis.core.response import ResponseTable
from dramatis.core.snapshot import Snapshot
from dramatis.optimizer.adapters.database_knowledge import FOLLOWED, GROUP, Change
from dramatis.optimizer.adapters.database_store import DatabaseStore
from dramatis.optimizer.ports import Knowledge
from dramatis.runtime import topics
from dramatis.runtime.consumer import Consumer
from dramatis.runtime.event_log import NewRecord
from dramatis.runtime.home import Home
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.memory_log import MemoryLog
from dramatis.wire import campaigns, personas, snapshots
from tests.unit.optimizer import given


def of_personas(set_id: str, tenant: str = "acme") -> NewRecord:
    known = replace(given.inputs(set_id=set_id).personas, tenant=tenant)
    return NewRecord(topics.PERSONAS.name, "acme", set_id, personas.from_persona_set(known))


def of_campaign(campaign_id: str) -> NewRecord:
    message = campaigns.from_campaign(given.campaign(campaign_id))
    return NewRecord(
        topics.CAMPAIGNS.name, f"acme/{campaign_id}", campaign_id, message.SerializeToString()
    )


def of_snapshot(set_id: str, seconds: int) -> NewRecord:
    axes = Axes((CONTROL,), (Stage.VISIT,), (None,))
    one = np.ones((1, 1))
    table = ResponseTable(axes, one[..., None], one[..., None], one, one, *np.ones((3, 1)), 1.0)
    model = MembershipModel((), np.zeros((1, 0)), np.zeros(1), np.zeros((1, 0)))
    time = given.NOW + timedelta(seconds=seconds)
    made = snapshots.name(
        Snapshot("acme", "", time, set_id, "", ("p",), ("P",), model, table, np.ones(1))
    )
    record = snapshots.from_snapshot(made)
    return NewRecord(topics.SNAPSHOTS.name, "acme", made.snapshot_id, record)


@asynccontextmanager
async def consuming(
    home: Home, log: MemoryLog
) -> AsyncIterator[tuple[Knowledge, Consumer[Change]]]:
    async with DatabaseStore.open(home) as store:
        consumer = Consumer(log, FOLLOWED, GROUP, store.knowledge)
        running = asyncio.create_task(consumer.run())
        try:
            yield store.knowledge, consumer
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def tell(log: MemoryLog, consumer: Consumer[Change], *records: NewRecord) -> None:
    positions = await log.append(records)
    await consumer.wait_for(LogToken.after(positions), 5)


async def test_the_newest_is_known_per_tenant(home: Home) -> None:
    log = MemoryLog()
    async with consuming(home, log) as (knowledge, consumer):
        nothing = await knowledge.newest("acme")
        assert (nothing.personas, nothing.campaigns, nothing.awaited) == (None, (), "")
        await tell(log, consumer, of_personas("set-1"), of_campaign("b"), of_campaign("a"))
        await tell(log, consumer, of_personas("set-2"), of_campaign("a"))
        known = await knowledge.newest("acme")
        assert known.personas
        assert known.personas.persona_set_id == "set-2"
        assert [one.campaign_id for one in known.campaigns] == ["a", "b"]
        assert (await knowledge.newest("beta")).personas is None
    async with consuming(home, log) as (knowledge, _):
        assert (await knowledge.newest("acme")).campaigns == known.campaigns


async def test_a_tombstone_removes(home: Home) -> None:
    log = MemoryLog()
    async with consuming(home, log) as (knowledge, consumer):
        await tell(log, consumer, of_campaign("a"), of_campaign("b"))
        await tell(log, consumer, NewRecord(topics.CAMPAIGNS.name, "acme/a", "gone", b""))
        assert [one.campaign_id for one in (await knowledge.newest("acme")).campaigns] == ["b"]


async def test_a_snapshot_ahead_of_its_personas_is_noticed(home: Home) -> None:
    log = MemoryLog()
    async with consuming(home, log) as (knowledge, consumer):
        await tell(log, consumer, of_snapshot("set-1", 1))
        assert (await knowledge.newest("acme")).awaited == "set-1"
        await tell(log, consumer, of_personas("set-1"))
        assert (await knowledge.newest("acme")).awaited == ""
        await tell(log, consumer, of_snapshot("set-2", 2))
        assert (await knowledge.newest("acme")).awaited == "set-2"
        await tell(log, consumer, of_snapshot("set-0", -5))
        assert (await knowledge.newest("acme")).awaited == ""


async def test_what_cannot_be_read_is_a_dead_letter_and_the_rest_goes_on(home: Home) -> None:
    log = MemoryLog()
    async with consuming(home, log) as (knowledge, consumer):
        broken = NewRecord(topics.PERSONAS.name, "other", "x", b"\xff\xff")
        await tell(log, consumer, broken, of_personas("set-9", tenant="beta"), of_campaign("a"))
        known = await knowledge.newest("acme")
        assert known.personas is None
        assert [one.campaign_id for one in known.campaigns] == ["a"]
    ends = (await log.end({topics.DEAD_LETTERS.name})).next_offsets
    assert sum(ends.values()) == 2

"""What the log tells of personas, snapshots and campaigns, kept in the database."""

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Table, delete, select

from dramatis.api.common.v1 import campaign_pb2
from dramatis.core.errors import Invalid
from dramatis.optimizer.adapters.tables import CAMPAIGNS, PERSONA_SETS, SNAPSHOTS
from dramatis.optimizer.ports import Known
from dramatis.runtime import positions, topics
from dramatis.runtime.database import Database, Transaction
from dramatis.runtime.event_log import Record
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sql import upsert
from dramatis.wire.campaigns import to_campaign
from dramatis.wire.personas import to_persona_set
from dramatis.wire.snapshots import to_snapshot

GROUP: Final = "optimizer"
FOLLOWED: Final = frozenset(
    topic.name for topic in (topics.PERSONAS, topics.CAMPAIGNS, topics.SNAPSHOTS)
)
Change = Callable[[Transaction], object]
"""What one record does to the database; twice is the same as once."""


class DatabaseKnowledge:
    """A `Knowledge`, and the handler of the consumer that feeds it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, tenant: str) -> Known:
        """See `Knowledge`."""
        return await self._database.read(lambda tx: _newest(tx, tenant))

    async def applied(self) -> LogToken:
        """See `Handler`."""
        return await self._database.read(lambda tx: positions.load(tx, GROUP))

    def decode(self, record: Record) -> Change:
        """See `Handler`."""
        tenant, _, subject = record.key.partition("/")
        if record.topic == topics.CAMPAIGNS.name:
            return _of_campaign(tenant, subject, record.value)
        if record.topic == topics.PERSONAS.name:
            return _of_personas(tenant, record.value)
        return _of_snapshot(tenant, record.value)

    async def apply(self, items: Sequence[Change], position: LogToken) -> None:
        """See `Handler`. The newest record of a key wins, so a second time changes nothing."""

        def work(tx: Transaction) -> None:
            for change in items:
                change(tx)
            positions.save(tx, GROUP, position)

        await self._database.write(work)


def _of_campaign(tenant: str, campaign_id: str, value: bytes) -> Change:
    if not value:
        return _without(CAMPAIGNS, tenant=tenant, campaign_id=campaign_id)
    campaign = to_campaign(campaign_pb2.Campaign.FromString(value))
    return _with(CAMPAIGNS, tenant=tenant, campaign_id=campaign.campaign_id, record=value)


def _of_personas(tenant: str, value: bytes) -> Change:
    if not value:
        return _without(PERSONA_SETS, tenant=tenant)
    _check(to_persona_set(value).tenant, tenant)
    return _with(PERSONA_SETS, tenant=tenant, record=value)


def _of_snapshot(tenant: str, value: bytes) -> Change:
    if not value:
        return _without(SNAPSHOTS, tenant=tenant)
    snapshot = to_snapshot(value)
    _check(snapshot.tenant, tenant)
    return _with(
        SNAPSHOTS,
        tenant=tenant,
        persona_set_id=snapshot.persona_set_id,
        create_time=snapshot.create_time,
    )


def _with(table: Table, **row: object) -> Change:
    return lambda tx: tx.execute(upsert(tx, table), row)


def _without(table: Table, **key: str) -> Change:
    mine = [table.c[name] == value for name, value in key.items()]
    return lambda tx: tx.execute(delete(table).where(*mine))


def _check(owner: str, tenant: str) -> None:
    if owner != tenant:
        raise Invalid("the record is about another tenant than its key", field="tenant")


def _newest(tx: Transaction, tenant: str) -> Known:
    of, told = CAMPAIGNS.c, SNAPSHOTS.c
    record = tx.scalar(select(PERSONA_SETS.c.record).where(PERSONA_SETS.c.tenant == tenant))
    personas = to_persona_set(record) if record else None
    records = tx.scalars(select(of.record).where(of.tenant == tenant).order_by(of.campaign_id))
    campaigns = tuple(to_campaign(campaign_pb2.Campaign.FromString(one)) for one in records)
    newest = select(told.persona_set_id, told.create_time).where(told.tenant == tenant)
    snapshot = tx.execute(newest).one_or_none()
    if snapshot is None:
        return Known(personas, campaigns)
    set_id, time = snapshot
    behind = personas is None or (personas.persona_set_id != set_id and personas.create_time < time)
    return Known(personas, campaigns, set_id if behind else "")

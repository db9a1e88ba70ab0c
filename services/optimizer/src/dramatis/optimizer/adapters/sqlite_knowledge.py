"""What the log tells of personas, snapshots and campaigns, kept in SQLite."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dramatis.api.common.v1 import campaign_pb2
from dramatis.core.errors import Invalid
from dramatis.optimizer.ports import Known
from dramatis.runtime import sqlite_positions as positions
from dramatis.runtime import topics
from dramatis.runtime.event_log import Record
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sqlite import Database, Transaction
from dramatis.wire.campaigns import to_campaign
from dramatis.wire.personas import to_persona_set
from dramatis.wire.snapshots import to_snapshot

GROUP: Final = "optimizer"
FOLLOWED: Final = frozenset(
    topic.name for topic in (topics.PERSONAS, topics.CAMPAIGNS, topics.SNAPSHOTS)
)
SCHEMA: Final = """
CREATE TABLE persona_sets (tenant TEXT NOT NULL PRIMARY KEY, record BLOB NOT NULL);
CREATE TABLE campaigns (
    tenant TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (tenant, campaign_id)
) WITHOUT ROWID;
CREATE TABLE snapshots (
    tenant TEXT NOT NULL PRIMARY KEY,
    persona_set_id TEXT NOT NULL,
    create_time TEXT NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one record changes."""

    sql: str
    values: tuple[object, ...]


class SqliteKnowledge:
    """A `Knowledge`, and the handler of the consumer that feeds it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, tenant: str) -> Known:
        """See `Knowledge`."""
        return await self._database.read(lambda tx: _newest(tx, tenant))

    async def applied(self) -> LogToken:
        """See `Handler`."""
        return await self._database.read(lambda tx: positions.load(tx, GROUP))

    def decode(self, record: Record) -> Statement:
        """See `Handler`."""
        tenant, _, subject = record.key.partition("/")
        if record.topic == topics.CAMPAIGNS.name:
            return _of_campaign(tenant, subject, record.value)
        if record.topic == topics.PERSONAS.name:
            return _of_personas(tenant, record.value)
        return _of_snapshot(tenant, record.value)

    async def apply(self, items: Sequence[Statement], position: LogToken) -> None:
        """See `Handler`. The newest record of a key wins, so a second time changes nothing."""

        def work(tx: Transaction) -> None:
            for item in items:
                tx.execute(item.sql, item.values)
            positions.save(tx, GROUP, position)

        await self._database.write(work)


def _of_campaign(tenant: str, campaign_id: str, value: bytes) -> Statement:
    if not value:
        return Statement(
            "DELETE FROM campaigns WHERE tenant = ? AND campaign_id = ?", (tenant, campaign_id)
        )
    campaign = to_campaign(campaign_pb2.Campaign.FromString(value))
    return Statement(
        "INSERT OR REPLACE INTO campaigns VALUES (?, ?, ?)", (tenant, campaign.campaign_id, value)
    )


def _of_personas(tenant: str, value: bytes) -> Statement:
    if not value:
        return Statement("DELETE FROM persona_sets WHERE tenant = ?", (tenant,))
    _check(to_persona_set(value).tenant, tenant)
    return Statement("INSERT OR REPLACE INTO persona_sets VALUES (?, ?)", (tenant, value))


def _of_snapshot(tenant: str, value: bytes) -> Statement:
    if not value:
        return Statement("DELETE FROM snapshots WHERE tenant = ?", (tenant,))
    snapshot = to_snapshot(value)
    _check(snapshot.tenant, tenant)
    return Statement(
        "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?)",
        (tenant, snapshot.persona_set_id, snapshot.create_time.isoformat()),
    )


def _check(owner: str, tenant: str) -> None:
    if owner != tenant:
        raise Invalid("the record is about another tenant than its key", field="tenant")


def _newest(tx: Transaction, tenant: str) -> Known:
    row = tx.execute("SELECT record FROM persona_sets WHERE tenant = ?", (tenant,)).fetchone()
    personas = to_persona_set(row[0]) if row else None
    rows = tx.execute(
        "SELECT record FROM campaigns WHERE tenant = ? ORDER BY campaign_id", (tenant,)
    )
    campaigns = tuple(to_campaign(campaign_pb2.Campaign.FromString(one)) for (one,) in rows)
    snapshot = tx.execute(
        "SELECT persona_set_id, create_time FROM snapshots WHERE tenant = ?", (tenant,)
    ).fetchone()
    if snapshot is None:
        return Known(personas, campaigns)
    set_id, time = snapshot[0], datetime.fromisoformat(snapshot[1])
    behind = personas is None or (personas.persona_set_id != set_id and personas.create_time < time)
    return Known(personas, campaigns, set_id if behind else "")

"""A `Publisher` on the event log: set and snapshot as records of their compacted topics."""

import hashlib
from dataclasses import replace

from dramatis.api.persona.v1 import snapshot_pb2 as pb
from dramatis.persona import metrics
from dramatis.persona.domain.standing import Standing
from dramatis.persona.ports import Token
from dramatis.runtime import topics
from dramatis.runtime.envelope import seal
from dramatis.runtime.event_log import EventLog
from dramatis.runtime.log_token import LogToken
from dramatis.wire import personas, snapshots

SOURCE = "dramatis/persona"


class LogPublisher:
    """See `Publisher`."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def name(self, standing: Standing) -> Standing:
        """See `Publisher`."""
        return replace(standing, snapshot=snapshots.name(standing.snapshot))

    async def publish(self, standing: Standing) -> Token:
        """See `Publisher`."""
        tenant, snapshot = standing.tenant, standing.snapshot
        record = personas.from_persona_set(standing.personas)
        digest = hashlib.sha256(record).hexdigest()[:16]
        positions = await self._log.append(
            [
                seal(
                    topics.PERSONAS.name,
                    tenant,
                    f"{tenant}/{snapshot.persona_set_id}/{digest}",
                    record,
                    type_name=pb.PersonaSet.DESCRIPTOR.full_name,
                    source=SOURCE,
                    time=standing.personas.create_time,
                ),
                seal(
                    topics.SNAPSHOTS.name,
                    tenant,
                    f"{tenant}/{snapshot.snapshot_id}",
                    snapshots.from_snapshot(snapshot),
                    type_name=pb.Snapshot.DESCRIPTOR.full_name,
                    source=SOURCE,
                    time=snapshot.create_time,
                ),
            ]
        )
        metrics.SNAPSHOTS.inc()
        return LogToken.after(positions).encode()

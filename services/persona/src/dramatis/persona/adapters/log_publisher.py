"""A `Publisher` on the event log: set and snapshot as records of their compacted topics."""

import hashlib
from dataclasses import replace

from dramatis.api.persona.v1 import snapshot_pb2 as pb
from dramatis.persona import metrics
from dramatis.persona.domain.standing import Standing, Written, in_writing
from dramatis.persona.ports import Token
from dramatis.runtime import topics
from dramatis.runtime.envelope import seal
from dramatis.runtime.event_log import EventLog
from dramatis.runtime.log_token import LogToken
from dramatis.wire import personas, snapshots

SOURCE = "dramatis/persona"


class LogPublisher:
    """See `Publisher`."""

    def __init__(self, log: EventLog, most_bytes: int) -> None:
        """Makes it.

        Args:
            log: where it publishes.
            most_bytes: of a snapshot that travels in the log; of a larger one only a reference.
        """
        self._log = log
        self._most_bytes = most_bytes

    def name(self, standing: Standing) -> Standing:
        """See `Publisher`."""
        snapshot, record = snapshots.write(standing.snapshot)
        written = Written(record)
        if len(record) > self._most_bytes:
            written = Written(snapshots.refer(snapshot, record), record)
        return replace(standing, snapshot=snapshot, written=written)

    async def publish(self, standing: Standing) -> Token:
        """See `Publisher`."""
        tenant, snapshot = standing.tenant, standing.snapshot
        record = personas.from_persona_set(standing.personas)
        digest = hashlib.sha256(record).hexdigest()[:16]
        written = in_writing(standing)
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
                    written.record,
                    type_name=pb.Snapshot.DESCRIPTOR.full_name,
                    source=SOURCE,
                    time=snapshot.create_time,
                ),
            ]
        )
        metrics.SNAPSHOTS.inc()
        metrics.SNAPSHOT_BYTES.observe(len(written.body or written.record))
        return LogToken.after(positions).encode()

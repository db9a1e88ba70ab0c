"""What every use case takes."""

from dataclasses import dataclass, field

from dramatis.ingest.app.claims import Claims
from dramatis.ingest.domain.rules import Limits
from dramatis.ingest.ports import EncodeConsents, ReadEvent, Store
from dramatis.runtime.clock import Clock
from dramatis.runtime.event_log import EventLog


@dataclass(frozen=True, slots=True)
class World:
    """The ports, and what is being worked on at the moment."""

    log: EventLog
    store: Store
    clock: Clock
    encode_consents: EncodeConsents
    read_event: ReadEvent
    limits: Limits = field(default_factory=Limits)
    claims: Claims = field(default_factory=Claims)

"""What every use case takes."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from dramatis.ingest.app.claims import Claims
from dramatis.ingest.domain.places import NOWHERE
from dramatis.ingest.domain.policy import Policies
from dramatis.ingest.domain.rules import Known, Limits, Locate, Setting
from dramatis.ingest.ports import EncodeConsents, Pseudonym, ReadEvent, Store
from dramatis.runtime.clock import Clock
from dramatis.runtime.event_log import EventLog


@dataclass(frozen=True, slots=True)
class World:
    """The ports, what tenants have decided, and what is being worked on at the moment."""

    log: EventLog
    store: Store
    clock: Clock
    encode_consents: EncodeConsents
    read_event: ReadEvent
    pseudonym: Pseudonym
    limits: Limits = field(default_factory=Limits)
    policies: Policies = field(default_factory=Policies)
    locate: Locate = lambda address: NOWHERE
    claims: Claims = field(default_factory=Claims)

    def setting(self, tenant: str, known: Known, now: datetime) -> Setting:
        """All that the rules look at for a batch of a tenant."""
        return Setting(
            self.limits,
            known,
            now,
            partial(self.pseudonym, tenant),
            self.policies.of(tenant),
            self.locate,
        )

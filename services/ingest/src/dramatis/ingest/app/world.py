"""What every use case takes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from dramatis.ingest.app.claims import Claims
from dramatis.ingest.app.errands import Errands
from dramatis.ingest.app.intake import Intake
from dramatis.ingest.app.noted import Noted
from dramatis.ingest.domain.places import NOWHERE
from dramatis.ingest.domain.policy import Policies
from dramatis.ingest.domain.rules import Known, Limits, Locate, Setting
from dramatis.ingest.ports import EncodeConsents, Pseudonym, ReadEvent, Store
from dramatis.runtime.clock import Clock
from dramatis.runtime.event_log import EventLog

T = TypeVar("T")


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
    errands: Errands = field(default_factory=Errands)
    noted: Noted = field(default_factory=Noted)
    intake: Intake = field(default_factory=Intake)

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

    async def carry(
        self,
        tenant: str,
        items: int,
        size: int,
        work: Callable[[], Awaitable[T]],
        *,
        urgent: bool = False,
    ) -> T:
        """Lets a request in and carries it to its end, even if its caller leaves.

        Args:
            tenant: who sends it.
            items: in it.
            size: of it, in bytes.
            work: what is to be done.
            urgent: whether it is let in though the disk is nearly full.

        Raises:
            Exhausted: there is no room, or the tenant has sent more than its quota.
        """

        async def whole() -> T:
            with self.intake.admit(tenant, items, size, urgent=urgent):
                return await work()

        return await self.errands.finish(whole())

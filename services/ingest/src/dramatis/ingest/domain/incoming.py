"""What arrives at the door, as little of it as the rules look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dramatis.core.consent import Consent
from dramatis.core.errors import Invalid
from dramatis.ingest.domain.draft import Draft

NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class IncomingEvent:
    """An event of one recipient, as little of it as the rules look at.

    Attributes:
        event_id: the caller's, unique within the tenant.
        recipient_id: whom it is about.
        time: when it happened; NEVER where the fault is that nobody said.
        draft: what it says; rules may make that less.
        payload: what kind of thing happened, by the contract's name, such as "order".
        stop: whether the recipient asked to be left alone, or cannot be reached: unsubscribed,
            complained, bounced.
        fault: what breaks the schema, with the field's path in the event; None if nothing does.
        ip: the address that the recipient acted from, where the door saw it; never kept.
        kind: what metrics and notes call it: event, or recipient where it is made of one.
    """

    event_id: str
    recipient_id: str
    time: datetime
    draft: Draft
    payload: str
    stop: str = ""
    fault: Invalid | None = None
    ip: str = ""
    kind: str = "event"

    @property
    def value(self) -> bytes:
        """The event as it would be written now."""
        return self.draft.value()


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """An event that was found in the log, whoever wrote it there; still in its bytes."""

    tenant: str
    event_id: str
    recipient_id: str
    partition: int
    offset: int
    value: bytes


@dataclass(frozen=True, slots=True)
class IncomingSignal:
    """Something that happened in the world, still in the bytes that go into the log."""

    signal_id: str
    topic: str
    time: datetime
    value: bytes
    fault: Invalid | None = None


@dataclass(frozen=True, slots=True)
class IncomingRecipient:
    """A recipient as the caller knows them now.

    Attributes:
        update: the change of attributes, as an event; the rules look at it even where it is empty.
        has_update: whether it is to be written.
        consents: what they said.
        time_zone: IANA name; empty to leave it as it is.
    """

    update: IncomingEvent
    has_update: bool = True
    consents: Sequence[Consent] = ()
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one recipient said."""

    recipient_id: str
    consent: Consent

"""What ingest needs of the world beside the event log, whose port is the runtime's."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from dramatis.core.consent import Consent
from dramatis.core.request import Request
from dramatis.ingest.domain.feeds.connector import Name
from dramatis.ingest.domain.feeds.world_signal import Sentiment, SignalKind, WorldSignal
from dramatis.ingest.domain.incoming import IncomingEvent, IncomingSignal
from dramatis.ingest.domain.merge import Held
from dramatis.ingest.domain.notes import DayNote
from dramatis.ingest.domain.rules import Known
from dramatis.ingest.domain.third_party import Change, Lent
from dramatis.runtime.event_log import Position
from dramatis.runtime.log_token import LogToken

EncodeConsents = Callable[[str, str, Iterable[Consent]], bytes]
"""The record of the `consents` topic: of a tenant's recipient, all statements that hold."""

ReadEvent = Callable[[bytes], IncomingEvent]
"""An event from its bytes; raises Invalid where they are none."""

Pseudonym = Callable[[str, str], str]
"""What a tenant's text is called where it must not stand itself: a digest keyed per tenant."""

EncodeSignal = Callable[[WorldSignal], IncomingSignal]
"""A signal in the bytes that go into the log."""

EncodeChange = Callable[[Change], IncomingEvent]
"""What a third party told of a recipient, as an event."""

EncodeErasure = Callable[[datetime, str], bytes]
"""The answer to an erasure: when it was recorded, and the log token."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a request, as it was or will be sent."""

    request: Request
    body: bytes
    time: datetime


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """Where in the log an event of a recipient lies."""

    event_id: str
    recipient_id: str
    position: Position


@dataclass(frozen=True, slots=True)
class HeldCampaign:
    """A campaign as it is now, serialised."""

    campaign_id: str
    version: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Effect:
    """What a call changes, saved as a whole or not at all.

    Attributes:
        tenant: whose.
        events: accepted; from now on they were seen.
        consents: by recipient all statements that hold.
        time_zones: by recipient.
        signals: by id when it was accepted.
        campaigns: as they are now.
        answer: what the same request gets from now on.
        notes: by day what was refused or taken away.
    """

    tenant: str
    events: Sequence[HeldEvent] = ()
    consents: Mapping[str, Held] = field(default_factory=dict)
    time_zones: Mapping[str, str] = field(default_factory=dict)
    signals: Mapping[str, datetime] = field(default_factory=dict)
    campaigns: Sequence[HeldCampaign] = ()
    answer: Answer | None = None
    notes: Mapping[DayNote, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HeldRecipient:
    """What is kept of one recipient here; the events themselves are in the log."""

    consents: Held
    time_zone: str
    events: Sequence[Position]


class Store(Protocol):
    """Ingest's own memory. Every write is durable on return, and whole or not at all.

    All methods raise Unavailable when the store cannot be used; the message says what to do.
    """

    async def answer(self, request: Request) -> bytes | None:
        """The answer that this request got before; None if it is new.

        Raises:
            Invalid: the id was used before with another body.
        """
        ...

    async def known(
        self, tenant: str, event_ids: Collection[str], recipient_ids: Collection[str]
    ) -> Known:
        """What the rules need to know of these events and recipients."""
        ...

    async def consents(self, tenant: str, recipient_ids: Collection[str]) -> Mapping[str, Held]:
        """What these recipients said; who said nothing is left out."""
        ...

    async def signals(self, tenant: str, signal_ids: Collection[str]) -> Collection[str]:
        """Those of the signals that were accepted before."""
        ...

    async def campaigns(
        self, tenant: str, campaign_ids: Collection[str]
    ) -> Mapping[str, HeldCampaign]:
        """Those of the campaigns that exist."""
        ...

    async def list_campaigns(self, tenant: str, after: str, most: int) -> Sequence[HeldCampaign]:
        """The first `most` campaigns whose id follows `after`, by id."""
        ...

    async def save(self, effect: Effect) -> None:
        """Adds the effect. Saving it again changes nothing, but counts its notes again."""
        ...

    async def list_notes(
        self, tenant: str, days: tuple[str, str], after: DayNote, most: int
    ) -> Sequence[tuple[DayNote, int]]:
        """The first `most` notes that follow `after`, from the first to the last of the days."""
        ...

    async def recipient(self, tenant: str, recipient_id: str) -> HeldRecipient | None:
        """What is held of a recipient; None if nothing is."""
        ...

    async def erasure(self, tenant: str, recipient_id: str) -> datetime | None:
        """When the recipient was erased, if so."""
        ...

    async def erase(self, recipient_id: str, time: datetime, answer: Answer) -> None:
        """Forgets all of the recipient, notes when, and remembers the answer.

        An earlier note stays as it is.
        """
        ...

    async def forget(self, tenant: str, recipient_ids: Collection[str]) -> int:
        """Drops all that is held of these recipients, and returns how many rows that was."""
        ...

    async def followed(self) -> LogToken:
        """How far the log's own records have been taken in."""
        ...

    async def follow(self, effects: Sequence[Effect], position: LogToken) -> None:
        """Saves the effects of records that were found in the log, and the position after them."""
        ...

    async def forget_notes(self, before: str) -> int:
        """Drops the notes of earlier days, and returns how many."""
        ...

    async def forget_answers(self, before: datetime) -> int:
        """Drops answers that were given earlier, and returns how many."""
        ...

    async def forget_signals(self, before: datetime) -> int:
        """Drops the ids of signals that were accepted earlier, and returns how many."""
        ...


class Scorer(Protocol):
    """Says how something was said."""

    def score(self, text: str, language_code: str) -> Sentiment:
        """The sentiment of a text; unsupported where the language is unknown or not understood.

        Quick enough for the event loop: a millisecond at most.
        """
        ...


@dataclass(frozen=True, slots=True)
class Noted:
    """A signal that a connector published, kept as long as its source may take it back.

    Attributes:
        signal_id: its id.
        kind: where it came from.
        topic: its topic.
        source: the feed that brought it.
        time: when it was said.
        key: digest of what its source calls the item.
        author: digest of whose it is; empty where the source has none.
        told: sketch of its title, see `domain.feeds.stories`.
    """

    signal_id: str
    kind: SignalKind
    topic: str
    source: str
    time: datetime
    key: str
    author: str
    told: bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """What a connector has taken in, saved as a whole or not at all.

    Attributes:
        name: of the connector.
        holder: who runs it and must still hold its lease.
        cursor: where to go on.
        noted: published; noting it again changes nothing.
        withdrawn: ids of signals that were taken back.
    """

    name: Name
    holder: str
    cursor: str
    noted: Sequence[Noted] = ()
    withdrawn: Collection[str] = ()


class Cursors(Protocol):
    """What connectors remember, and which process runs which. Every write is durable on return.

    All methods raise Unavailable when the store cannot be used; the message says what to do.
    """

    async def lease(self, name: Name, holder: str, now: datetime, until: datetime) -> bool:
        """Whether `holder` may run the connector until then: nobody else holds it at `now`."""
        ...

    async def release(self, name: Name, holder: str) -> None:
        """Gives the lease back, if `holder` has it."""
        ...

    async def cursor(self, name: Name) -> str:
        """Where to go on; empty for a connector that never ran."""
        ...

    async def save(self, progress: Progress) -> None:
        """Keeps what was taken in.

        Raises:
            Conflict: another process holds the lease by now; nothing was kept.
        """
        ...

    async def noted(
        self, tenant: str, keys: Collection[str], authors: Collection[str]
    ) -> Sequence[Noted]:
        """What was noted under one of the keys, or of one of the authors."""
        ...

    async def recent(self, tenant: str, most: int) -> Sequence[Noted]:
        """The `most` newest by their time, oldest first."""
        ...

    async def forget_noted(self, before: datetime) -> int:
        """Drops what was said earlier, and returns how many."""
        ...


LedgerPlace = tuple[str, str, str]
"""Where a page of the ledger ends; the first follows three empty texts."""


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Some of the ledger.

    Attributes:
        lent: what is held, and from whom; those who were erased are left out.
        end: where it goes on; None where it does not.
    """

    lent: Sequence[tuple[Name, Lent]]
    end: LedgerPlace | None


class Ledger(Protocol):
    """What is held from third parties, and of whom. Every write is durable on return.

    Erasing a recipient in the `Store` takes them out of here too. All methods raise Unavailable
    when the store cannot be used; the message says what to do.
    """

    async def held(self, name: Name, recipient_ids: Collection[str]) -> Mapping[str, Lent]:
        """What is held from one third party of those of the recipients of whom something is."""
        ...

    async def keep(self, tenant: str, lent: Sequence[Lent]) -> None:
        """Notes what is held, instead of what was noted of the same recipient and party."""
        ...

    async def drop(self, name: Name, recipient_ids: Collection[str]) -> None:
        """Forgets what was held of these recipients from one third party."""
        ...

    async def page(self, after: LedgerPlace, most: int) -> LedgerPage:
        """What follows a place, of all tenants, at most so many."""
        ...

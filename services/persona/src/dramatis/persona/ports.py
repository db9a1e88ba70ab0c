"""What persona needs of the world beside the event log, whose port is the runtime's."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeAlias

from dramatis.core.attributes import Attributes
from dramatis.core.campaign import Campaign
from dramatis.core.forecast import ForecastTable
from dramatis.core.happening import Happening
from dramatis.core.request import Request
from dramatis.persona.domain.features.state import FeatureState
from dramatis.persona.domain.lives import Cause
from dramatis.persona.domain.persona_event import PersonaEvent
from dramatis.persona.domain.population import Population
from dramatis.persona.domain.signals import Signal
from dramatis.persona.domain.standing import Standing

Clock: TypeAlias = Callable[[], datetime]
"""The present moment, aware, in UTC."""
Token: TypeAlias = str
"""Where the log stands, opaque; empty for its beginning, or where that is not known yet."""

BODIES: Final = 3
"""Bodies of snapshots that are kept per tenant: who is late to fetch one can still have it."""
PART_BYTES: Final = 1 << 20
"""Of a body, at a time."""


@dataclass(frozen=True, slots=True)
class Profiling:
    """Whether a recipient may be profiled, from the `consents` topic."""

    tenant: str
    recipient_id: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """A recipient asked to be forgotten, known by pseudonym only from then on."""

    tenant: str
    pseudonym: str


@dataclass(frozen=True, slots=True)
class CampaignKnown:
    """A campaign as it is now; None where it was removed."""

    tenant: str
    campaign_id: str
    campaign: Campaign | None


@dataclass(frozen=True, slots=True)
class ForecastCame:
    """One record of the `forecasts` topic, unopened but for its names."""

    tenant: str
    simulation_id: str
    persona_set_id: str
    persona_id: str
    campaign_id: str
    record: bytes


@dataclass(frozen=True, slots=True)
class SignalCame:
    """A signal of the world, or one that takes another back."""

    tenant: str
    signal: Signal
    withdraws: str = ""


Item: TypeAlias = Happening | Profiling | Erased | CampaignKnown | ForecastCame | SignalCame


@dataclass(frozen=True, slots=True)
class Reclustered:
    """The answer of a Recluster."""

    persona_set_id: str
    persona_count: int
    recipient_count: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What one publication changes, in one transaction.

    Attributes:
        standing: the new one, of its tenant.
        events: what happened to personas.
        request: the call that led to it, if one did.
        answer: of that call.
        cause: why the personas were formed; None where they are those that were.
    """

    standing: Standing
    events: Sequence[PersonaEvent] = ()
    request: Request | None = None
    answer: Reclustered | None = None
    cause: Cause | None = None


class Store(Protocol):
    """Everything that persona remembers. Methods raise Unavailable when it cannot be reached."""

    async def tenants(self) -> frozenset[str]:
        """Of whom anything is known."""
        ...

    async def population(self, tenant: str, now: datetime) -> Population:
        """All recipients who may be profiled, sorted by id, with what is known at that moment.

        Takes long; does not block.
        """
        ...

    async def attributes(
        self, tenant: str, recipient_ids: Sequence[str], now: datetime
    ) -> Mapping[str, Attributes]:
        """What is known at that moment of those who are known and may be profiled."""
        ...

    async def features(
        self, tenant: str, recipient_ids: Sequence[str] | None = None
    ) -> Mapping[str, FeatureState]:
        """What is held of those who may be profiled, by id.

        Of so many, or of all of whom anything else is known too; that takes long and does not
        block. What other definitions have made is left out.
        """
        ...

    async def unprofiled(self, tenant: str = "") -> int:
        """How many may not be profiled, those who were erased aside; of one tenant or of all."""
        ...

    async def campaigns(self, tenant: str) -> Sequence[Campaign]:
        """The campaigns, by id."""
        ...

    async def forecast(self, tenant: str, persona_set_id: str) -> ForecastTable | None:
        """The newest complete simulation of that set."""
        ...

    async def signals(self, tenant: str) -> Sequence[Signal]:
        """What happened in the world and was not taken back, by id."""
        ...

    async def standing(self, tenant: str) -> Standing | None:
        """What was last saved for the tenant."""
        ...

    def body(self, tenant: str, snapshot_id: str) -> AsyncIterator[bytes]:
        """Yields the body of a snapshot in parts of at most `PART_BYTES`.

        Those of the `BODIES` saved last that have one are kept. One that goes meanwhile ends early.

        Raises:
            NotFound: it is none of them.
        """
        ...

    async def save(self, effect: Effect) -> None:
        """Saves a publication, its events and the answer of its request, in one transaction.

        The standing has been written.
        """
        ...

    async def published(self, standing: Standing, token: Token) -> None:
        """Notes that the log holds this standing, and where; nothing if it is not the newest."""
        ...

    async def answer(self, request: Request) -> tuple[Reclustered, Token] | None:
        """What the request was answered, and where the log stood; None if it never came.

        The token is empty while the log does not hold its effect yet.

        Raises:
            Invalid: the id was used with another body.
        """
        ...

    async def events(
        self, tenant: str, after: int, limit: int
    ) -> Sequence[tuple[int, PersonaEvent]]:
        """Events of personas with their numbers, from the first above `after`, oldest first."""
        ...

    async def forget_events(self, before: datetime) -> int:
        """Drops some ids of events taken in before then, and returns how many; 0 when all are gone.

        An event that old counts again where it is sent again.
        """
        ...

    async def forget_ended(self, before: datetime) -> int:
        """Drops values that ended by then of some recipients; of how many, 0 when all are gone.

        It changes nothing of what is known from then on.
        """
        ...

    async def forget_answers(self, before: datetime) -> int:
        """Drops the answers given before then and returns how many; such a request is new again."""
        ...

    async def forget_signals(self, before: datetime) -> int:
        """Drops the signals of what happened before then, and returns how many."""
        ...

    async def forget(self, erased: Sequence[Erased]) -> None:
        """Drops all that is known of these recipients, and whatever comes of them later."""
        ...

    async def redraw(self, standing: Standing) -> None:
        """Replaces the portraits of what was saved, if it still is the newest."""
        ...


class Publisher(Protocol):
    """How the rest of dramatis hears of a standing."""

    def name(self, standing: Standing) -> Standing:
        """The standing with its snapshot written, and as all others will read it.

        The snapshot has the id that its contents give it, and is rounded as it is written: persona
        believes what it publishes. Takes long where there is much of it.
        """
        ...

    async def publish(self, standing: Standing) -> Token:
        """Writes set and snapshot to the log; idempotent. Returns where the log stands then.

        Raises:
            Unavailable: not known to be written; publish again.
        """
        ...

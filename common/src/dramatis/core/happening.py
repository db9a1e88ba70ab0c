"""What an event means for learning: attributes changed, exposed to a campaign, responded.

Events of all kinds come in; these three are what attributes and posteriors are made of. Features
are made of the `Act` beside them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from dramatis.core.act import Act
from dramatis.core.attributes import Attributes
from dramatis.core.campaign import Stage


@dataclass(frozen=True, slots=True)
class Changed:
    """Attributes got new values, or are unknown from now on.

    Attributes:
        attributes: the new values.
        removed: names of those that are unknown.
        ends: when new values end to be known, by name; those that do not are left out.
    """

    attributes: Attributes
    removed: Sequence[str] = ()
    ends: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exposed:
    """A campaign was sent, or `CONTROL`: deliberately nothing."""

    campaign_id: str


@dataclass(frozen=True, slots=True)
class Responded:
    """The recipient answered.

    Attributes:
        stage: how far.
        campaign_id: what it answers; "" for the last exposure.
        amount: of a conversion, in currency units.
    """

    stage: Stage
    campaign_id: str = ""
    amount: float = 0.0


Meaning: TypeAlias = Changed | Exposed | Responded


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of one recipient.

    Attributes:
        tenant, event_id, recipient_id, time: whose, which, about whom and when.
        meaning: for evidence and attributes; None where neither learns from it.
        act: for features; None where they are not made of it.
    """

    tenant: str
    event_id: str
    recipient_id: str
    time: datetime
    meaning: Meaning | None
    act: Act | None = None

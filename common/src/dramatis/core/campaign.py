"""Campaigns: what may be sent, what it costs, what its responses are worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Final

from dramatis.core.errors import Invalid

CONTROL: Final = "control"
"""The reserved campaign: nothing was sent. Responses to it are the baseline."""

MICROS: Final = 1_000_000
"""Micros in one unit of a currency."""


class Stage(IntEnum):
    """How far a recipient went in answering; the numbers are those of the contract."""

    DELIVERED = 1
    OPEN = 2
    CLICK = 3
    VISIT = 4
    CONVERT = 5
    UNSUBSCRIBE = 6
    COMPLAIN = 7


@dataclass(frozen=True, slots=True)
class Stimulus:
    """What a recipient meets.

    Attributes:
        attributes: what can be said of it in single words, such as {"category": "mens"}.
        subject: subject line or headline.
        copy: the text itself.
    """

    attributes: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    copy: str = ""


@dataclass(frozen=True, slots=True)
class StageValue:
    """What one response is worth: `value_micros` plus `amount_share` of the amount spent."""

    stage: Stage
    value_micros: int = 0
    amount_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Campaign:
    """A stimulus that may be sent.

    Attributes:
        campaign_id: unique within the tenant; never `CONTROL`.
        stimulus: what is sent.
        values: worth of the responses that count.
        cost_micros: of one send, >= 0.
        priority: the marketer's lever on scores, (0, 100].
        start_time, end_time: when it may be sent, end exclusive; None for no bound.
        paused: not to be chosen unless named.
        version: counted up with each change.
    """

    campaign_id: str
    stimulus: Stimulus = field(default_factory=Stimulus)
    values: tuple[StageValue, ...] = ()
    cost_micros: int = 0
    priority: float = 1.0
    start_time: datetime | None = None
    end_time: datetime | None = None
    paused: bool = False
    version: int = 0

    def __post_init__(self) -> None:
        wrong = self.campaign_id == CONTROL or "\0" in self.campaign_id
        if wrong or not 1 <= len(self.campaign_id) <= 128:
            raise Invalid(
                f"a campaign id has 1..128 characters, none of them NUL, and is not {CONTROL!r}, "
                f"got {self.campaign_id[:140]!r}",
                field="campaign_id",
            )
        if self.cost_micros < 0:
            raise Invalid(f"a send costs 0 or more, got {self.cost_micros}", field="cost_per_send")
        if not 0 < self.priority <= 100:
            raise Invalid(f"priority is in (0, 100], got {self.priority}", field="priority")

    def live(self, now: datetime) -> bool:
        """Whether it may be sent at `now`."""
        started = self.start_time is None or self.start_time <= now
        ended = self.end_time is not None and self.end_time <= now
        return started and not ended and not self.paused

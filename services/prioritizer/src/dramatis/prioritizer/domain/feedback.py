"""What came of decisions: sends and responses, and whether a report of them can be believed."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from dramatis.core.campaign import Stage
from dramatis.core.errors import DramatisError, Invalid, NotFound


class SendOutcome(IntEnum):
    """What became of a decided send; the numbers are those of the contract."""

    SENT = 1
    DROPPED = 2
    HELD = 3


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One decided send."""

    decision_id: str
    campaign_id: str
    outcome: SendOutcome
    time: datetime

    @property
    def mark(self) -> str:
        """What makes it one of a kind within its decision."""
        return f"{self.outcome.name}/{self.campaign_id}"


@dataclass(frozen=True, slots=True)
class Response:
    """What a recipient did; `machine` where a machine did it."""

    decision_id: str
    outcome_id: str
    stage: Stage
    time: datetime
    amount_micros: int = 0
    machine: bool = False

    @property
    def mark(self) -> str:
        """What makes it one of a kind within its decision."""
        return f"{self.stage.name}/{self.outcome_id}"


Report = Confirmation | Response


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a decision: whom it was about, and which campaigns it answered."""

    recipient_id: str
    campaign_ids: tuple[str, ...]


class Fate(IntEnum):
    """What became of one report; the numbers are those of the contract."""

    ACCEPTED = 1
    DUPLICATE = 2
    REJECTED = 3


def objection(report: Report, facts: Facts | None) -> DramatisError | None:
    """Why a report cannot be believed; None where it can."""
    if facts is None:
        return NotFound("decision", report.decision_id)
    if isinstance(report, Confirmation) and report.campaign_id not in facts.campaign_ids:
        return Invalid(
            f"decision {report.decision_id!r} did not answer campaign {report.campaign_id!r}",
            reason="NOT_DECIDED",
            field="campaign_id",
        )
    return None

"""Admission, as one list of small rules. The first that objects decides.

The tenant needs no rule here: it is the caller's own, stamped on every record and every look-up,
and no field of an event can say otherwise. What passes all rules is appended.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from dramatis.core.consent import DataType
from dramatis.core.errors import Invalid, Refused
from dramatis.ingest.domain.addresses import is_email
from dramatis.ingest.domain.incoming import IncomingEvent
from dramatis.ingest.domain.verdict import ACCEPTED, DUPLICATE, Outcome, Verdict, rejected


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still acceptable.

    Attributes:
        max_event_bytes: of one event, serialised.
        max_ahead: how far an event's clock may run ahead of ours.
    """

    max_event_bytes: int = 65_536
    max_ahead: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a batch's events and recipients, of one tenant.

    Attributes:
        seen: ids of events that were accepted before.
        erased: recipients who asked to be forgotten.
        denied: what those recipients who denied, or took back, profiling do not want learned from.
    """

    seen: Collection[str] = frozenset()
    erased: Collection[str] = frozenset()
    denied: Mapping[str, Collection[DataType]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setting:
    """All that a rule may look at beside the event."""

    limits: Limits
    known: Known
    now: datetime


Rule = Callable[[IncomingEvent, Setting], Verdict | None]


def size(event: IncomingEvent, setting: Setting) -> Verdict | None:
    """An event is small."""
    most = setting.limits.max_event_bytes
    if len(event.value) <= most:
        return None
    error = Invalid(
        f"an event has at most {most} bytes, got {len(event.value)}",
        reason="EVENT_TOO_LARGE",
        field="",
    )
    return rejected("size", error)


def schema(event: IncomingEvent, setting: Setting) -> Verdict | None:
    """An event is what the contract says."""
    return rejected("schema", event.fault) if event.fault else None


def clock(event: IncomingEvent, setting: Setting) -> Verdict | None:
    """An event is not from the future. A wrong clock is set aside, for people to look at."""
    ahead = event.time - setting.now
    if ahead <= setting.limits.max_ahead:
        return None
    error = Invalid(
        f"event_time is {ahead.total_seconds():.0f} s ahead of our clock",
        reason="EVENT_FROM_FUTURE",
        field="event_time",
    )
    return Verdict(Outcome.QUARANTINED, "clock", error)


def consent(event: IncomingEvent, setting: Setting) -> Verdict | None:
    """Nothing is kept of the erased, nor learned of those who deny profiling.

    Their wish to be left alone is always heard.
    """
    if event.recipient_id in setting.known.erased:
        return rejected("consent", erased())
    denied = setting.known.denied.get(event.recipient_id)
    if not denied or event.stop:
        return None
    if DataType.ALL in denied or (event.behaviour and DataType.BEHAVIOUR in denied):
        return rejected("consent", profiling_denied())
    return None


def minimise(event: IncomingEvent, setting: Setting) -> Verdict | None:
    """Nobody is called by an e-mail address."""
    for text in event.texts:
        if is_email(text):
            return rejected(
                "minimise", raw_address("recipient_id" if text == event.recipient_id else "")
            )
    return None


def deduplicate(event: IncomingEvent, setting: Setting) -> Verdict | None:
    """The same id has one effect, however often it comes."""
    return DUPLICATE if event.event_id in setting.known.seen else None


RULES: Final[tuple[Rule, ...]] = (size, schema, clock, consent, minimise, deduplicate)


def judge(event: IncomingEvent, setting: Setting) -> Verdict:
    """The verdict of the first rule that objects, or ACCEPTED."""
    for rule in RULES:
        verdict = rule(event, setting)
        if verdict is not None:
            return verdict
    return ACCEPTED


def erased() -> Refused:
    """Why nothing new of an erased recipient is kept."""
    return Refused("this recipient asked to be forgotten", reason="RECIPIENT_ERASED", field="")


def profiling_denied() -> Refused:
    """Why nothing is learned of a recipient."""
    return Refused(
        "this recipient does not want to be profiled", reason="PROFILING_DENIED", field=""
    )


def raw_address(field: str) -> Invalid:
    """Why an e-mail address does not come in."""
    return Invalid(
        "a raw e-mail address is no id, attribute name or category: send a pseudonym",
        reason="RAW_EMAIL_ADDRESS",
        field=field,
    )

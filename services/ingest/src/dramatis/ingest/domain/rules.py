"""Admission, as one list of small rules. The first that refuses decides; see `RULES` at the end.

A rule either objects with a verdict, or lets the event pass, which it may have made less. What
passes all rules is appended. The tenant is the caller's own, stamped on every record and every
look-up: no field of an event can say otherwise.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from dramatis.core.consent import DataType
from dramatis.core.errors import Invalid, Refused
from dramatis.ingest.domain import consent_table, minimal
from dramatis.ingest.domain.addresses import hint, is_address, is_email
from dramatis.ingest.domain.consent_table import Action
from dramatis.ingest.domain.draft import Draft
from dramatis.ingest.domain.incoming import IncomingEvent
from dramatis.ingest.domain.local_time import daypart, local_hour
from dramatis.ingest.domain.notes import Notes
from dramatis.ingest.domain.permissions import NOTHING_SAID, Permissions
from dramatis.ingest.domain.places import NOWHERE, Place
from dramatis.ingest.domain.policy import NAMED_VALUES, Policy
from dramatis.ingest.domain.refusals import erased, not_asked, profiling_denied, raw_address
from dramatis.ingest.domain.verdict import ACCEPTED, DUPLICATE, Outcome, Verdict, rejected

Pseudonym = Callable[[str], str]
"""What a text is called where it must not stand itself: a digest keyed per tenant."""

Locate = Callable[[str], Place]
"""Where an IP address is, no finer than a region."""


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
        permissions: what recipients said about learning from their data; who said nothing is
            left out.
        zones: IANA time zones of those recipients of whom it is known.
    """

    seen: Collection[str] = frozenset()
    erased: Collection[str] = frozenset()
    permissions: Mapping[str, Permissions] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setting:
    """All that a rule may look at beside the event, and where it notes what it took away."""

    limits: Limits
    known: Known
    now: datetime
    pseudonym: Pseudonym
    policy: Policy = field(default_factory=Policy)
    locate: Locate = lambda address: NOWHERE
    notes: Notes = field(default_factory=Notes)

    def allow(self, recipient_id: str, data_type: DataType) -> bool:
        """Whether a recipient's data of a type may be learned from."""
        said = self.known.permissions.get(recipient_id, NOTHING_SAID)
        return said.allow(data_type, self.policy.unasked)


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


def tenant(event: IncomingEvent, setting: Setting) -> Verdict | None:
    """An event is of a kind that its tenant takes."""
    taken = setting.policy.events
    if taken is None or event.payload in taken or event.stop or _forgets(event):
        return None
    error = Refused(
        f"this tenant takes no events of the kind {event.payload}",
        reason="EVENT_KIND_NOT_TAKEN",
        field=event.payload,
    )
    return rejected("tenant", error)


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


def erasure(event: IncomingEvent, setting: Setting) -> Verdict | None:
    """Nothing is kept of the erased, not even that they wish to be left alone."""
    return rejected("consent", erased()) if event.recipient_id in setting.known.erased else None


def consent(event: IncomingEvent, setting: Setting) -> Verdict | None:
    """Nothing is learned that its recipient does not allow; see `consent_table`.

    The wish to be left alone is always heard, and nothing is learned by forgetting.
    """
    said = setting.known.permissions.get(event.recipient_id, NOTHING_SAID)
    data_type = consent_table.EVENTS[event.payload]
    free = event.stop or _forgets(event)
    if not free and not said.allow(data_type, setting.policy.unasked):
        forbidden = said.forbid(data_type)
        return rejected("consent", profiling_denied() if forbidden else not_asked(data_type))
    for path in event.draft.context():
        _bind(event, path, said, setting)
    for named in event.draft.names():
        if named.source and not said.allow_party(named.source, setting.policy.unasked):
            event.draft.drop(named.path)
            setting.notes.add(event.kind, "consent", Action.DROPPED, f"{named.parent}.*")
    return None


def _forgets(event: IncomingEvent) -> bool:
    """Whether it does no more than to take attributes away."""
    draft = event.draft
    return (
        event.payload == "recipient_updated"
        and not draft.names()
        and draft.has("recipient_updated.removed_attributes")
    )


def _bind(event: IncomingEvent, path: str, said: Permissions, setting: Setting) -> None:
    """Applies a row of the table to a field."""
    rule = consent_table.FIELDS.get(path)
    if rule is None:
        return
    allow = said.allow(rule.data_type, setting.policy.unasked)
    if allow and (not rule.explicit or said.granted_to(rule.data_type)):
        return
    if rule.otherwise is Action.HASHED:
        event.draft.put(path, setting.pseudonym(event.draft.text(path)))
    else:
        event.draft.drop(path)
    setting.notes.add(event.kind, "consent", rule.otherwise, path)


def minimise(event: IncomingEvent, setting: Setting) -> Verdict | None:
    """No more comes in than is needed: no addresses, no queries, no names off the list."""
    if is_email(event.recipient_id):
        return rejected("minimise", raw_address("recipient_id"))
    listed = setting.policy.names
    for named in event.draft.names():
        if not minimal.allowed(listed.get(named.parent, NAMED_VALUES[named.parent]), named.name):
            event.draft.drop(named.path)
            setting.notes.add(event.kind, "minimise", Action.DROPPED, named.path)
        elif is_email(named.name) or is_email(named.category):
            return rejected("minimise", raw_address(named.parent))
    if hint(event.value) or any(
        len(event.draft.text(path)) > most for path, most in minimal.free_texts(event.payload)
    ):
        _shorten(event, setting)
    return None


def _shorten(event: IncomingEvent, setting: Setting) -> None:
    """Free texts lose addresses and length, all other texts that hold an address are hashed."""
    for path, text in event.draft.texts():
        if path in minimal.LONGEST:
            less, done = minimal.shorter(path, text), Action.CUT
        else:
            less = setting.pseudonym(text) if is_address(text) else text
            done = Action.HASHED
        if less != text:
            event.draft.put(path, less)
            setting.notes.add(event.kind, "minimise", done, path)


def enrich(event: IncomingEvent, setting: Setting) -> Verdict | None:
    """Country and region from the sender's address, hour and part of the day from the zone.

    Only of those who allow their location to be used, and only what the sender has not said.
    """
    allowed = setting.allow(event.recipient_id, DataType.LOCATION)
    if not allowed or event.payload == "recipient_updated":
        return None
    draft = event.draft
    if event.ip and not draft.has("context.country_code"):
        place = setting.locate(event.ip)
        _fill(draft, "context.country_code", place.country_code)
        _fill(draft, "context.region_code", place.region_code)
    zone = setting.known.zones.get(event.recipient_id, "")
    if zone and not draft.has("context.local_hour"):
        _fill(draft, "context.local_hour", local_hour(event.time, zone))
    if draft.has("context.local_hour") and not draft.has("context.daypart"):
        draft.put("context.daypart", daypart(int(draft.text("context.local_hour"))))
    return None


def _fill(draft: Draft, path: str, value: str | int | None) -> None:
    if value is not None and value != "":
        draft.put(path, value)


def deduplicate(event: IncomingEvent, setting: Setting) -> Verdict | None:
    """The same id has one effect, however often it comes."""
    return DUPLICATE if event.event_id in setting.known.seen else None


RULES: Final[Sequence[Rule]] = (
    size,
    schema,
    tenant,
    clock,
    erasure,
    consent,
    minimise,
    enrich,
    deduplicate,
)
SOUND: Final[Sequence[Rule]] = (size, schema, clock, erasure, minimise)
"""What holds for a recipient as such, whatever they allow to be learned of them."""


def judge(event: IncomingEvent, setting: Setting, rules: Sequence[Rule] = RULES) -> Verdict:
    """The verdict of the first rule that objects, or ACCEPTED.

    What is set aside goes through the rules that follow too: a dead letter holds no more than the
    log may.
    """
    aside = None
    for rule in rules:
        verdict = rule(event, setting)
        if verdict is None:
            continue
        if verdict.outcome is not Outcome.QUARANTINED:
            return verdict
        aside = verdict
    return aside or ACCEPTED

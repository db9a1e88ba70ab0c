"""What an ESP tells of a message, whichever ESP it is, as an event of ours.

A sender names recipient, campaign and decision in what the ESP passes through: custom arguments,
metadata, user variables or tags, under the names below. A recipient who is not named is found by
the keyed pseudonym of the address, which itself goes no further than this module.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.core.errors import Invalid
from dramatis.ingest.adapters import grpc_items
from dramatis.ingest.adapters.edge import agents, ids
from dramatis.ingest.adapters.edge.fields import Json, bad, text
from dramatis.ingest.adapters.edge.segment_context import is_country, region_code, without_query
from dramatis.ingest.domain.addresses import without
from dramatis.ingest.domain.incoming import IncomingEvent
from dramatis.ingest.ports import Pseudonym

RECIPIENT: Final = "dramatis_recipient_id"
CAMPAIGN: Final = "dramatis_campaign_id"
DECISION: Final = "dramatis_decision_id"
MAX_DETAIL: Final = 256
LAST_SECOND: Final = 253_402_300_799

QUEUED = pb.MESSAGE_EVENT_KIND_QUEUED
SENT = pb.MESSAGE_EVENT_KIND_SENT

Kind: TypeAlias = pb.MessageEventKind.ValueType


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that an ESP tells of one message to one recipient.

    Attributes:
        event_id: the same for the same thing, however often it is told.
        kind: what happened; QUEUED where the ESP took the message.
        seconds: when, from 1970.
        address: whom the message went to.
        marks: what the sender had the ESP pass through.
        shared: whether other recipients of the message have this event id too.
        soft: whether a bounce is one for now, not for good.
        message_id: the ESP's id of the message.
        machine: whether no person was behind it.
        link: the link that was followed.
        detail: the ESP's own words.
        country, region: where, as codes.
        device: `phone`, `tablet` or `desktop`.
        ip: the address that a person clicked from; never kept.
    """

    event_id: str
    kind: Kind
    seconds: float
    address: str
    marks: Json
    shared: bool = False
    soft: bool = False
    message_id: str = ""
    machine: bool = False
    link: str = ""
    detail: str = ""
    country: str = ""
    region: str = ""
    device: str = ""
    ip: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a webhook's body.

    Attributes:
        raw: as it came.
        told: what it says; nothing where it is not about a recipient; Invalid where it cannot be
            read.
    """

    raw: Any
    told: Sequence[Told] | Invalid


def read(told: Told, tenant: str, pseudonym: Pseudonym) -> IncomingEvent | Invalid:
    """The event that an ESP's words stand for, or why they stand for none.

    Only a click tells where a person is: images are loaded by proxies.
    """
    clicked = told.kind == pb.MESSAGE_EVENT_KIND_CLICKED and not told.machine
    try:
        event = to_event(told, tenant, pseudonym)
        return grpc_items.to_event(event, ip=told.ip if clicked else "")
    except Invalid as error:
        return error


def to_event(told: Told, tenant: str, pseudonym: Pseudonym) -> pb.Event:
    """The event that an ESP's words stand for.

    Raises:
        Invalid: it names no recipient, and none can be found by the address; or its time is none.
    """
    if not 0 < told.seconds <= LAST_SECOND:
        raise bad("timestamp", "lies between 1970 and 9999")
    seconds = int(told.seconds)
    recipient_id = recipient_of(told, tenant, pseudonym)
    event_id = ids.of(told.event_id, recipient_id) if told.shared else told.event_id
    event = pb.Event(event_id=event_id, recipient_id=recipient_id)
    event.event_time.seconds = seconds
    event.event_time.nanos = int((told.seconds - seconds) * 1e6) * 1_000
    _attribute(event, told)
    message = event.message
    message.kind = _kind(told)
    if told.kind == pb.MESSAGE_EVENT_KIND_BOUNCED:
        message.bounce = pb.BOUNCE_KIND_SOFT if told.soft else pb.BOUNCE_KIND_HARD
    message.message_id = told.message_id
    message.machine = told.machine
    message.link = without_query(told.link) if told.link else ""
    message.detail = _detail(told.detail) if told.detail else ""
    _place(event, told)
    return event


def recipient_of(told: Told, tenant: str, pseudonym: Pseudonym) -> str:
    """Whom it is about.

    Raises:
        Invalid: nobody can be named.
    """
    if named := text(told.marks, RECIPIENT):
        return named
    address = told.address.strip().lower()
    if not address:
        raise Invalid(
            f"the message names no recipient: send it with {RECIPIENT}",
            reason="RECIPIENT_NOT_NAMED",
            field=RECIPIENT,
        )
    return f"email:{pseudonym(tenant, f'email:{address}')}"


def _kind(told: Told) -> Kind:
    """What the ESP has taken counts as sent, unless a decision stands behind it.

    Then it is the confirmation of the send, at the prioritizer, that counts: once, not twice.
    """
    return SENT if told.kind == QUEUED and not told.marks.get(DECISION) else told.kind


def _attribute(event: pb.Event, told: Told) -> None:
    if campaign_id := text(told.marks, CAMPAIGN):
        event.attribution.campaign_id = campaign_id
    if decision_id := text(told.marks, DECISION):
        event.attribution.decision_id = decision_id


def _detail(words: str) -> str:
    """The ESP's words, without addresses."""
    return without(words)[:MAX_DETAIL]


def _place(event: pb.Event, told: Told) -> None:
    country = told.country.upper()
    if is_country(country):
        event.context.country_code = country
        if region := region_code(country, told.region.upper()):
            event.context.region_code = region
    if told.device:
        event.context.device_class = told.device


def is_machine(kind: Kind, agent: str) -> bool:
    """Whether an open or a click came from a machine, by its user agent."""
    responded = kind in {pb.MESSAGE_EVENT_KIND_OPENED, pb.MESSAGE_EVENT_KIND_CLICKED}
    return responded and agents.is_machine(agent)

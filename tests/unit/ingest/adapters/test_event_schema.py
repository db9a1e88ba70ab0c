import math
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.api.common.v1.money_pb2 import Money
from dramatis.api.common.v1.recipient_pb2 import AttributeValue
from dramatis.core.errors import Invalid
from dramatis.ingest.adapters import event_schema
from tests.unit.ingest.fakes import message

ORDER = pb.ORDER_EVENT_KIND_COMPLETED


def fault(event: pb.Event) -> Invalid | None:
    return event_schema.fault(event, event.WhichOneof("payload") or "")


def updated(**attributes: AttributeValue) -> dict[str, Any]:
    return {"recipient_updated": pb.RecipientUpdated(attributes=attributes)}


def changed(fields: dict[str, Any]) -> pb.Event:
    """A good event with these fields instead of its own."""
    event = message("e1")
    for name in fields:
        event.ClearField(name)  # type: ignore[arg-type]
    event.MergeFrom(pb.Event(**fields))
    return event


GOOD: list[dict[str, Any]] = [
    {},
    {"event_id": "e" * 128},
    {"site": pb.SiteEvent(kind=pb.SITE_EVENT_KIND_SEARCHED)},
    {"order": pb.OrderEvent(kind=ORDER, amount=Money(micros=0))},
    {"support": pb.SupportEvent(kind="ticket opened", sentiment=-1)},
    {"experiment_viewed": pb.ExperimentViewed(experiment_id="x")},
    {"context": pb.EventContext(local_hour=23)},
    updated(),
    updated(a=AttributeValue(number=-1e300), b=AttributeValue(amount_micros=-5)),
    updated(a=AttributeValue(flag=False), b=AttributeValue(category=""), c=AttributeValue(rank=0)),
    updated(a=AttributeValue(time=Timestamp(seconds=0)), b=AttributeValue(affinity=1)),
    updated(a=AttributeValue(time=Timestamp(seconds=-2_000_000_000))),
]
BAD: list[tuple[dict[str, Any], str]] = [
    ({"event_id": "e" * 129}, "event_id"),
    ({"recipient_id": "r" * 129}, "recipient_id"),
    ({"recipient_id": "r1\0x"}, "recipient_id"),
    ({"event_id": "e1\0x"}, "event_id"),
    ({"event_time": Timestamp(nanos=-1)}, "event_time"),
    ({"event_time": Timestamp(seconds=5, nanos=1_000_000_000)}, "event_time"),
    ({"event_time": Timestamp(seconds=253_402_300_800)}, "event_time"),
    ({"event_time": Timestamp(seconds=-1)}, "event_time"),
    ({"message": pb.MessageEvent()}, "message.kind"),
    ({"message": pb.MessageEvent(kind=99)}, "message.kind"),  # type: ignore[arg-type]
    ({"site": pb.SiteEvent()}, "site.kind"),
    ({"order": pb.OrderEvent()}, "order.kind"),
    ({"order": pb.OrderEvent(kind=ORDER, amount=Money(micros=-1))}, "order.amount"),
    ({"site": pb.SiteEvent(kind=1, price=Money(micros=-1))}, "site.price"),
    ({"site": pb.SiteEvent(kind=1, quantity=-1)}, "site.quantity"),
    ({"social": pb.SocialEvent()}, "social.kind"),
    ({"support": pb.SupportEvent(sentiment=1.1)}, "support.sentiment"),
    ({"support": pb.SupportEvent(sentiment=math.nan)}, "support.sentiment"),
    ({"experiment_viewed": pb.ExperimentViewed()}, "experiment_viewed.experiment_id"),
    ({"context": pb.EventContext(local_hour=24)}, "context.local_hour"),
    (
        {"context": pb.EventContext(session_duration=Duration(seconds=-1))},
        "context.session_duration",
    ),
    (updated(a=AttributeValue(number=math.inf)), "recipient_updated.attributes.a.number"),
    (updated(a=AttributeValue(rank=math.nan)), "recipient_updated.attributes.a.rank"),
    (updated(a=AttributeValue(affinity=1.01)), "recipient_updated.attributes.a.affinity"),
    (updated(a=AttributeValue(affinity=math.nan)), "recipient_updated.attributes.a.affinity"),
    (updated(a=AttributeValue(category="x" * 257)), "recipient_updated.attributes.a.category"),
    (updated(a=AttributeValue(time=Timestamp(nanos=-1))), "recipient_updated.attributes.a.time"),
    (updated(a=AttributeValue()), "recipient_updated.attributes.a.kind"),
    (updated(**{"x" * 65: AttributeValue(number=1)}), "recipient_updated.attributes." + "x" * 65),
    (updated(**{"": AttributeValue(number=1)}), "recipient_updated.attributes."),
    (
        updated(**{f"a{each}": AttributeValue(number=1) for each in range(257)}),
        "recipient_updated.attributes",
    ),
]


@pytest.mark.parametrize("fields", GOOD, ids=str)
def test_good_events(fields: dict[str, Any]) -> None:
    assert fault(changed(fields)) is None


@pytest.mark.parametrize(("fields", "field"), BAD, ids=lambda each: str(each)[:40])
def test_bad_events_name_the_field(fields: dict[str, Any], field: str) -> None:
    found = fault(changed(fields))
    assert found is not None
    assert found.metadata == {"field": field}


@pytest.mark.parametrize("field", ["event_id", "recipient_id", "event_time"])
def test_what_is_required(field: Any) -> None:
    event = message("e1")
    event.ClearField(field)
    found = fault(event)
    assert found is not None
    assert found.metadata == {"field": field}


def test_an_event_without_a_payload() -> None:
    event = message("e1")
    event.ClearField("message")
    found = fault(event)
    assert found is not None
    assert found.metadata == {"field": "payload"}

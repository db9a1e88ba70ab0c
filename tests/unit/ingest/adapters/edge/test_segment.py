"""Calls of Segment's libraries as events of ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.core.errors import Invalid
from dramatis.ingest.adapters.edge import segment
from dramatis.ingest.adapters.edge.segment import Call
from dramatis.wire.times import from_timestamp
from tests.unit.ingest.fakes import NOW


def event(kind: str = "track", public: bool = False, **fields: Any) -> pb.Event:
    item = {"userId": "u1", "messageId": "m1", "event": "Signed Up", **fields}
    return segment.to_event(item, kind, Call(NOW, public=public))


def track(name: str, **properties: Any) -> pb.Event:
    return event(event=name, properties=properties)


def site_kind(found: pb.Event) -> str:
    return pb.SiteEventKind.Name(found.site.kind).removeprefix("SITE_EVENT_KIND_")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Product Viewed", "PRODUCT_VIEWED"), ("Product Added", "PRODUCT_ADDED"), ("product removed", "PRODUCT_REMOVED"),
        ("Cart Viewed", "CART_VIEWED"), ("Checkout Started", "CHECKOUT_STARTED"), ("Products Searched", "SEARCHED"),
        ("Page Viewed", "PAGE_VIEWED"), ("Coupon Applied", "CUSTOM"),
    ],
)  # fmt: skip
def test_names_of_e_commerce(name: str, kind: str) -> None:
    found = track(name, product_id="p1", category="shoes", query="red")
    assert (site_kind(found), found.site.product_id, found.site.category) == (kind, "p1", "shoes")
    assert found.site.name == ("Coupon Applied" if kind == "CUSTOM" else "")


def test_an_order() -> None:
    products = [{"category": "mens"}, {"category": "mens"}, {"category": "shoes"}, {}]
    found = track(
        "Order Completed", order_id=50314, revenue="25.10", currency="eur", products=products
    )
    assert found.order.kind == pb.ORDER_EVENT_KIND_COMPLETED
    assert (found.order.order_id, found.order.amount.micros, found.order.amount.currency_code) == ("50314", 25_100_000, "EUR")  # fmt: skip
    assert list(found.order.categories) == ["mens", "shoes"]
    refund = track("Order Refunded", order_id="o1", total=30)
    assert (refund.order.kind, refund.order.amount.micros) == (
        pb.ORDER_EVENT_KIND_REFUNDED,
        30_000_000,
    )


@pytest.mark.parametrize(
    ("properties", "field"),
    [
        ({"revenue": float("nan")}, "properties.revenue"), ({"revenue": -1}, "properties.revenue"),
        ({"revenue": 1e300}, "properties.revenue"), ({"revenue": True}, "properties.revenue"),
        ({"total": "much"}, "properties.total"), ({"products": {}}, "properties.products"),
        ({"products": [7]}, "properties.products[0]"), ({"order_id": []}, "properties.order_id"),
        ({"order_id": "\ud800"}, "properties.order_id"),
    ],
)  # fmt: skip
def test_what_an_order_cannot_be(properties: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as raised:
        track("Order Completed", **properties)
    assert raised.value.metadata == {"field": field}


def test_an_experiment_and_a_message() -> None:
    viewed = track("Experiment Viewed", experiment_id="x", variation_id="b")
    assert (viewed.experiment_viewed.experiment_id, viewed.experiment_viewed.variation_id) == (
        "x",
        "b",
    )
    opened = track("Email Opened", email_id="e1", dramatis_campaign_id="spring")
    assert (opened.message.kind, opened.attribution.campaign_id) == (
        pb.MESSAGE_EVENT_KIND_OPENED,
        "spring",
    )


def test_who_knows_the_key_of_a_page_cannot_unsubscribe_anybody() -> None:
    assert site_kind(event(event="Unsubscribed", public=True)) == "CUSTOM"
    assert event(event="Unsubscribed").message.kind == pb.MESSAGE_EVENT_KIND_UNSUBSCRIBED


def test_a_page_loses_its_query() -> None:
    found = event("page", context={"page": {"url": "https://shop.example/men?mail=a@example.org"}})
    assert (site_kind(found), found.site.page) == ("PAGE_VIEWED", "/men")


def test_traits_become_attributes_but_not_those_that_identify() -> None:
    traits = {"plan": "gold", "logins": 5, "vip": True, "email": "a@example.org", "firstName": "Ann", "note": None,
              "contact": "mail me: a@example.org", "address": {"city": "Bonn"}}  # fmt: skip
    found = event("identify", traits=traits).recipient_updated.attributes
    assert sorted(found) == ["logins", "plan", "vip"]
    assert (found["plan"].category, found["logins"].number, found["vip"].flag) == (
        "gold",
        5.0,
        True,
    )


def test_a_group_is_an_attribute() -> None:
    assert event("group", groupId="g1").recipient_updated.attributes["group_id"].category == "g1"


def test_an_alias_is_refused_with_a_reason() -> None:
    with pytest.raises(Invalid) as raised:
        event("alias", previousId="a")
    assert raised.value.reason == "ALIAS_UNSUPPORTED"


def test_a_clock_that_is_wrong_is_set_right() -> None:
    wrong = NOW + timedelta(days=400)
    said = {
        "originalTimestamp": (wrong - timedelta(seconds=9)).isoformat(),
        "sentAt": wrong.isoformat(),
    }
    assert from_timestamp(event(**said).event_time) == NOW - timedelta(seconds=9)
    early = event(timestamp="2012-12-02T00:30:08.276Z")
    assert from_timestamp(early.event_time) == datetime(2012, 12, 2, 0, 30, 8, 276_000, UTC)
    assert from_timestamp(event().event_time) == NOW
    assert from_timestamp(event(timestamp=1_700_000_000_123).event_time).microsecond == 123_000


@pytest.mark.parametrize(
    "said",
    [
        {"timestamp": "yesterday"}, {"timestamp": 1e30}, {"timestamp": []}, {"timestamp": True},
        {"timestamp": "0001-01-01T00:00:00+14:00"}, {"timestamp": "9999-12-31T00:00:00Z", "sentAt": "0001-01-02T00:00:00Z"},
    ],
)  # fmt: skip
def test_what_is_no_time(said: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        event(**said)


def test_ids() -> None:
    assert event().event_id == "m1"
    assert len(event(messageId="m" * 400).event_id) <= 128
    dated = {"messageId": None, "timestamp": "2026-05-01T00:00:00Z"}
    assert event(**dated).event_id == event(**dated, sentAt="2026-05-01T00:00:01Z").event_id
    assert event(messageId=None).event_id != event(messageId=None).event_id


def test_somebody_did_it() -> None:
    assert event(userId=None, anonymousId="anon").recipient_id == "anon"
    with pytest.raises(Invalid) as raised:
        event(userId="")
    assert raised.value.metadata == {"field": "userId"}


def test_where_and_how() -> None:
    context = {"timezone": "Asia/Tokyo", "sessionId": 17, "device": {"type": "ios"}, "ip": "192.0.2.1",
               "location": {"country": "de", "region": "BY", "city": "Fürth"}}  # fmt: skip
    found = event(context=context).context
    assert (found.local_hour, found.session_id, found.device_class) == (21, "17", "phone")
    assert (found.country_code, found.region_code) == ("DE", "DE-BY")
    assert not event(context={"timezone": "../../etc/passwd"}).HasField("context")

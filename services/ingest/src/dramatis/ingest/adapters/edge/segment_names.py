"""What the names of Segment's events mean: e-commerce, e-mail and A/B testing events.

https://segment.com/docs/connections/spec/ecommerce/v2/ , .../spec/email/ , .../spec/ab-testing/ .
Any other name is a custom event.
"""

from collections.abc import Sequence
from typing import Any, Final

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.ingest.adapters.edge import messages
from dramatis.ingest.adapters.edge.fields import (
    Json,
    bad,
    mapping,
    micros,
    number,
    sequence,
    text,
)
from dramatis.ingest.adapters.edge.segment_context import page_of, without_query
from dramatis.ingest.adapters.edge.segment_traits import to_attributes

_SITE: Final = {
    "page viewed": pb.SITE_EVENT_KIND_PAGE_VIEWED,
    "product viewed": pb.SITE_EVENT_KIND_PRODUCT_VIEWED,
    "product added": pb.SITE_EVENT_KIND_PRODUCT_ADDED,
    "product removed": pb.SITE_EVENT_KIND_PRODUCT_REMOVED,
    "cart viewed": pb.SITE_EVENT_KIND_CART_VIEWED,
    "checkout started": pb.SITE_EVENT_KIND_CHECKOUT_STARTED,
    "products searched": pb.SITE_EVENT_KIND_SEARCHED,
}
_ORDER: Final = {
    "order completed": pb.ORDER_EVENT_KIND_COMPLETED,
    "order refunded": pb.ORDER_EVENT_KIND_REFUNDED,
}
_EMAIL: Final = {
    "email delivered": pb.MESSAGE_EVENT_KIND_DELIVERED,
    "email opened": pb.MESSAGE_EVENT_KIND_OPENED,
    "email link clicked": pb.MESSAGE_EVENT_KIND_CLICKED,
    "email bounced": pb.MESSAGE_EVENT_KIND_BOUNCED,
    "email marked as spam": pb.MESSAGE_EVENT_KIND_COMPLAINED,
    "unsubscribed": pb.MESSAGE_EVENT_KIND_UNSUBSCRIBED,
}
MAX_PROPERTIES: Final = 64
MOST: Final = 1 << 31
_AMOUNTS: Final = ("revenue", "total", "value")
_P: Final = "properties."


def fill(event: pb.Event, name: str, item: Json, context: Json, *, public: bool) -> None:
    """Writes what happened.

    Args:
        event: into which.
        name: what the sender calls it.
        item: the message.
        context: of the message.
        public: whether anyone may have sent it: then it says nothing of messages, or who knows the
            key of a page could unsubscribe everybody.

    Raises:
        Invalid: a property is not what it should be.
    """
    properties = mapping(item.get("properties"), "properties")
    known = name.lower()
    if known in _ORDER:
        _order(event.order, _ORDER[known], properties)
    elif known == "experiment viewed":
        event.experiment_viewed.experiment_id = text(properties, "experiment_id", _P)
        event.experiment_viewed.variation_id = text(properties, "variation_id", _P)
    elif known in _EMAIL and not public:
        _email(event.message, _EMAIL[known], properties)
    else:
        _site(event.site, known, name, properties)
        event.site.page = page_of(context, properties)
    attribute(event, properties)


def attribute(event: pb.Event, properties: Json) -> None:
    """Writes which send it answers, where the properties say so."""
    campaign, decision = messages.CAMPAIGN, messages.DECISION
    if campaign_id := text(properties, campaign, _P):
        event.attribution.campaign_id = campaign_id
    if decision_id := text(properties, decision, _P):
        event.attribution.decision_id = decision_id


def _site(site: pb.SiteEvent, known: str, name: str, properties: Json) -> None:
    site.kind = _SITE.get(known, pb.SITE_EVENT_KIND_CUSTOM)
    if site.kind == pb.SITE_EVENT_KIND_CUSTOM:
        site.name = name
        _further(site, properties)
    price, quantity = micros(properties, "price", _P), number(properties, "quantity", _P)
    if price is not None:
        site.price.micros = price
        site.price.currency_code = text(properties, "currency", _P).upper()
    if quantity is not None and 0 < quantity < MOST:
        site.quantity = int(quantity)
    site.product_id = text(properties, "product_id", _P) or text(properties, "sku", _P)
    site.category = text(properties, "category", _P)
    if site.kind == pb.SITE_EVENT_KIND_SEARCHED:
        site.query = text(properties, "query", _P)


def _further(site: pb.SiteEvent, properties: Json) -> None:
    """Writes what a custom event says beside; the tenant's policy decides what is kept."""
    for name, value in list(to_attributes(properties, "properties").items())[:MAX_PROPERTIES]:
        site.properties[name].CopyFrom(value)


def _order(order: pb.OrderEvent, kind: pb.OrderEventKind.ValueType, properties: Json) -> None:
    order.kind = kind
    order.order_id = text(properties, "order_id", _P)
    name = next((each for each in _AMOUNTS if properties.get(each) is not None), _AMOUNTS[0])
    amount = micros(properties, name, _P)
    if amount is not None:
        if amount < 0:
            raise bad(f"{_P}{name}", "an order's sum is 0 or more; a refund is its own event")
        order.amount.micros = amount
        order.amount.currency_code = text(properties, "currency", _P).upper()
    order.categories.extend(_categories(sequence(properties.get("products"), f"{_P}products")))


def _categories(products: Sequence[Any]) -> Sequence[str]:
    """What was bought, each category once, in the order of the products."""
    found = [
        text(mapping(each, f"{_P}products[{at}]"), "category", f"{_P}products[{at}].")
        for at, each in enumerate(products)
    ]
    return list(filter(None, dict.fromkeys(found)))


def _email(message: pb.MessageEvent, kind: pb.MessageEventKind.ValueType, properties: Json) -> None:
    message.kind = kind
    message.message_id = text(properties, "email_id", _P)
    message.link = without_query(text(properties, "link_url", _P))

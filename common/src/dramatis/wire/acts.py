"""Events of all kinds, read for what was done, when in the day and about what."""

from collections.abc import Mapping
from typing import Final

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.core.act import Act, ActKind

_MESSAGES: Final[Mapping[int, ActKind]] = {
    pb.MESSAGE_EVENT_KIND_SENT: ActKind.SENT,
    pb.MESSAGE_EVENT_KIND_OPENED: ActKind.OPENED,
    pb.MESSAGE_EVENT_KIND_CLICKED: ActKind.CLICKED,
    pb.MESSAGE_EVENT_KIND_UNSUBSCRIBED: ActKind.UNSUBSCRIBED,
    pb.MESSAGE_EVENT_KIND_COMPLAINED: ActKind.COMPLAINED,
}
_SITE: Final[Mapping[int, ActKind]] = {
    pb.SITE_EVENT_KIND_PAGE_VIEWED: ActKind.BROWSED,
    pb.SITE_EVENT_KIND_PRODUCT_VIEWED: ActKind.LOOKED,
    pb.SITE_EVENT_KIND_PRODUCT_ADDED: ActKind.CARTED,
    pb.SITE_EVENT_KIND_PRODUCT_REMOVED: ActKind.BROWSED,
    pb.SITE_EVENT_KIND_CART_VIEWED: ActKind.BROWSED,
    pb.SITE_EVENT_KIND_CHECKOUT_STARTED: ActKind.BROWSED,
    pb.SITE_EVENT_KIND_SEARCHED: ActKind.BROWSED,
}
_ORDERS: Final[Mapping[int, ActKind]] = {
    pb.ORDER_EVENT_KIND_COMPLETED: ActKind.ORDERED,
    pb.ORDER_EVENT_KIND_REFUNDED: ActKind.REFUNDED,
}
_DAYPARTS: Final = tuple(
    part
    for part, hours in (
        ("night", 6),
        ("morning", 6),
        ("afternoon", 6),
        ("evening", 4),
        ("night", 2),
    )
    for _ in range(hours)
)
"""By hour, as `EventContext` defines them."""


def act(event: pb.Event) -> Act | None:
    """What was done in an event; None where features are not made of it."""
    match event.WhichOneof("payload"):
        case "message" if not event.message.machine:
            kind = _MESSAGES.get(event.message.kind)
            return _act(event, kind) if kind else None
        case "site" if kind := _SITE.get(event.site.kind):
            category = event.site.category
            return _act(event, kind, categories=(category,) if category else ())
        case "order" if kind := _ORDERS.get(event.order.kind):
            order = event.order
            return _act(event, kind, tuple(order.categories), order.amount.micros)
        case "support":
            return _act(event, ActKind.SUPPORT, sentiment=_sentiment(event.support))
        case "social":
            return _act(event, ActKind.SOCIAL, sentiment=_sentiment(event.social))
        case _:
            return None


def _act(
    event: pb.Event,
    kind: ActKind,
    categories: tuple[str, ...] = (),
    amount_micros: int = 0,
    sentiment: float | None = None,
) -> Act:
    campaign_id = event.attribution.campaign_id
    if not event.HasField("context"):
        return Act(
            kind,
            campaign_id,
            categories=categories,
            amount_micros=amount_micros,
            sentiment=sentiment,
        )
    context = event.context
    hour = context.local_hour if context.HasField("local_hour") else None
    daypart = context.daypart or ("" if hour is None else _DAYPARTS[hour])
    return Act(
        kind, campaign_id, context.session_id, context.device_class, daypart, hour,
        categories, amount_micros, sentiment,
    )  # fmt: skip


def _sentiment(said: pb.SupportEvent | pb.SocialEvent) -> float | None:
    return said.sentiment if said.HasField("sentiment") else None

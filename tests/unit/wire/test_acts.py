"""What events of each kind say that a recipient did."""

import pytest

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.core.act import Act, ActKind
from dramatis.wire.acts import act


def event(**parts: object) -> pb.Event:
    return pb.Event(event_id="e", recipient_id="r", **parts)  # type: ignore[arg-type]


def test_a_machine_does_nothing() -> None:
    message = pb.MessageEvent(kind=pb.MESSAGE_EVENT_KIND_OPENED)
    assert act(event(message=message)) == Act(ActKind.OPENED)
    message.machine = True
    assert act(event(message=message)) is None


def test_what_features_are_not_made_of() -> None:
    held_out = pb.MessageEvent(kind=pb.MESSAGE_EVENT_KIND_HELD_OUT)
    custom = pb.SiteEvent(kind=pb.SITE_EVENT_KIND_CUSTOM)
    assert act(event(message=held_out)) is None
    assert act(event(site=custom)) is None
    assert act(event(recipient_updated=pb.RecipientUpdated())) is None
    assert act(event(experiment_viewed=pb.ExperimentViewed(experiment_id="x"))) is None


def test_a_site_event_with_where_and_when() -> None:
    context = pb.EventContext(session_id="s", device_class="phone", local_hour=0)
    site = pb.SiteEvent(kind=pb.SITE_EVENT_KIND_PRODUCT_ADDED, category="shoes")
    attribution = pb.Attribution(campaign_id="c")
    found = act(event(site=site, context=context, attribution=attribution))
    assert found == Act(ActKind.CARTED, "c", "s", "phone", "night", 0, ("shoes",))


@pytest.mark.parametrize(
    ("hour", "daypart"),
    [(5, "night"), (6, "morning"), (11, "morning"), (12, "afternoon"), (17, "afternoon"),
     (18, "evening"), (21, "evening"), (22, "night"), (23, "night")],
)  # fmt: skip
def test_dayparts(hour: int, daypart: str) -> None:
    site = pb.SiteEvent(kind=pb.SITE_EVENT_KIND_PAGE_VIEWED)
    found = act(event(site=site, context=pb.EventContext(local_hour=hour)))
    assert found is not None
    assert found.daypart == daypart


def test_a_daypart_that_is_given_goes_before_that_of_the_hour() -> None:
    context = pb.EventContext(local_hour=9, daypart="evening")
    found = act(event(site=pb.SiteEvent(kind=pb.SITE_EVENT_KIND_SEARCHED), context=context))
    assert found == Act(ActKind.BROWSED, daypart="evening", hour=9)


def test_orders_paid_back_and_moods() -> None:
    order = pb.OrderEvent(kind=pb.ORDER_EVENT_KIND_REFUNDED, categories=["a", "b"])
    order.amount.micros = 7
    assert act(event(order=order)) == Act(ActKind.REFUNDED, categories=("a", "b"), amount_micros=7)
    assert act(event(support=pb.SupportEvent(sentiment=0.0))) == Act(ActKind.SUPPORT, sentiment=0.0)
    assert act(event(social=pb.SocialEvent(kind=pb.SOCIAL_EVENT_KIND_LIKED))) == Act(ActKind.SOCIAL)

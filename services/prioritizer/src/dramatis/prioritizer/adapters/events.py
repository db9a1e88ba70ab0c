"""What came of decisions, as events of the `recipient-events` topic."""

from collections.abc import Mapping

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.api.common.v1.money_pb2 import Money
from dramatis.core.campaign import CONTROL, Stage
from dramatis.prioritizer.domain.feedback import Confirmation, Facts, Report, Response, SendOutcome
from dramatis.wire.times import to_timestamp

_MESSAGES: Mapping[Stage, pb.MessageEventKind.ValueType] = {
    Stage.DELIVERED: pb.MESSAGE_EVENT_KIND_DELIVERED,
    Stage.OPEN: pb.MESSAGE_EVENT_KIND_OPENED,
    Stage.CLICK: pb.MESSAGE_EVENT_KIND_CLICKED,
    Stage.UNSUBSCRIBE: pb.MESSAGE_EVENT_KIND_UNSUBSCRIBED,
    Stage.COMPLAIN: pb.MESSAGE_EVENT_KIND_COMPLAINED,
}


def to_event(report: Report, facts: Facts, event_id: str) -> pb.Event | None:
    """The event that a report tells of; None where there is nothing to learn from it.

    Args:
        report: believed already.
        facts: of its decision.
        event_id: unique for the report.
    """
    event = pb.Event(event_id=event_id, recipient_id=facts.recipient_id)
    event.event_time.CopyFrom(to_timestamp(report.time))
    event.attribution.decision_id = report.decision_id
    if isinstance(report, Confirmation):
        if report.outcome is not SendOutcome.SENT:
            return None
        event.attribution.campaign_id = report.campaign_id
        event.message.kind = pb.MESSAGE_EVENT_KIND_SENT
        return event
    event.attribution.campaign_id = facts.campaign_ids[0] if facts.campaign_ids else CONTROL
    return _answered(event, report)


def _answered(event: pb.Event, report: Response) -> pb.Event | None:
    if report.stage in _MESSAGES:
        event.message.kind = _MESSAGES[report.stage]
        event.message.machine = report.machine
    elif report.machine:
        return None
    elif report.stage is Stage.VISIT:
        event.site.kind = pb.SITE_EVENT_KIND_PAGE_VIEWED
    else:
        event.order.kind = pb.ORDER_EVENT_KIND_COMPLETED
        event.order.amount.CopyFrom(Money(micros=report.amount_micros))
    return event

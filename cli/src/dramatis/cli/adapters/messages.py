"""A past campaign in the words of the contract: campaigns, recipients and events."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from dramatis.api.common.v1 import campaign_pb2, event_pb2, recipient_pb2
from dramatis.cli.backtest.ports import Cell, Recipients, Responses
from dramatis.cli.backtest.spec import Campaign, Feature, FeatureType, Outcome, Spec, Stage
from dramatis.core import campaign as core
from dramatis.wire.campaigns import from_campaign

SENT_TIME: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""When the campaign is taken to have been sent; a CSV does not say."""
STAGES: Final = {
    Stage.OPEN: core.Stage.OPEN,
    Stage.CLICK: core.Stage.CLICK,
    Stage.VISIT: core.Stage.VISIT,
    Stage.CONVERT: core.Stage.CONVERT,
    Stage.AMOUNT: core.Stage.CONVERT,
}


def campaigns(spec: Spec) -> Iterator[campaign_pb2.Campaign]:
    """Yields the campaigns, priced by the objective."""
    for campaign in spec.campaigns:
        message = from_campaign(_campaign(campaign, spec.target))
        message.display_name = campaign.name
        yield message


def _campaign(campaign: Campaign, target: Outcome) -> core.Campaign:
    if target.binary:
        value = core.StageValue(STAGES[target.stage], round(target.value * core.MICROS))
    else:
        value = core.StageValue(core.Stage.CONVERT, amount_share=target.value)
    return core.Campaign(
        campaign.campaign_id,
        core.Stimulus(campaign.stimulus),
        (value,),
        cost_micros=round(campaign.cost_per_send * core.MICROS),
    )


def recipients(people: Recipients, features: tuple[Feature, ...]) -> list[recipient_pb2.Recipient]:
    """[R] recipients with the attributes that are known of them."""
    messages = [recipient_pb2.Recipient(recipient_id=each) for each in people.ids]
    for feature in features:
        if feature.type is not FeatureType.ID:
            name = feature.affinity or feature.column
            for message, cell in zip(messages, people.columns[feature.column], strict=True):
                if cell is not None:
                    _fill(message.attributes[name], feature, cell)
    return messages


def _fill(value: recipient_pb2.AttributeValue, feature: Feature, cell: Cell) -> None:
    if feature.affinity:
        value.affinity = min(max(float(cell), 0.0), 1.0)  # type: ignore[arg-type]
        return
    match feature.type:
        case FeatureType.NUMERIC:
            value.number = float(cell)  # type: ignore[arg-type]
        case FeatureType.AMOUNT:
            value.amount_micros = round(float(cell) * core.MICROS)  # type: ignore[arg-type]
        case FeatureType.ORDINAL:
            value.rank = feature.order.index(str(cell))
        case FeatureType.CATEGORICAL:
            value.category = str(cell)
        case FeatureType.BOOLEAN:
            value.flag = bool(cell)
        case FeatureType.DATE if isinstance(cell, date):
            value.time.FromDatetime(datetime(cell.year, cell.month, cell.day, tzinfo=UTC))


def events(responses: Responses, spec: Spec) -> Iterator[event_pb2.Event]:
    """Yields what each recipient got and how they answered, in the order of a funnel."""
    amounts = next((o for o in spec.outcomes if o.stage is Stage.AMOUNT), None)
    binary = sorted((o for o in spec.outcomes if o.binary), key=lambda o: STAGES[o.stage])
    converts = any(outcome.stage is Stage.CONVERT for outcome in binary)
    for row, (recipient_id, arm) in enumerate(zip(responses.ids, responses.arm, strict=True)):
        campaign_id = spec.campaigns[arm - 1].campaign_id if arm else core.CONTROL
        amount = float(responses.outcomes[amounts.name][row]) if amounts else 0.0
        yield _exposure(recipient_id, campaign_id)
        for outcome in binary:
            if responses.outcomes[outcome.name][row] > 0:
                yield _response(recipient_id, campaign_id, outcome.stage, amount)
        if amounts and not converts and amount > 0:
            yield _response(recipient_id, campaign_id, Stage.CONVERT, amount)


def _event(recipient_id: str, campaign_id: str, what: str, minutes: int) -> event_pb2.Event:
    event = event_pb2.Event(event_id=f"{recipient_id}/{what}", recipient_id=recipient_id)
    event.event_time.FromDatetime(SENT_TIME + timedelta(minutes=minutes))
    event.attribution.campaign_id = campaign_id
    return event


def _exposure(recipient_id: str, campaign_id: str) -> event_pb2.Event:
    event = _event(recipient_id, campaign_id, "exposure", 0)
    held = campaign_id == core.CONTROL
    event.message.kind = (
        event_pb2.MESSAGE_EVENT_KIND_HELD_OUT if held else event_pb2.MESSAGE_EVENT_KIND_SENT
    )
    return event


def _response(recipient_id: str, campaign_id: str, stage: Stage, amount: float) -> event_pb2.Event:
    event = _event(recipient_id, campaign_id, stage.value, 10 * STAGES[stage])
    match stage:
        case Stage.OPEN:
            event.message.kind = event_pb2.MESSAGE_EVENT_KIND_OPENED
        case Stage.CLICK:
            event.message.kind = event_pb2.MESSAGE_EVENT_KIND_CLICKED
        case Stage.VISIT:
            event.site.kind = event_pb2.SITE_EVENT_KIND_PAGE_VIEWED
        case _:
            event.order.kind = event_pb2.ORDER_EVENT_KIND_COMPLETED
            event.order.amount.micros = round(amount * core.MICROS)
    return event

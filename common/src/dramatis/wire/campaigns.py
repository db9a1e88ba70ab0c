"""Campaigns as messages."""

from dramatis.api.common.v1 import campaign_pb2 as pb
from dramatis.api.common.v1 import stage_pb2
from dramatis.api.common.v1.money_pb2 import Money
from dramatis.core.campaign import Campaign, Stage, StageValue, Stimulus
from dramatis.core.errors import Invalid
from dramatis.wire.times import from_timestamp, to_timestamp


def to_stage(number: int, field: str) -> Stage:
    """The stage with that number.

    Raises:
        Invalid: there is none; `field` says where.
    """
    try:
        return Stage(number)
    except ValueError:
        raise Invalid(f"{field} must name a stage, got {number}", field=field) from None


def from_stage(stage: Stage | None) -> stage_pb2.Stage.ValueType:
    """The stage's number in messages; None is unspecified."""
    return stage_pb2.Stage.ValueType(int(stage or 0))


def to_campaign(message: pb.Campaign, path: str = "campaign") -> Campaign:
    """What dramatis uses of a campaign.

    Raises:
        Invalid: a value is impossible; `field` says where under `path`.
    """
    try:
        return Campaign(
            campaign_id=message.campaign_id,
            stimulus=Stimulus(
                dict(message.stimulus.attributes), message.stimulus.subject, message.stimulus.copy
            ),
            values=tuple(_value(value, f"values[{i}]") for i, value in enumerate(message.values)),
            cost_micros=message.cost_per_send.micros,
            priority=message.priority or 1.0,
            start_time=from_timestamp(message.start_time, "start_time")
            if message.HasField("start_time")
            else None,
            end_time=from_timestamp(message.end_time, "end_time")
            if message.HasField("end_time")
            else None,
            paused=message.paused,
            version=message.version,
        )
    except Invalid as error:
        where = f"{path}.{error.metadata.get('field', '')}"
        raise Invalid(f"{where}: {error.message}", field=where) from None


def _value(message: pb.StageValue, path: str) -> StageValue:
    stage = to_stage(message.stage, f"{path}.stage")
    if not 0 <= message.amount_share <= 10 or (message.amount_share and stage != Stage.CONVERT):
        raise Invalid(
            f"amount_share is in [0, 10] and only for CONVERT, got {message.amount_share}",
            field=f"{path}.amount_share",
        )
    return StageValue(stage, message.value.micros, message.amount_share)


def from_campaign(campaign: Campaign) -> pb.Campaign:
    """The message of a campaign."""
    message = pb.Campaign(
        campaign_id=campaign.campaign_id,
        stimulus=pb.Stimulus(
            attributes=campaign.stimulus.attributes,
            subject=campaign.stimulus.subject,
            copy=campaign.stimulus.copy,
        ),
        values=[
            pb.StageValue(
                stage=from_stage(value.stage),
                value=Money(micros=value.value_micros),
                amount_share=value.amount_share,
            )
            for value in campaign.values
        ],
        cost_per_send=Money(micros=campaign.cost_micros),
        priority=campaign.priority,
        paused=campaign.paused,
        version=campaign.version,
    )
    if campaign.start_time:
        message.start_time.CopyFrom(to_timestamp(campaign.start_time))
    if campaign.end_time:
        message.end_time.CopyFrom(to_timestamp(campaign.end_time))
    return message

"""Campaigns as callers send them: masks, limits, versions."""

from collections.abc import Sequence

from google.protobuf.field_mask_pb2 import FieldMask

from dramatis.api.common.v1 import campaign_pb2
from dramatis.api.ingest.v1 import ingest_pb2 as pb
from dramatis.core.errors import Invalid, Unimplemented
from dramatis.ingest.adapters.event_schema import bad
from dramatis.ingest.app.campaigns import Draft
from dramatis.ingest.ports import HeldCampaign
from dramatis.wire.campaigns import to_campaign

_MAX_WORD = 64


def to_drafts(request: pb.UpsertCampaignsRequest) -> Sequence[Draft]:
    """The campaigns of a request, to be applied to those that exist.

    Raises:
        Invalid: the update mask names a field that a campaign lacks.
    """
    mask = request.update_mask if request.update_mask.paths else None
    if mask and not mask.IsValidForDescriptor(campaign_pb2.Campaign.DESCRIPTOR):
        raise Invalid("update_mask names a field that a campaign lacks", field="update_mask")
    return [
        _draft(message, mask, f"campaigns[{index}]")
        for index, message in enumerate(request.campaigns)
    ]


def _draft(message: campaign_pb2.Campaign, mask: FieldMask | None, path: str) -> Draft:
    def apply(before: HeldCampaign | None) -> HeldCampaign:
        old = campaign_pb2.Campaign.FromString(before.value if before else b"")
        new = _merged(old, message, mask)
        _check(new, path)
        if before and new == old:
            return before
        new.version = old.version + 1
        value = new.SerializeToString(deterministic=True)
        return HeldCampaign(new.campaign_id, new.version, value)

    return Draft(message.campaign_id, apply)


def _merged(
    old: campaign_pb2.Campaign, message: campaign_pb2.Campaign, mask: FieldMask | None
) -> campaign_pb2.Campaign:
    new = campaign_pb2.Campaign()
    if mask:
        new.CopyFrom(old)
        mask.MergeMessage(message, new, replace_message_field=True, replace_repeated_field=True)
    else:
        new.CopyFrom(message)
    new.campaign_id, new.version = message.campaign_id, old.version
    return new


def _check(campaign: campaign_pb2.Campaign, path: str) -> None:
    """Raises Invalid or Unimplemented where a campaign cannot be."""
    parsed = to_campaign(campaign, path)
    if parsed.start_time and parsed.end_time and parsed.start_time >= parsed.end_time:
        raise bad("end_time", "a campaign ends after it starts")
    for field, text, most in (
        ("display_name", campaign.display_name, 256),
        ("stimulus.subject", campaign.stimulus.subject, 1_000),
        ("stimulus.copy", campaign.stimulus.copy, 20_000),
    ):
        if len(text) > most:
            raise bad(field, f"at most {most} characters, got {len(text)}")
    for name, word in campaign.stimulus.attributes.items():
        if not 1 <= len(name) <= _MAX_WORD or len(word) > _MAX_WORD:
            raise bad(
                "stimulus.attributes", f"names and values have at most {_MAX_WORD} characters"
            )
    if campaign.budget.micros < 0:
        raise bad("budget", "a budget is >= 0")
    if campaign.eligibility:
        raise Unimplemented(
            "eligibility expressions are not evaluated in this release: leave it empty",
            reason="ELIGIBILITY_NOT_EVALUATED",
            field="eligibility",
        )

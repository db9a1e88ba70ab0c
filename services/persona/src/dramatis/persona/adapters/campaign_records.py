"""Campaigns as the store keeps them: the messages of the contract."""

from dramatis.api.common.v1 import campaign_pb2 as pb
from dramatis.core.campaign import Campaign
from dramatis.wire import campaigns


def dump(campaign: Campaign) -> bytes:
    """The bytes of a campaign."""
    return campaigns.from_campaign(campaign).SerializeToString(deterministic=True)


def load(record: bytes) -> Campaign:
    """The campaign in these bytes."""
    return campaigns.to_campaign(pb.Campaign.FromString(record))

"""Records of the log, and of the disk, as changes."""

from datetime import datetime

from dramatis.api.common.v1 import campaign_pb2
from dramatis.core.campaign import Campaign
from dramatis.core.consent import Consent, ConsentState, DataType, Purpose, newest
from dramatis.core.errors import Invalid
from dramatis.core.plan import Plan
from dramatis.core.snapshot import Snapshot
from dramatis.prioritizer.domain.standing import standing
from dramatis.prioritizer.domain.tables import check
from dramatis.prioritizer.ports import Change, Word
from dramatis.runtime import topics
from dramatis.wire.campaigns import to_campaign
from dramatis.wire.consents import to_recipient
from dramatis.wire.plans import to_plan
from dramatis.wire.snapshots import to_snapshot

FOLLOWED = frozenset(
    topic.name for topic in (topics.SNAPSHOTS, topics.CAMPAIGNS, topics.CONSENTS, topics.PLANS)
)


def to_change(topic: str, key: str, body: bytes) -> Change | None:
    """What a record says; None where it says nothing to us.

    Raises:
        Invalid: it is damaged, or about another tenant than its key.
        google.protobuf.message.DecodeError: it is no such message.
    """
    tenant, _, subject = key.partition("/")
    if not body:
        gone = topic != topics.SNAPSHOTS.name
        return Change(tenant, subject, None, topic, key, body) if gone else None
    value: Snapshot | Plan | Campaign | Word
    if topic == topics.SNAPSHOTS.name:
        value = to_snapshot(body)
        check(value)
        owner, subject = value.tenant, ""
    elif topic == topics.PLANS.name:
        owner, value = to_plan(body)
        subject = ""
    elif topic == topics.CAMPAIGNS.name:
        value = to_campaign(campaign_pb2.Campaign.FromString(body))
        owner, subject = tenant, value.campaign_id
    else:
        owner, subject, consents = to_recipient(body)
        value = Word(standing(consents), _granted(consents))
    if owner != tenant:
        raise Invalid(f"a record of {topic} is about another tenant than its key", field="tenant")
    return Change(tenant, subject, value, topic, key, body)


def _granted(consents: tuple[Consent, ...]) -> datetime | None:
    for consent in newest(consents):
        whole = consent.purpose is Purpose.MARKETING and consent.data_type is DataType.ALL
        if whole and consent.state is ConsentState.GRANTED:
            return consent.time
    return None

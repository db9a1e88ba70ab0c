"""Records of the log, and of the disk, as changes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from dramatis.api.common.v1 import campaign_pb2
from dramatis.core.campaign import Campaign
from dramatis.core.consent import Consent, ConsentState, DataType, Purpose, newest
from dramatis.core.errors import Invalid
from dramatis.core.plan import Plan
from dramatis.core.snapshot import Snapshot, SnapshotReference
from dramatis.prioritizer.domain.standing import standing
from dramatis.prioritizer.domain.tables import check
from dramatis.prioritizer.ports import About, Change, Pseudonym, Word
from dramatis.runtime import topics
from dramatis.runtime.sealed_record import TOMBSTONE
from dramatis.wire.campaigns import to_campaign
from dramatis.wire.consents import to_recipient
from dramatis.wire.plans import to_plan
from dramatis.wire.snapshots import read

_ABOUT: Final[Mapping[str, About]] = {
    topics.SNAPSHOTS.name: About.SNAPSHOT,
    topics.PLANS.name: About.PLAN,
    topics.CAMPAIGNS.name: About.CAMPAIGN,
    topics.CONSENTS.name: About.RECIPIENT,
}
FOLLOWED = frozenset(_ABOUT)


def to_change(topic: str, key: str, body: bytes, pseudonym: Pseudonym) -> Change | None:
    """What a record says; None where it says nothing to us. Recipients get their pseudonyms.

    Raises:
        Invalid: it is damaged, or about another tenant than its key.
        google.protobuf.message.DecodeError: it is no such message.
    """
    tenant, _, subject = key.partition("/")
    about = _ABOUT[topic]
    if not body:
        gone = about is not About.SNAPSHOT
        name = subject.removeprefix(TOMBSTONE) if about is About.RECIPIENT else subject
        return Change(about, tenant, name, None, topic, _key(tenant, name), body) if gone else None
    owner, subject, value = _READ[about](body)
    if isinstance(value, SnapshotReference):
        about = About.REFERENCE
    if (owner or tenant) != tenant:
        raise Invalid(f"a record of {topic} is about another tenant than its key", field="tenant")
    if about is About.RECIPIENT:
        subject = pseudonym(tenant, subject)
        key = _key(tenant, subject)
    return Change(about, tenant, subject, value, topic, key, body)


def nobody(tenant: str, recipient_id: str) -> str:
    """For records that are about no recipient."""
    raise AssertionError("only consents name recipients")


def _key(tenant: str, subject: str) -> str:
    return f"{tenant}/{subject}" if subject else tenant


_Said = tuple[str, str, Snapshot | SnapshotReference | Plan | Campaign | Word]
"""Whose it is ("" where the record does not say), about whom or what, and what is so now."""


def _snapshot(body: bytes) -> _Said:
    found = read(body)
    if isinstance(found, Snapshot):
        check(found)
    return found.tenant, "", found


def _plan(body: bytes) -> _Said:
    tenant, plan = to_plan(body)
    return tenant, "", plan


def _campaign(body: bytes) -> _Said:
    campaign = to_campaign(campaign_pb2.Campaign.FromString(body))
    return "", campaign.campaign_id, campaign


def _recipient(body: bytes) -> _Said:
    tenant, recipient_id, consents = to_recipient(body)
    return tenant, recipient_id, Word(standing(consents), _granted(consents))


_READ: Final[Mapping[About, Callable[[bytes], _Said]]] = {
    About.SNAPSHOT: _snapshot,
    About.PLAN: _plan,
    About.CAMPAIGN: _campaign,
    About.RECIPIENT: _recipient,
}


def _granted(consents: tuple[Consent, ...]) -> datetime | None:
    for consent in newest(consents):
        whole = consent.purpose is Purpose.MARKETING and consent.data_type is DataType.ALL
        if whole and consent.state is ConsentState.GRANTED:
            return consent.time
    return None

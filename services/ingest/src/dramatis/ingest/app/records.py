"""The records that ingest appends to the log."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from dramatis.core.errors import DramatisError
from dramatis.ingest.domain.incoming import IncomingEvent, IncomingSignal
from dramatis.ingest.domain.merge import Held
from dramatis.ingest.ports import EncodeConsents, HeldCampaign
from dramatis.runtime import topics
from dramatis.runtime.envelope import reasons, seal
from dramatis.runtime.event_log import NewRecord

SOURCE = "dramatis/ingest"
EVENT = "dramatis.api.common.v1.Event"
SIGNAL = "dramatis.api.common.v1.Signal"
CAMPAIGN = "dramatis.api.common.v1.Campaign"
CONSENTS = "dramatis.api.common.v1.RecipientConsents"


def of_event(tenant: str, event: IncomingEvent) -> NewRecord:
    """The record of an accepted event: its bytes as they came."""
    return seal(
        topics.RECIPIENT_EVENTS.name,
        f"{tenant}/{event.recipient_id}",
        event.event_id,
        event.value,
        type_name=EVENT,
        source=SOURCE,
        time=event.time,
    )


def of_signal(tenant: str, signal: IncomingSignal) -> NewRecord:
    """The record of an accepted signal."""
    return seal(
        topics.WORLD_SIGNALS.name,
        f"{tenant}/{signal.topic}",
        signal.signal_id,
        signal.value,
        type_name=SIGNAL,
        source=SOURCE,
        time=signal.time,
    )


def of_quarantined(tenant: str, event: IncomingEvent, error: DramatisError) -> NewRecord:
    """The dead letter of an event that never reached its topic; it has no place to name."""
    key = f"{tenant}/{event.recipient_id}"
    return seal(
        topics.DEAD_LETTERS.name,
        topics.RECIPIENT_EVENTS.name,
        f"ingest:{tenant}/{event.event_id}",
        event.value,
        type_name=EVENT,
        source=SOURCE,
        time=event.time,
        extra=reasons(error, "ingest", topics.RECIPIENT_EVENTS.name, key, event.event_id),
    )


def of_consents(
    tenant: str, changed: Mapping[str, Held], encode: EncodeConsents, now: datetime
) -> Iterable[NewRecord]:
    """Yields for each recipient the record of all that they said."""
    for recipient_id, held in changed.items():
        newest = max(consent.time for consent in held)
        yield seal(
            topics.CONSENTS.name,
            f"{tenant}/{recipient_id}",
            f"consents:{tenant}/{recipient_id}:{now.isoformat()}",
            encode(tenant, recipient_id, held),
            type_name=CONSENTS,
            source=SOURCE,
            time=newest,
        )


def of_erasure(tenant: str, recipient_id: str, now: datetime) -> NewRecord:
    """The tombstone that takes a recipient out of `consents`; nothing else writes one there."""
    return seal(
        topics.CONSENTS.name,
        f"{tenant}/{recipient_id}",
        f"erased:{tenant}/{recipient_id}",
        b"",
        type_name=CONSENTS,
        source=SOURCE,
        time=now,
    )


def of_campaign(tenant: str, campaign: HeldCampaign, now: datetime) -> NewRecord:
    """The record of a campaign as it is now.

    Its id tells the content too: a version that was written by a process that died before it noted
    it may be given again to another content.
    """
    digest = hashlib.blake2b(campaign.value, digest_size=8).hexdigest()
    return seal(
        topics.CAMPAIGNS.name,
        f"{tenant}/{campaign.campaign_id}",
        f"campaign:{tenant}/{campaign.campaign_id}:{campaign.version}:{digest}",
        campaign.value,
        type_name=CAMPAIGN,
        source=SOURCE,
        time=now,
    )

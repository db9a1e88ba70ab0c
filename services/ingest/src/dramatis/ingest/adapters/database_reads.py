"""What ingest's store is asked, of its tables."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, Table, Text, bindparam, select

from dramatis.core.consent import Consent, ConsentState, DataType, Purpose, newest
from dramatis.core.request import Request, reused
from dramatis.ingest.adapters.tables import (
    ANSWERS,
    CAMPAIGNS,
    CONSENTS,
    ERASURES,
    EVENTS,
    PARTY_CONSENTS,
    SIGNALS,
    TIME_ZONES,
)
from dramatis.ingest.domain.merge import Held
from dramatis.ingest.domain.permissions import profiling
from dramatis.ingest.domain.rules import Known
from dramatis.ingest.ports import HeldCampaign, HeldRecipient
from dramatis.runtime import topics
from dramatis.runtime.database import Transaction
from dramatis.runtime.event_log import Position
from dramatis.runtime.prepared import Prepared
from dramatis.runtime.sql import packed, values

_TENANT: Final = bindparam("tenant", type_=Text)
_WANTED: Final = select(values(bindparam("wanted", type_=Text)).c.value)


def _among(table: Table, column: str, *more: str) -> Select[Any]:
    """Of the wanted ids of a tenant those that are in a table."""
    columns = [table.c[each] for each in (column, *more)]
    return select(*columns).where(table.c.tenant == _TENANT, table.c[column].in_(_WANTED))


_ANSWER: Final = Prepared(
    lambda tx: select(ANSWERS.c.digest, ANSWERS.c.body).where(
        ANSWERS.c.tenant == _TENANT,
        ANSWERS.c.method == bindparam("method"),
        ANSWERS.c.request_id == bindparam("request_id"),
    )
)
_EVENTS: Final = Prepared(lambda tx: _among(EVENTS, "event_id"))
_SIGNALS: Final = Prepared(lambda tx: _among(SIGNALS, "signal_id"))
_CAMPAIGNS: Final = Prepared(lambda tx: _among(CAMPAIGNS, "campaign_id", "version", "value"))
_CONSENTS: Final = Prepared(
    lambda tx: _among(
        CONSENTS, "recipient_id", "purpose", "state", "said_at", "data_type", "source", "proof"
    ).order_by(CONSENTS.c.purpose, CONSENTS.c.data_type)
)
_ANY_NAMED: Final = Prepared(lambda tx: select(PARTY_CONSENTS.c.third_party).limit(1))
_PARTY_CONSENTS: Final = Prepared(
    lambda tx: _among(
        PARTY_CONSENTS, "recipient_id", "purpose", "third_party", "state", "said_at", "source",
        "proof",
    )
)  # fmt: skip
_ZONES: Final = Prepared(lambda tx: _among(TIME_ZONES, "recipient_id", "time_zone"))
_ANY_ERASED: Final = Prepared(lambda tx: select(ERASURES.c.digest).limit(1))
_ERASED: Final = Prepared(
    lambda tx: select(ERASURES.c.digest).where(ERASURES.c.digest.in_(_WANTED))
)


def answer(tx: Transaction, request: Request) -> bytes | None:
    """See `Store`."""
    found = _ANSWER(tx, tenant=request.tenant, method=request.method, request_id=request.request_id)
    if not found:
        return None
    ((digest, body),) = found
    if digest != request.digest:
        raise reused()
    return bytes(body)


def known(
    tx: Transaction, tenant: str, event_ids: Collection[str], recipient_ids: Collection[str]
) -> Known:
    """See `Store`."""
    return Known(
        seen=_present(tx, _EVENTS, tenant, event_ids),
        erased=_erased(tx, tenant, recipient_ids),
        permissions={
            recipient_id: profiling(held)
            for recipient_id, held in consents(tx, tenant, recipient_ids).items()
        },
        zones=dict(_ZONES(tx, tenant=tenant, wanted=packed(recipient_ids))),
    )


def consents(tx: Transaction, tenant: str, recipient_ids: Collection[str]) -> Mapping[str, Held]:
    """See `Store`."""
    held: dict[str, Held] = {}
    for recipient_id, purpose, state, said_at, data_type, source, proof in _CONSENTS(
        tx, tenant=tenant, wanted=packed(recipient_ids)
    ):
        said = Consent(
            Purpose(purpose), ConsentState(state), said_at, DataType(data_type), source, proof
        )
        held[recipient_id] = (*held.get(recipient_id, ()), said)
    if _ANY_NAMED(tx):
        for recipient_id, said in _of_parties(tx, tenant, recipient_ids):
            held[recipient_id] = newest((*held.get(recipient_id, ()), said))
    return held


def _of_parties(
    tx: Transaction, tenant: str, recipient_ids: Collection[str]
) -> Iterator[tuple[str, Consent]]:
    """Yields what was said of third parties by name."""
    found = _PARTY_CONSENTS(tx, tenant=tenant, wanted=packed(recipient_ids))
    for recipient_id, purpose, third_party, state, said_at, source, proof in found:
        yield (
            recipient_id,
            Consent(
                Purpose(purpose),
                ConsentState(state),
                said_at,
                DataType.THIRD_PARTY,
                source,
                proof,
                third_party,
            ),
        )


def signals(tx: Transaction, tenant: str, signal_ids: Collection[str]) -> Collection[str]:
    """See `Store`."""
    return _present(tx, _SIGNALS, tenant, signal_ids)


def campaigns(
    tx: Transaction, tenant: str, campaign_ids: Collection[str]
) -> Mapping[str, HeldCampaign]:
    """See `Store`."""
    found = _CAMPAIGNS(tx, tenant=tenant, wanted=packed(campaign_ids))
    return {row[0]: HeldCampaign(*row) for row in found}


def list_campaigns(tx: Transaction, tenant: str, after: str, most: int) -> Sequence[HeldCampaign]:
    """See `Store`."""
    at = CAMPAIGNS.c
    statement = select(at.campaign_id, at.version, at.value)
    page = statement.where(at.tenant == tenant, at.campaign_id > after).order_by(at.campaign_id)
    return [HeldCampaign(*row) for row in tx.execute(page.limit(most))]


def recipient(tx: Transaction, tenant: str, recipient_id: str) -> HeldRecipient | None:
    """See `Store`."""
    at, zones = EVENTS.c, TIME_ZONES.c
    places = select(at.partition, at.offset).order_by(at.partition, at.offset)
    events = [
        Position(topics.RECIPIENT_EVENTS.name, *place)
        for place in tx.execute(places.where(at.tenant == tenant, at.recipient_id == recipient_id))
    ]
    zone = tx.scalar(
        select(zones.time_zone).where(zones.tenant == tenant, zones.recipient_id == recipient_id)
    )
    said = consents(tx, tenant, [recipient_id]).get(recipient_id, ())
    return HeldRecipient(said, zone or "", events) if events or said or zone else None


def erasure(tx: Transaction, tenant: str, recipient_id: str) -> datetime | None:
    """See `Store`."""
    mine = ERASURES.c.digest == digest(tenant, recipient_id)
    return tx.scalar(select(ERASURES.c.erased_at).where(mine))


def digest(tenant: str, recipient_id: str) -> str:
    """The name of the erased: the ledger must know them, yet not hold their id."""
    return hashlib.sha256(f"{tenant}/{recipient_id}".encode()).hexdigest()


def _present(tx: Transaction, among: Prepared, tenant: str, ids: Collection[str]) -> set[str]:
    return {found for (found,) in among(tx, tenant=tenant, wanted=packed(ids))}


def _erased(tx: Transaction, tenant: str, recipient_ids: Collection[str]) -> set[str]:
    if not _ANY_ERASED(tx):
        return set()
    by_digest = {digest(tenant, each): each for each in recipient_ids}
    return {by_digest[found] for (found,) in _ERASED(tx, wanted=packed(by_digest))}

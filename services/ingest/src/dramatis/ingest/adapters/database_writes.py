"""What ingest's store does to its tables."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy import Table, delete, select

from dramatis.core.consent import Consent
from dramatis.ingest.adapters import database_notes, recent_events
from dramatis.ingest.adapters.database_reads import digest
from dramatis.ingest.adapters.tables import (
    ANSWERS,
    CAMPAIGNS,
    CONSENTS,
    ERASURES,
    EVENTS,
    PARTY_CONSENTS,
    SIGNALS,
    THIRD_PARTY,
    TIME_ZONES,
)
from dramatis.ingest.ports import Answer, Effect, HeldEvent
from dramatis.runtime.adding import Adding
from dramatis.runtime.database import Transaction
from dramatis.runtime.prepared import Parameters, Prepared
from dramatis.runtime.sql import erase_bytes, insert, upsert, values

OF_A_RECIPIENT = (EVENTS, CONSENTS, PARTY_CONSENTS, TIME_ZONES, THIRD_PARTY)


def _added(table: Table) -> Prepared:
    """Inserts rows that are not there."""
    return Prepared(lambda tx: insert(tx, table).on_conflict_do_nothing())


def _written(table: Table) -> Prepared:
    """Inserts rows, over those that are there."""
    return Prepared(lambda tx: upsert(tx, table))


_EVENTS: Final = Adding(EVENTS)
_CONSENTS: Final = _written(CONSENTS)
_PARTY_CONSENTS: Final = _written(PARTY_CONSENTS)
_TIME_ZONES: Final = _written(TIME_ZONES)
_CAMPAIGNS: Final = _written(CAMPAIGNS)
_SIGNALS: Final = _added(SIGNALS)
_ANSWERS: Final = _added(ANSWERS)


def save(tx: Transaction, effect: Effect) -> Sequence[HeldEvent]:
    """See `Store`; returns events that are recent ones from now on."""
    tenant = effect.tenant
    recent = _add_events(tx, tenant, effect.events) if effect.events else ()
    said = [(who, each) for who, held in effect.consents.items() for each in held]
    _CONSENTS.many(tx, [_consent(tenant, *each) for each in said if not each[1].third_party])
    _PARTY_CONSENTS.many(tx, [_of_party(tenant, *each) for each in said if each[1].third_party])
    _TIME_ZONES.many(
        tx,
        [
            {"tenant": tenant, "recipient_id": recipient_id, "time_zone": zone}
            for recipient_id, zone in effect.time_zones.items()
        ],
    )
    _CAMPAIGNS.many(tx, [{"tenant": tenant, **asdict(each)} for each in effect.campaigns])
    _SIGNALS.many(
        tx,
        [
            {"tenant": tenant, "signal_id": signal_id, "seen_at": time}
            for signal_id, time in effect.signals.items()
        ],
    )
    database_notes.count(tx, tenant, effect.notes)
    if effect.answer:
        _remember(tx, effect.answer)
    return recent


def erase(tx: Transaction, recipient_id: str, time: datetime, answer: Answer) -> None:
    """See `Store`."""
    tenant = answer.request.tenant
    forget(tx, tenant, [recipient_id])
    erased = {"digest": digest(tenant, recipient_id), "erased_at": time}
    tx.execute(insert(tx, ERASURES).on_conflict_do_nothing(), [erased])
    _remember(tx, answer)


def forget(tx: Transaction, tenant: str, recipient_ids: Collection[str]) -> int:
    """See `Store`."""
    erase_bytes(tx)
    recent_events.sort_in(tx)
    whose = select(values(recipient_ids).c.value)
    return sum(
        tx.execute(
            delete(table).where(table.c.tenant == tenant, table.c.recipient_id.in_(whose))
        ).rowcount
        for table in OF_A_RECIPIENT
    )


def forget_answers(tx: Transaction, before: datetime) -> int:
    """See `Store`."""
    return tx.execute(delete(ANSWERS).where(ANSWERS.c.answered_at < before)).rowcount


def forget_signals(tx: Transaction, before: datetime) -> int:
    """See `Store`."""
    return tx.execute(delete(SIGNALS).where(SIGNALS.c.seen_at < before)).rowcount


def _add_events(tx: Transaction, tenant: str, events: Sequence[HeldEvent]) -> Sequence[HeldEvent]:
    if tx.dialect.name == "sqlite":
        recent_events.note(tx, tenant, events)
        return events
    _EVENTS(tx, sorted(recent_events.line(tenant, each) for each in events))
    return ()


def _consent(tenant: str, recipient_id: str, consent: Consent) -> Parameters:
    return {**_statement(tenant, recipient_id, consent), "data_type": int(consent.data_type)}


def _of_party(tenant: str, recipient_id: str, consent: Consent) -> Parameters:
    return {**_statement(tenant, recipient_id, consent), "third_party": consent.third_party}


def _statement(tenant: str, recipient_id: str, consent: Consent) -> Parameters:
    return {
        "tenant": tenant,
        "recipient_id": recipient_id,
        "purpose": int(consent.purpose),
        "state": int(consent.state),
        "said_at": consent.time,
        "source": consent.source,
        "proof": consent.proof,
    }


def _remember(tx: Transaction, answer: Answer) -> None:
    request = answer.request
    _ANSWERS(
        tx,
        tenant=request.tenant,
        method=request.method,
        request_id=request.request_id,
        digest=request.digest,
        body=answer.body,
        answered_at=answer.time,
    )

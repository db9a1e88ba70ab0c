"""The whole population of a tenant, out of the database."""

from datetime import datetime

from sqlalchemy import select

from dramatis.persona.adapters import profile_json
from dramatis.persona.adapters.tables import EXPOSURES, RECIPIENTS, UNPROFILED
from dramatis.persona.domain.population import Population, assemble
from dramatis.runtime.database import Transaction


def population(tx: Transaction, tenant: str, now: datetime) -> Population:
    """All who may be profiled, as they are known at that moment.

    Both tables are walked along their primary keys.
    """
    at, sent = RECIPIENTS.c, EXPOSURES.c
    denied = set(tx.scalars(select(UNPROFILED.c.pseudonym).where(UNPROFILED.c.tenant == tenant)))
    everybody = tx.execute(
        select(at.recipient_id, at.known, at.pseudonym)
        .where(at.tenant == tenant)
        .order_by(at.recipient_id)
    )
    people = [(each, known) for each, known, pseudonym in everybody if pseudonym not in denied]
    place = {recipient_id: row for row, (recipient_id, _) in enumerate(people)}
    exposures = tx.execute(
        select(sent.recipient_id, sent.campaign_id, sent.stages, sent.amount_micros, sent.last_time)
        .where(sent.tenant == tenant, sent.sent == 1)
        .order_by(sent.recipient_id, sent.campaign_id)
    )
    rows = [
        ((place[each], campaign, stages, micros), last_time)
        for each, campaign, stages, micros, last_time in exposures
        if each in place
    ]
    seconds = now.timestamp()
    return assemble(
        tuple(place),
        [profile_json.attributes(known, seconds) for _, known in people],
        [row for row, _ in rows],
        [last_time for _, last_time in rows],
        [profile_json.newest(known) for _, known in people],
    )

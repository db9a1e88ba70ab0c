"""Features of recipients in the database: taken in with the events, read by id or all at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import delete, literal, select, tuple_

from dramatis.core.act import Act
from dramatis.core.happening import Happening
from dramatis.persona.adapters import campaign_records, features_json
from dramatis.persona.adapters.tables import CAMPAIGNS, FEATURES, RECIPIENTS
from dramatis.persona.domain.features.declared import VERSION
from dramatis.persona.domain.features.feature import Stimuli
from dramatis.persona.domain.features.state import FeatureState, fold
from dramatis.runtime.database import Transaction
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.sql import execute_many, upsert, values

Who = tuple[str, str]
"""Tenant and pseudonym."""


def update(tx: Transaction, happenings: Mapping[Who, Iterable[Happening]]) -> None:
    """Folds in what recipients did who may be profiled, in the order of the log."""
    acts: dict[Who, list[tuple[Act, float]]] = {}
    for who, mine in happenings.items():
        if done := [(each.act, each.time.timestamp()) for each in mine if each.act is not None]:
            acts[who] = done
    held = _held(tx, acts) if acts else {}
    after = {who: fold(held.get(who), done) for who, done in acts.items()}
    rows = [
        (*who, VERSION, state.last_time, features_json.dump(state)) for who, state in after.items()
    ]
    execute_many(tx, upsert(tx, FEATURES), rows)


def _held(tx: Transaction, wanted: Collection[Who]) -> Mapping[Who, FeatureState]:
    """What is held under the definitions of today: of a recipient with others it starts anew."""
    at = FEATURES.c
    named = at.pseudonym.in_(select(values([name for _, name in wanted]).c.value))
    statement = select(at.tenant, at.pseudonym, at.held).where(named, at.version == VERSION)
    return {
        (tenant, name): features_json.load(held) for tenant, name, held in tx.execute(statement)
    }


def of(
    tx: Transaction, tenant: str, recipient_ids: Sequence[str], names: Names
) -> Mapping[str, FeatureState]:
    """Of these recipients, by id."""
    ids = {(tenant, names.pseudonym(tenant, each)): each for each in recipient_ids}
    return {ids[who]: state for who, state in _held(tx, ids).items() if who in ids}


def of_all(tx: Transaction, tenant: str) -> Mapping[str, FeatureState]:
    """Of all recipients of a tenant of whom anything else is known, by id."""
    at = FEATURES.c
    same = (RECIPIENTS.c.tenant == at.tenant) & (RECIPIENTS.c.pseudonym == at.pseudonym)
    statement = select(RECIPIENTS.c.recipient_id, at.held).join(FEATURES, same)
    found = tx.execute(statement.where(at.tenant == tenant, at.version == VERSION))
    return {recipient_id: features_json.load(held) for recipient_id, held in found}


def page(tx: Transaction, tenant: str, after: Who, most: int) -> Sequence[tuple[Who, FeatureState]]:
    """So many recipients after one of them, of one tenant or of all, by pseudonym."""
    at = FEATURES.c
    statement = select(at.tenant, at.pseudonym, at.held).where(
        at.version == VERSION, tuple_(at.tenant, at.pseudonym) > tuple_(*map(literal, after))
    )
    if tenant:
        statement = statement.where(at.tenant == tenant)
    found = tx.execute(statement.order_by(at.tenant, at.pseudonym).limit(most))
    return [((owner, name), features_json.load(held)) for owner, name, held in found]


def stimuli(tx: Transaction) -> Mapping[str, Stimuli]:
    """What can be said of the campaigns, by tenant."""
    said: dict[str, dict[str, Mapping[str, str]]] = {}
    for tenant, record in tx.execute(select(CAMPAIGNS.c.tenant, CAMPAIGNS.c.record)):
        campaign = campaign_records.load(record)
        said.setdefault(tenant, {})[campaign.campaign_id] = campaign.stimulus.attributes
    return said


def forget(tx: Transaction, whose: Collection[Who]) -> int:
    """Drops what is held of these; returns of how many something was."""
    if not whose:
        return 0
    named = FEATURES.c.pseudonym.in_(select(values([name for _, name in whose]).c.value))
    return tx.execute(delete(FEATURES).where(named)).rowcount

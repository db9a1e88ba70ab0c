"""What came from the log, taken into the database: profiles, consents, campaigns, forecasts."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Subquery,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)

from dramatis.core.happening import Changed, Happening
from dramatis.persona.adapters import (
    campaign_records,
    database_features,
    database_signals,
    profile_json,
)
from dramatis.persona.adapters.intake import Applied
from dramatis.persona.adapters.tables import CAMPAIGNS, EXPOSURES, FORECASTS, RECIPIENTS, UNPROFILED
from dramatis.persona.domain.profile import (
    Exposure,
    Known,
    Profile,
    drop_ended,
    first_end,
    fold,
)
from dramatis.persona.domain.standing import Standing
from dramatis.persona.ports import CampaignKnown, Erased, ForecastCame, Item, Profiling
from dramatis.runtime import seen_events
from dramatis.runtime.database import Transaction
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.sql import erase_bytes, execute_many, insert, rows, upsert, values

Who = tuple[str, str]
"""Tenant and recipient id, or pseudonym."""
Row = dict[str, Any]
PORTION: Final = 1_000
"""Recipients whose ended values go in one transaction."""
FORECAST_KEY: Final = ("tenant", "simulation_id", "persona_id", "campaign_id")


def apply(tx: Transaction, items: Sequence[Item], now: datetime, names: Names) -> Applied:
    """Takes the items in; happenings that were seen before are left out."""
    happenings = [item for item in items if isinstance(item, Happening)]
    fresh = list(_fresh(tx, happenings, now, names)) if happenings else []
    _take_consents(tx, items, names)
    forget(tx, [item for item in items if isinstance(item, Erased)])
    _take_campaigns(tx, items)
    _take_forecasts(tx, items)
    database_signals.take(tx, items)
    left_out = _fold(tx, fresh, names)
    tenants = frozenset(item.tenant for item in items)
    return Applied(tenants, len(fresh), len(happenings) - len(fresh), left_out)


def _fresh(
    tx: Transaction, happenings: Sequence[Happening], now: datetime, names: Names
) -> Iterator[Happening]:
    ids = [names.event(each.tenant, each.event_id) for each in happenings]
    left = seen_events.first(tx, ids, now)
    for name, happening in zip(ids, happenings, strict=True):
        if name in left:
            left.discard(name)
            yield happening


def _fold(tx: Transaction, happenings: Sequence[Happening], names: Names) -> int:
    """Each recipient's happenings in their order, onto what was known of them.

    Returns:
        Happenings of those who may not be profiled: no features are made of them. Of the erased
        nothing is kept.
    """
    by_recipient: dict[Who, list[Happening]] = {}
    for each in happenings:
        by_recipient.setdefault((each.tenant, each.recipient_id), []).append(each)
    named = {who: names.pseudonym(*who) for who in by_recipient}
    out = _unprofiled(tx, named.values())
    database_features.update(
        tx,
        {(who[0], named[who]): mine for who, mine in by_recipient.items() if named[who] not in out},
    )
    _fold_profiles(
        tx,
        {
            who: [each for each in mine if each.meaning is not None]
            for who, mine in by_recipient.items()
            if not out.get(named[who])
        },
        named,
    )
    return sum(len(mine) for who, mine in by_recipient.items() if named[who] in out)


def _unprofiled(tx: Transaction, wanted: Collection[str]) -> Mapping[str, bool]:
    """Those of the pseudonyms who may not be profiled, and whether they are erased."""
    at = UNPROFILED.c
    named = at.pseudonym.in_(select(values(wanted).c.value))
    found = tx.execute(select(at.pseudonym, at.erased).where(named))
    return {name: bool(erased) for name, erased in found}


def _fold_profiles(
    tx: Transaction, happenings: Mapping[Who, Sequence[Happening]], named: Mapping[Who, str]
) -> None:
    meant = {who: mine for who, mine in happenings.items() if mine}
    before = _profiles(tx, meant)
    after = {who: fold(before[who], mine) for who, mine in meant.items()}
    _save(tx, before, after, named)


def _profiles(tx: Transaction, wanted: Mapping[Who, Sequence[Happening]]) -> Mapping[Who, Profile]:
    """Of what is known, the half that the happenings can change: most change only one."""
    changed = [w for w, mine in wanted.items() if _any(mine, Changed)]
    answered = [w for w, mine in wanted.items() if not all(_any([h], Changed) for h in mine)]
    known = _known(tx, changed) if changed else {}
    exposures = _exposures(tx, answered) if answered else {}
    return {who: Profile(known.get(who, {}), exposures.get(who, {})) for who in wanted}


def _any(happenings: Iterable[Happening], kind: type) -> bool:
    return any(isinstance(each.meaning, kind) for each in happenings)


def _known(tx: Transaction, wanted: Collection[Who]) -> Mapping[Who, Mapping[str, Known]]:
    mine = _of(RECIPIENTS, whose := _table(wanted))
    found = tx.execute(select(whose, RECIPIENTS.c.known).join(RECIPIENTS, mine))
    return {(tenant, recipient): profile_json.load(text) for tenant, recipient, text in found}


def _exposures(tx: Transaction, wanted: Collection[Who]) -> Mapping[Who, Mapping[str, Exposure]]:
    mine = _of(EXPOSURES, whose := _table(wanted))
    exposures: dict[Who, dict[str, Exposure]] = {}
    for tenant, recipient, campaign, sent, last_time, stages, micros in tx.execute(
        select(EXPOSURES).select_from(whose).join(EXPOSURES, mine)
    ):
        exposure = Exposure(bool(sent), last_time, stages, micros)
        exposures.setdefault((tenant, recipient), {})[campaign] = exposure
    return exposures


def _table(wanted: Collection[Who]) -> Subquery:
    return rows(wanted, tenant=Text, recipient_id=Text).subquery()


def _of(table: Table, whose: Subquery) -> ColumnElement[bool]:
    return and_(table.c.tenant == whose.c.tenant, table.c.recipient_id == whose.c.recipient_id)


def _save(
    tx: Transaction,
    before: Mapping[Who, Profile],
    after: Mapping[Who, Profile],
    named: Mapping[Who, str],
) -> None:
    """Writes what changed; whoever has exposures is among the recipients too."""
    known, unchanged, exposures = [], [], []
    for who, profile in after.items():
        old = before[who]
        if profile.known is not old.known:
            text, ends = profile_json.dump(profile.known), first_end(profile.known)
            known.append((*who, text, named[who], ends))
        elif not old.exposures:
            unchanged.append((*who, "{}", named[who], None))
        exposures += [
            (*who, campaign_id, int(e.sent), e.last_time, e.stages, e.amount_micros)
            for campaign_id, e in profile.exposures.items()
            if old.exposures.get(campaign_id) is not e
        ]
    execute_many(tx, insert(tx, RECIPIENTS).on_conflict_do_nothing(), unchanged)
    execute_many(tx, upsert(tx, RECIPIENTS), known)
    execute_many(tx, upsert(tx, EXPOSURES), exposures)


def _known_row(known: Mapping[str, Known]) -> Row:
    return {"known": profile_json.dump(known), "ends": first_end(known)}


def _take_consents(tx: Transaction, items: Sequence[Item], names: Names) -> None:
    """Who may be profiled, as it is after the last of them."""
    said = {
        (item.tenant, names.pseudonym(item.tenant, item.recipient_id)): item.allowed
        for item in items
        if isinstance(item, Profiling)
    }
    if denied := [who for who, allowed in said.items() if not allowed]:
        tx.execute(insert(tx, UNPROFILED).on_conflict_do_nothing(), _rows(denied, erased=0))
    database_features.forget(
        tx,
        {
            (item.tenant, names.pseudonym(item.tenant, item.recipient_id))
            for item in items
            if isinstance(item, Profiling) and not item.allowed
        },
    )
    if granted := [who for who, allowed in said.items() if allowed]:
        named = UNPROFILED.c.pseudonym.in_(select(values([each for _, each in granted]).c.value))
        tx.execute(delete(UNPROFILED).where(named, UNPROFILED.c.erased == 0))


def forget(tx: Transaction, erased: Sequence[Erased]) -> int:
    """Drops all that is known of these, for good: what comes of them later is dropped too.

    Returns:
        How many recipients and features of recipients went.
    """
    if not erased:
        return 0
    whose = {(each.tenant, each.pseudonym) for each in erased}
    erase_bytes(tx)
    tx.execute(upsert(tx, UNPROFILED), _rows(whose, erased=1))
    features = database_features.forget(tx, whose)
    named = RECIPIENTS.c.pseudonym.in_(select(values([each for _, each in whose]).c.value))
    held = select(RECIPIENTS.c.tenant, RECIPIENTS.c.recipient_id).where(named)
    mine = [{"whose": tenant, "who": one} for tenant, one in tx.execute(held)]
    if mine:
        at = EXPOSURES.c
        sent = (at.tenant == bindparam("whose"), at.recipient_id == bindparam("who"))
        tx.execute(delete(EXPOSURES).where(*sent), mine)
        tx.execute(delete(RECIPIENTS).where(named))
    return len(mine) + features


def forget_ended(tx: Transaction, now: float) -> int:
    """Drops values that have ended, of some recipients; returns of how many."""
    at = RECIPIENTS.c
    columns = (at.tenant, at.recipient_id, at.known)
    found = tx.execute(select(*columns).where(at.ends <= now).limit(PORTION)).all()
    mine = (at.tenant == bindparam("whose"), at.recipient_id == bindparam("who"))
    if found:
        erase_bytes(tx)
        tx.execute(
            update(RECIPIENTS).where(*mine),
            [
                {"whose": tenant, "who": who}
                | _known_row(drop_ended(profile_json.load(known), now))
                for tenant, who, known in found
            ],
        )
    return len(found)


def _rows(whose: Collection[Who], **more: object) -> Sequence[Row]:
    return [{"tenant": tenant, "pseudonym": one, **more} for tenant, one in whose]


def _take_campaigns(tx: Transaction, items: Sequence[Item]) -> None:
    for item in items:
        match item:
            case CampaignKnown(tenant, campaign_id, None):
                mine = (CAMPAIGNS.c.tenant == tenant, CAMPAIGNS.c.campaign_id == campaign_id)
                tx.execute(delete(CAMPAIGNS).where(*mine))
            case CampaignKnown(tenant, campaign_id, campaign) if campaign is not None:
                record = campaign_records.dump(campaign)
                row = {"tenant": tenant, "campaign_id": campaign_id, "record": record}
                tx.execute(upsert(tx, CAMPAIGNS), row)


def _take_forecasts(tx: Transaction, items: Sequence[Item]) -> None:
    """Takes them in; one that comes again is among the newest again."""
    newest: dict[tuple[str, ...], Row] = {}
    for item in items:
        if isinstance(item, ForecastCame):
            row = asdict(item)
            key = tuple(row[name] for name in FORECAST_KEY)
            newest.pop(key, None)
            newest[key] = row
    if newest:
        old = (FORECASTS.c[name] == bindparam(name) for name in FORECAST_KEY)
        tx.execute(delete(FORECASTS).where(*old), list(newest.values()))
        tx.execute(FORECASTS.insert(), list(newest.values()))


def forget_forecasts(tx: Transaction, standing: Standing) -> None:
    """Drops forecasts of earlier sets, and those older than the simulation that is in use."""
    set_id, simulation_id = standing.personas.persona_set_id, standing.snapshot.simulation_id
    at, mine = FORECASTS.c, FORECASTS.c.tenant == standing.tenant
    in_use = select(func.min(at.number)).where(mine, at.simulation_id == simulation_id)
    older = and_(
        at.persona_set_id == set_id,
        at.simulation_id != simulation_id,
        at.number < in_use.scalar_subquery(),
    )
    tx.execute(delete(FORECASTS).where(mine, or_(at.persona_set_id < set_id, older)))

"""What came from the log, taken into SQLite: profiles, consents, campaigns, forecasts."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from dramatis.core.happening import Changed, Happening
from dramatis.persona.adapters import campaign_records, profile_json
from dramatis.persona.adapters.intake import Applied
from dramatis.persona.domain.profile import Exposure, Known, Profile, fold
from dramatis.persona.domain.standing import Standing
from dramatis.persona.ports import (
    CampaignKnown,
    Erased,
    ForecastCame,
    Item,
    Profiling,
)  # fmt: skip
from dramatis.runtime import sqlite_seen_events as seen_events
from dramatis.runtime.sqlite import Transaction

Who = tuple[str, str]
"""Tenant and recipient id."""

SCHEMA = """
CREATE TABLE recipients (
    tenant TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    known TEXT NOT NULL,
    PRIMARY KEY (tenant, recipient_id)
) WITHOUT ROWID;
CREATE TABLE exposures (
    tenant TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    sent INTEGER NOT NULL,
    last_time REAL NOT NULL,
    stages INTEGER NOT NULL,
    amount_micros INTEGER NOT NULL,
    PRIMARY KEY (tenant, recipient_id, campaign_id)
) WITHOUT ROWID;
CREATE TABLE unprofiled (
    tenant TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    erased INTEGER NOT NULL,
    PRIMARY KEY (tenant, recipient_id)
) WITHOUT ROWID;
CREATE TABLE campaigns (
    tenant TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (tenant, campaign_id)
) WITHOUT ROWID;
CREATE TABLE forecasts (
    number INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    simulation_id TEXT NOT NULL,
    persona_set_id TEXT NOT NULL,
    persona_id TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    record BLOB NOT NULL,
    UNIQUE (tenant, simulation_id, persona_id, campaign_id)
);
CREATE INDEX forecasts_by_set ON forecasts (tenant, persona_set_id, number);
"""


def apply(tx: Transaction, items: Sequence[Item], now: datetime) -> Applied:
    """Takes the items in; happenings that were seen before are left out."""
    happenings = [item for item in items if isinstance(item, Happening)]
    fresh = list(_fresh(tx, happenings, now))
    for item in items:
        if not isinstance(item, Happening):
            _take(tx, item)
    _fold(tx, fresh)
    tenants = frozenset(item.tenant for item in items)
    return Applied(tenants, len(fresh), len(happenings) - len(fresh))


def _fresh(tx: Transaction, happenings: Sequence[Happening], now: datetime) -> Iterator[Happening]:
    names = [f"{each.tenant}/{each.event_id}" for each in happenings]
    left = seen_events.first(tx, names, now)
    for name, happening in zip(names, happenings, strict=True):
        if name in left:
            left.discard(name)
            yield happening


def _fold(tx: Transaction, happenings: Sequence[Happening]) -> None:
    """Each recipient's happenings in their order, onto what was known of them."""
    by_recipient: dict[Who, list[Happening]] = {}
    for each in happenings:
        if each.meaning is not None:
            by_recipient.setdefault((each.tenant, each.recipient_id), []).append(each)
    for who in _erased(tx, by_recipient):
        del by_recipient[who]
    before = _profiles(tx, by_recipient)
    after = {who: fold(before[who], mine) for who, mine in by_recipient.items()}
    _save(tx, before, after)


def _erased(tx: Transaction, wanted: Collection[Who]) -> Sequence[Who]:
    """Those who asked to be forgotten."""
    return tx.execute(
        "SELECT u.tenant, u.recipient_id FROM json_each(?) w CROSS JOIN unprofiled u"
        " ON u.tenant = w.value ->> 0 AND u.recipient_id = w.value ->> 1 WHERE erased",
        (json.dumps(list(wanted)),),
    ).fetchall()


def _profiles(tx: Transaction, wanted: Mapping[Who, Sequence[Happening]]) -> Mapping[Who, Profile]:
    """Of what is known, the half that the happenings can change: most change only one."""
    changed = [w for w, mine in wanted.items() if _any(mine, Changed)]
    answered = [w for w, mine in wanted.items() if not all(_any([h], Changed) for h in mine)]
    known = _known(tx, changed)
    exposures = _exposures(tx, answered)
    return {who: Profile(known.get(who, {}), exposures.get(who, {})) for who in wanted}


def _any(happenings: Iterable[Happening], kind: type) -> bool:
    return any(isinstance(each.meaning, kind) for each in happenings)


def _known(tx: Transaction, wanted: Collection[Who]) -> Mapping[Who, Mapping[str, Known]]:
    rows = tx.execute(
        "SELECT r.tenant, r.recipient_id, known FROM json_each(?) w CROSS JOIN recipients r"
        " ON r.tenant = w.value ->> 0 AND r.recipient_id = w.value ->> 1",
        (json.dumps(list(wanted)),),
    )
    return {(tenant, recipient): profile_json.load(text) for tenant, recipient, text in rows}


def _exposures(tx: Transaction, wanted: Collection[Who]) -> Mapping[Who, Mapping[str, Exposure]]:
    rows = tx.execute(
        "SELECT e.* FROM json_each(?) w CROSS JOIN exposures e"
        " ON e.tenant = w.value ->> 0 AND e.recipient_id = w.value ->> 1",
        (json.dumps(list(wanted)),),
    )
    exposures: dict[Who, dict[str, Exposure]] = {}
    for tenant, recipient, campaign, sent, last_time, stages, micros in rows:
        exposure = Exposure(bool(sent), last_time, stages, micros)
        exposures.setdefault((tenant, recipient), {})[campaign] = exposure
    return exposures


def _save(tx: Transaction, before: Mapping[Who, Profile], after: Mapping[Who, Profile]) -> None:
    """Writes what changed; whoever has exposures is among the recipients too."""
    known, unchanged = [], []
    exposures: list[tuple[object, ...]] = []
    for who, profile in after.items():
        if profile.known is before[who].known:
            unchanged.append((*who, "{}"))
        else:
            known.append((*who, profile_json.dump(profile.known)))
        held = before[who].exposures
        exposures += [
            (*who, campaign, e.sent, e.last_time, e.stages, e.amount_micros)
            for campaign, e in profile.exposures.items()
            if held.get(campaign) is not e
        ]
    tx.executemany("INSERT OR IGNORE INTO recipients VALUES (?, ?, ?)", unchanged)
    tx.executemany("INSERT OR REPLACE INTO recipients VALUES (?, ?, ?)", known)
    tx.executemany("INSERT OR REPLACE INTO exposures VALUES (?, ?, ?, ?, ?, ?, ?)", exposures)


def _take(tx: Transaction, item: Item) -> None:
    match item:
        case Profiling(tenant, recipient_id, True):
            tx.execute(
                "DELETE FROM unprofiled WHERE tenant = ? AND recipient_id = ? AND NOT erased",
                (tenant, recipient_id),
            )
        case Profiling(tenant, recipient_id, _):
            tx.execute("INSERT OR IGNORE INTO unprofiled VALUES (?, ?, 0)", (tenant, recipient_id))
        case Erased(tenant, recipient_id):
            who = (tenant, recipient_id)
            tx.execute("INSERT OR REPLACE INTO unprofiled VALUES (?, ?, 1)", who)
            tx.execute("DELETE FROM recipients WHERE tenant = ? AND recipient_id = ?", who)
            tx.execute("DELETE FROM exposures WHERE tenant = ? AND recipient_id = ?", who)
        case CampaignKnown(tenant, campaign_id, None):
            tx.execute(
                "DELETE FROM campaigns WHERE tenant = ? AND campaign_id = ?", (tenant, campaign_id)
            )
        case CampaignKnown(tenant, campaign_id, campaign) if campaign is not None:
            record = campaign_records.dump(campaign)
            tx.execute(
                "INSERT OR REPLACE INTO campaigns VALUES (?, ?, ?)", (tenant, campaign_id, record)
            )
        case ForecastCame():
            tx.execute(
                "INSERT OR REPLACE INTO forecasts (tenant, simulation_id, persona_set_id,"
                " persona_id, campaign_id, record) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    item.tenant, item.simulation_id, item.persona_set_id,
                    item.persona_id, item.campaign_id, item.record,
                ),
            )  # fmt: skip


def forget_forecasts(tx: Transaction, standing: Standing) -> None:
    """Drops forecasts of earlier sets, and those older than the simulation that is in use."""
    set_id, simulation_id = standing.personas.persona_set_id, standing.snapshot.simulation_id
    tx.execute(
        "DELETE FROM forecasts WHERE tenant = ? AND (persona_set_id < ? OR persona_set_id = ? AND"
        " simulation_id <> ? AND number < (SELECT min(number) FROM forecasts WHERE tenant = ?"
        " AND simulation_id = ?))",
        (standing.tenant, set_id, set_id, simulation_id, standing.tenant, simulation_id),
    )

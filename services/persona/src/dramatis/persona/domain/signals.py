"""What happens in the world moves traits: by rules, with decay, bounded, and taken back.

A shift is never learned into a persona. It is added anew to what the recipients show, each time
from the signals that still hold, so that a signal that is withdrawn or old leaves nothing behind.

P personas.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.core.attributes import AttributeKind
from dramatis.core.encoding import LIMIT, EncodingKind
from dramatis.persona.domain.standing import Standing
from dramatis.persona.domain.trait_shift import TraitShift
from dramatis.persona.domain.traits import TraitTable

HOUR_SECONDS: Final = 3600.0
"""Signals age by the hour: in between nothing changes that would have to be published."""


class Tone(StrEnum):
    """Which sentiment a rule asks for."""

    BAD = "bad"
    GOOD = "good"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Signal:
    """Something happened in the world.

    Attributes:
        signal_id: unique within the tenant.
        topic: what it is about.
        region_code: where it matters; "" for everywhere.
        score: how it was said, -1 bad .. 1 good; None where the language is not understood.
        intensity: [0, 1].
        time: seconds since 1970.
    """

    signal_id: str
    topic: str
    region_code: str
    score: float | None
    intensity: float
    time: float


@dataclass(frozen=True, slots=True)
class Rule:
    """What signals of one topic and tone do to one trait.

    Attributes:
        topic: such as "economy/downturn".
        tone: whose signals count.
        trait: an affinity or a number.
        shift: in the trait's unit, at intensity 1 and the strongest sentiment.
        why: a sentence, without full stop.
    """

    topic: str
    tone: Tone
    trait: str
    shift: float
    why: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """A tenant's rules.

    Attributes:
        rules: applied together.
        limit: no trait of a persona is shifted by more, in the trait's unit.
        half_life_days: after this long a signal counts half.
        region_trait: the category that holds where a recipient is; "" where none does.
    """

    rules: Sequence[Rule]
    limit: float
    half_life_days: float
    region_trait: str = ""


def strength(signal: Signal, tone: Tone, half_life_days: float, now: datetime) -> float:
    """How much a signal counts for a tone, [0, 1]; not understood is neutral.

    >>> from datetime import UTC
    >>> told = Signal("s", "t", "", -0.5, 0.8, 0.0)
    >>> strength(told, Tone.BAD, 1.0, datetime(1970, 1, 2, tzinfo=UTC))
    0.2
    """
    hours = max(math.floor((now.timestamp() - signal.time) / HOUR_SECONDS), 0)
    score = signal.score or 0.0
    said = {Tone.BAD: max(-score, 0.0), Tone.GOOD: max(score, 0.0), Tone.ANY: 1.0}[tone]
    return float(said * signal.intensity * 0.5 ** (hours / 24 / half_life_days))


def find(
    outlook: Outlook, signals: Sequence[Signal], standing: Standing, now: datetime
) -> tuple[TraitShift, ...]:
    """The shifts of an unshifted standing's personas, by trait; none where nothing moves."""
    tables = {table.name: table for table in standing.traits}
    wanted = {rule.trait for rule in outlook.rules}
    names = sorted(name for name in wanted & set(tables) if _moves(tables[name]))
    found = (_shift(outlook, signals, tables, tables[name], now) for name in names)
    return tuple(each for each in found if any(each.amounts))


def _moves(table: TraitTable) -> bool:
    """Whether a trait can be shifted."""
    kinds = (AttributeKind.AFFINITY, AttributeKind.NUMBER, AttributeKind.RANK)
    return table.mean is not None and table.kind in kinds


def _shift(
    outlook: Outlook,
    signals: Sequence[Signal],
    tables: dict[str, TraitTable],
    table: TraitTable,
    now: datetime,
) -> TraitShift:
    assert table.mean is not None
    amount, whys = np.zeros(len(table.mean)), []
    for rule in (each for each in outlook.rules if each.trait == table.name):
        heard = [each for each in signals if each.topic == rule.topic]
        sums = [
            strength(each, rule.tone, outlook.half_life_days, now)
            * _where(each.region_code, tables.get(outlook.region_trait), len(amount))
            for each in heard
        ]
        if sums and np.any(part := rule.shift * np.sum(sums, axis=0)):
            amount = amount + part
            whys.append(f"{rule.why} ({len(heard)} of {rule.topic!r})")
    amount = np.clip(amount, -outlook.limit, outlook.limit)
    after = table.mean + amount
    if table.kind is AttributeKind.AFFINITY:
        after = np.clip(after, 0.0, 1.0)
    before, after = (np.nan_to_num(each) for each in (table.mean, after))
    return TraitShift(table.name, tuple(before.tolist()), tuple(after.tolist()), "; ".join(whys))


def _where(region_code: str, table: TraitTable | None, count: int) -> Floats:
    """[P] share of the members that are where a signal matters."""
    if not region_code:
        return np.ones(count)
    if table is None or region_code not in table.states:
        return np.zeros(count)
    return table.probabilities[:, table.states.index(region_code)]


def apply(standing: Standing, shifts: tuple[TraitShift, ...]) -> Standing:
    """The unshifted standing with its traits shifted, as others see them.

    Memberships stay: a recipient is who they were. What personas are like has moved.
    """
    personas = standing.personas
    traits, affinities = personas.traits.copy(), personas.affinities.copy()
    encodings = {e.names[0]: e for e in standing.snapshot.membership.encodings}
    for shift in shifts:
        amount = np.array(shift.amounts)
        if shift.trait in personas.affinity_names:
            column = personas.affinity_names.index(shift.trait)
            affinities[:, column] = np.clip(affinities[:, column] + amount, 0.0, 1.0)
        encoding = encodings.get(shift.trait)
        if encoding and encoding.kind is EncodingKind.LINEAR:
            column = personas.trait_names.index(shift.trait)
            moved = traits[:, column] + amount / encoding.scale
            traits[:, column] = np.clip(moved, -LIMIT, LIMIT)
    by_name = {each.trait: np.array(each.amounts) for each in shifts}
    return replace(
        standing,
        personas=replace(personas, traits=traits, affinities=affinities),
        traits=tuple(_moved(table, by_name.get(table.name)) for table in standing.traits),
        shifts=shifts,
    )


def _moved(table: TraitTable, amount: Floats | None) -> TraitTable:
    if amount is None or table.mean is None:
        return table
    return replace(table, mean=table.mean + amount)


def unshifted(standing: Standing) -> Standing:
    """The standing's trait tables as the recipients show them; for rehearsals."""
    back = {each.trait: -np.array(each.amounts) for each in standing.shifts}
    tables = tuple(_moved(table, back.get(table.name)) for table in standing.traits)
    return replace(standing, traits=tables, shifts=())

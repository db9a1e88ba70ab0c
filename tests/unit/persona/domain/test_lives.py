"""Personas that live: planted truths, seeds that nothing was tuned on, margins stated."""

from datetime import UTC, datetime

import numpy as np
import pytest

from bench.support import persona_life
from dramatis.core.attributes import Attribute, AttributeKind, Attributes
from dramatis.core.campaign import Stage
from dramatis.persona.domain.formed import Known, form
from dramatis.persona.domain.lives import Cause, Habits, live_on
from dramatis.persona.domain.persona_event import Change
from dramatis.persona.domain.population import Population, assemble
from dramatis.persona.domain.standing import establish, refresh

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = 86_400.0


def row(kind: int, rng: np.random.Generator) -> Attributes:
    """Two kinds along one number and one that is out of the way on another."""
    x, y = ((-3.0, 0.0), (3.0, 0.0), (0.0, 9.0))[kind]
    return {
        "x": Attribute(AttributeKind.NUMBER, x + rng.normal()),
        "y": Attribute(AttributeKind.NUMBER, y + rng.normal()),
    }


def people(kinds: list[int], rate: float = 0.1, late_rate: float = 0.1) -> Population:
    """One a minute; each gets campaign a at once and clicks at `rate`, after the first 2,000 at
    `late_rate`."""
    rng = np.random.default_rng(3)
    rows = [row(kind, rng) for kind in kinds]
    rates = np.where(np.arange(len(kinds)) < 2_000, rate, late_rate)
    stages = [int(yes) << Stage.CLICK for yes in rng.random(len(kinds)) < rates]
    times = [60.0 * at for at in range(1, len(kinds) + 1)]
    ids = tuple(f"r{at:05}" for at in range(len(kinds)))
    exposures = [(at, "a", stage, 0) for at, stage in enumerate(stages)]
    return assemble(ids, rows, exposures, times, times)


def after(kinds: list[int], habits: Habits = Habits(settle_days=0.01), **rates: float):  # noqa: B008
    """What becomes of personas formed of the first 2,000."""
    whole = people(kinds, **rates)
    first = people(kinds[:2_000])
    standing, _ = establish("acme", form(first, Known(), 0, 2), first, None, NOW)
    held = refresh(standing, whole, Known(), None, NOW)
    return held, live_on(held, whole, Known(), habits, NOW)


MIXED = [at % 2 for at in range(3_000)]


def test_where_nothing_is_new_nothing_happens() -> None:
    assert after(MIXED)[1] is None


def test_who_is_explained_by_none_becomes_a_persona_of_the_set() -> None:
    """63 in a thousand newcomers are of a kind that nobody was; of 2,937 others fewer than 2 % are
    taken for it: columns end at 4 standard deviations."""
    kinds = MIXED[:2_000] + [2 if at % 16 == 0 else at % 2 for at in range(1_000)]
    held, found = after(kinds)
    assert found is not None
    standing, (born,), cause = found
    assert (cause, born.change, born.after) == (Cause.EMERGED, Change.BORN, ("p3",))
    assert "recipients came whom no persona explained" in born.explanation
    assert standing.personas.persona_ids == (*held.personas.persona_ids, "p3")
    assert 63 <= standing.sizes[2] < 63 + 0.02 * 2_937
    again = refresh(standing, people(kinds), Known(), None, NOW)
    assert live_on(again, people(kinds), Known(), Habits(settle_days=0.01), NOW) is None


def test_a_rate_that_drifts_forms_the_personas_anew() -> None:
    _, found = after(MIXED, rate=0.1, late_rate=0.1)
    assert found is None
    long = [at % 2 for at in range(6_000)]
    whole = people(long, 0.1, 0.1)
    first = people(long[:1_000])
    standing, _ = establish("acme", form(first, Known(), 0, 2), first, None, NOW)
    assert live_on(standing, whole, Known(), Habits(settle_days=0.01), NOW) is None
    changed = people(long, 0.1, 0.3)
    found = live_on(standing, changed, Known(), Habits(settle_days=0.01), NOW)
    assert found is not None
    assert found[2] is Cause.DRIFTED
    off = Habits(settle_days=0.01, alarm_level=0.0)
    assert live_on(standing, changed, Known(), off, NOW) is None


def test_a_share_that_drifts_forms_the_personas_anew_and_ids_go_on() -> None:
    kinds = MIXED + [int(at % 5 > 0) for at in range(2_000)]
    held, found = after(kinds)
    assert found is not None
    standing, _, cause = found
    assert cause is Cause.DRIFTED
    assert standing.living(held.personas.persona_ids[0]) in standing.personas.persona_ids


def test_time_that_runs_backwards_makes_nobody_new() -> None:
    kinds = MIXED[:2_000] + [2] * 200
    whole = people(kinds)
    late = assemble(
        whole.recipient_ids,
        whole.attributes,
        (),
        (),
        [5.0 if at >= 2_000 else 60.0 * at for at in range(2_200)],
    )
    first = people(kinds[:2_000])
    standing, _ = establish("acme", form(first, Known(), 0, 2), first, None, NOW)
    assert live_on(standing, late, Known(), Habits(), NOW) is None


@pytest.mark.parametrize("seed", [31, 32])
def test_well_separated_kinds_are_found(seed: int) -> None:
    assert persona_life.recovered(6.0, 3_000, seed) > 0.95


@pytest.mark.parametrize("seed", [31, 32])
def test_a_kind_that_emerges_is_announced_within_500_of_its_events(seed: int) -> None:
    assert persona_life.announced_after(5_000, seed) <= 500


def test_newcomers_like_those_before_bear_nothing() -> None:
    assert persona_life.false_births(5_000, 20_000, 31) == 0

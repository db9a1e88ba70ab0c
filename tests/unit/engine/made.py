"""Personas with a known truth."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.core.campaign import CONTROL, Campaign, Stage, StageValue, Stimulus
from dramatis.core.evidence import Axes, EvidenceCounts
from dramatis.core.persona_set import PersonaSet

DAY = datetime(2026, 1, 1, tzinfo=UTC)
AXES = Axes((CONTROL, "c1", "c2"), (Stage.VISIT, Stage.CONVERT), (None, Stage.VISIT))


def campaign(name: str, amount_share: float = 1.0, **attributes: str) -> Campaign:
    """A campaign whose conversions count."""
    return Campaign(name, Stimulus(attributes), (StageValue(Stage.CONVERT, 0, amount_share),))


def counts(axes: Axes, trials: Floats, successes: Floats, amount: float = 40.0) -> EvidenceCounts:
    """Evidence in which each conversion brings about the same amount."""
    bought = successes[..., -1] if axes.stages else np.zeros(trials.shape[:2])
    return EvidenceCounts(
        axes, trials, successes, bought, amount * bought, 1.5 * amount**2 * bought
    )


def personas(evidence: EvidenceCounts, seed: int = 0, traits: int = 5) -> PersonaSet:
    """Personas p00, p01, ... with random traits; "mens" and "womens" are affinities."""
    rng = np.random.default_rng(seed)
    count = len(evidence.trials)
    return PersonaSet(
        tenant="acme",
        persona_set_id="set-1",
        create_time=DAY,
        persona_ids=tuple(f"p{i:02}" for i in range(count)),
        persona_names=("",) * count,
        weights=np.full(count, 1 / max(count, 1)),
        recipient_count=100 * count,
        trait_names=tuple(f"t{i}" for i in range(traits)),
        traits=rng.normal(size=(count, traits)),
        affinity_names=("mens", "womens"),
        affinities=rng.random((count, 2)),
        evidence=evidence,
    )


def nobody(count: int = 1) -> PersonaSet:
    """Personas of whom nothing was ever observed."""
    empty = np.zeros((count, 0, 0))
    return personas(counts(Axes((), (), ()), empty, empty), traits=0)


def truth(
    rng: np.random.Generator, personas: int, campaigns: int, residual: float = 0.15
) -> Floats:
    """[P, C, 2] rates: levels, personas, campaigns, and cells of their own kind."""

    def noise(*shape: int) -> Floats:
        values: Floats = rng.normal(size=shape)
        return values

    sent = 0.4 * (np.arange(campaigns) > 0)
    visit = (
        -2 + 0.4 * noise(personas, 1) + sent + 0.3 * noise(1, campaigns)
        + residual * noise(personas, campaigns)
    )  # fmt: skip
    convert = -1.5 + 0.2 * noise(personas, 1) + np.zeros((1, campaigns))
    rates: Floats = 1 / (1 + np.exp(-np.stack([visit, convert], axis=-1)))
    return rates


def observe(
    rng: np.random.Generator, axes: Axes, rates: Floats, sends: int | Floats
) -> EvidenceCounts:
    """What recipients with those rates answer to so many sends."""
    sent = np.broadcast_to(np.asarray(sends), rates.shape[:2]).astype(int)
    visits = rng.binomial(sent, rates[..., 0])
    buys = rng.binomial(visits, rates[..., 1])
    return counts(
        axes, np.stack([sent, visits], -1).astype(float), np.stack([visits, buys], -1).astype(float)
    )


def axes(campaigns: int) -> Axes:
    """Control and c01, c02, ..."""
    ids = (CONTROL, *(f"c{i:02}" for i in range(1, campaigns)))
    return Axes(ids, AXES.stages, AXES.given)


def mailings(campaigns: int) -> Sequence[Campaign]:
    """Campaigns of `axes`, each about mens or womens."""
    return [
        campaign(f"c{i:02}", category="mens" if i % 2 else "womens", channel="email")
        for i in range(1, campaigns)
    ]

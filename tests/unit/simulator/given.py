"""What the tests of the simulator start from."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from dramatis.core.campaign import CONTROL, Campaign, Stage, StageValue, Stimulus
from dramatis.core.evidence import Axes, EvidenceCounts
from dramatis.core.persona_set import PersonaSet
from dramatis.simulator.domain.job import EvidenceUse, Inputs, Job, Spec, State

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AXES = Axes((CONTROL, "a"), (Stage.VISIT,), (None,))


def personas(
    set_id: str = "set-1", tenant: str = "acme", trials: float = 400.0, successes: float = 40.0,
    count: int = 2,
) -> PersonaSet:  # fmt: skip
    """Personas p0, p1, ... with the same evidence in each cell."""
    shape = (count, 2, 1)
    nothing = np.zeros(shape[:2])
    evidence = EvidenceCounts(
        AXES, np.full(shape, trials), np.full(shape, successes), nothing, nothing, nothing
    )
    return PersonaSet(
        tenant=tenant,
        persona_set_id=set_id,
        create_time=NOW,
        persona_ids=tuple(f"p{i}" for i in range(count)),
        persona_names=("",) * count,
        weights=np.full(count, 1 / count),
        recipient_count=1000,
        trait_names=("size",),
        traits=np.arange(count, dtype=float)[:, None],
        affinity_names=(),
        affinities=np.zeros((count, 0)),
        evidence=evidence,
    )


def campaign(name: str = "a", *, paused: bool = False) -> Campaign:
    """A campaign whose visits count."""
    return Campaign(
        name, Stimulus({"channel": "email"}), (StageValue(Stage.VISIT, 1_000_000),), paused=paused
    )


def spec(
    campaign_ids: Sequence[str] = ("a",), draws: int = 20,
    use: EvidenceUse = EvidenceUse.ALL, heads: Sequence[int] = (500, 500),
) -> Spec:  # fmt: skip
    """A small specification of `personas`."""
    return Spec(tuple(campaign_ids), "set-1", use, draws, tuple(heads), 7)


def job(name: str = "sim-1", tenant: str = "acme", **changes: object) -> Job:
    """A pending job."""
    return Job(tenant, name, changes.pop("spec", spec()), State.PENDING, NOW, **changes)  # type: ignore[arg-type]


def inputs() -> Inputs:
    """What the jobs work on."""
    return Inputs(personas(), (campaign(),))

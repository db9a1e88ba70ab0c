"""Which response stages a tenant's recipients pass, and which one presupposes which.

Rule: a stage is conditional on the nearest earlier stage that was seen if at least `IMPLIED` of
the recipients who reached it had reached the earlier one too. The few who skipped it count as
having reached it. Otherwise it is conditional on the send alone, as unsubscribing and complaining
always are: somebody who got no mail may visit without opening one.
"""

from collections.abc import Collection
from typing import Final

import numpy as np

from dramatis.core.arrays import Mask
from dramatis.core.campaign import Stage
from dramatis.core.evidence import Axes
from dramatis.persona.domain.population import Population

IMPLIED: Final = 0.99
FUNNEL: Final = (Stage.OPEN, Stage.CLICK, Stage.VISIT, Stage.CONVERT)
ALONE: Final = (Stage.UNSUBSCRIBE, Stage.COMPLAIN)


def axes(population: Population, campaigns: Collection[str], priced: Collection[Stage]) -> Axes:
    """The axes of everything that is believed of these recipients.

    Args:
        population: gives the stages seen.
        campaigns: that are known besides those that were sent; `CONTROL` among either.
        priced: stages that campaigns give a worth to: kept although nobody got there yet.
    """
    seen = [s for s in (*FUNNEL, *ALONE) if s in priced or bool(population.reached(s).any())]
    stages = tuple(seen) or FUNNEL
    given = tuple(_given(population, stages, stage) for stage in stages)
    return Axes(tuple(sorted({*campaigns, *population.campaign_ids})), stages, given)


def _given(population: Population, stages: tuple[Stage, ...], stage: Stage) -> Stage | None:
    earlier = [s for s in FUNNEL if s in stages and s < stage]
    if stage in ALONE or not earlier:
        return None
    there = population.reached(stage)
    through = population.reached(earlier[-1])[there]
    return earlier[-1] if through.sum() >= IMPLIED * there.sum() else None


def reached(population: Population, axes: Axes) -> Mask:
    """[E, G] stages that count as reached: with each, the one that it is conditional on."""
    flags = np.stack([population.reached(stage) for stage in axes.stages], axis=1)
    for stage in reversed(range(len(axes.stages))):
        if (before := axes.parent(stage)) is not None:
            flags[:, before] |= flags[:, stage]
    return flags

"""Real responses counted per persona, campaign and stage, weighted by membership."""

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.core.campaign import Stage
from dramatis.core.evidence import Axes, EvidenceCounts
from dramatis.persona.domain.chain import reached
from dramatis.persona.domain.population import Population


def count(population: Population, memberships: Floats, axes: Axes) -> EvidenceCounts:
    """The evidence.

    Args:
        population: R recipients and their E exposures, each campaign at most once per recipient.
        memberships: [R, P].
        axes: C campaigns and G stages; every campaign of the population among them.
    """
    flags = reached(population, axes).astype(float)
    could = _could(flags, axes)
    amount = np.where(population.reached(Stage.CONVERT), population.amount, 0.0)
    columns = np.column_stack([could, flags, amount > 0, amount, amount**2])
    table = np.zeros((memberships.shape[1], len(axes.campaign_ids), columns.shape[1]))
    for at, campaign in enumerate(population.campaign_ids):
        rows = population.campaign == at
        weights = memberships[population.recipient[rows]]
        table[:, axes.campaign_ids.index(campaign)] = weights.T @ columns[rows]
    stages = len(axes.stages)
    return EvidenceCounts(
        axes=axes,
        trials=table[..., :stages],
        successes=table[..., stages : 2 * stages],
        amount_count=table[..., -3],
        amount_sum=table[..., -2],
        amount_square_sum=table[..., -1],
    )


def _could(flags: Floats, axes: Axes) -> Floats:
    """[E, G] whether the stage was open to the recipient: the one before it was reached."""
    could = np.ones_like(flags)
    for stage in range(len(axes.stages)):
        if (before := axes.parent(stage)) is not None:
            could[:, stage] = flags[:, before]
    return could

"""Populations as head counts: every recipient of a cell is like every other, so a number is enough.

A cell is a persona x campaign. Recipients flow from stage to stage by binomial draws, whose cost
does not depend on how many they are. Letters: S draws, C campaigns, G stages.
"""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from dramatis.core.evidence import Axes


def flow(axes: Axes, rates: Tensor, recipients: int, rng: Generator) -> Tensor:
    """How many recipients get as far as each stage when everybody is sent everything.

    Args:
        axes: say which stage is conditional on which.
        rates: [S, C, G] conditional rates.
        recipients: heads in each cell, >= 1.
        rng: on the device of the rates.

    Returns:
        [S, C, G] head counts.
    """
    everybody = torch.full_like(rates[..., 0], float(recipients))
    reached: list[Tensor] = []
    for stage in range(len(axes.stages)):
        before = axes.parent(stage)
        heads = everybody if before is None else reached[before]
        reached.append(torch.binomial(heads, rates[..., stage].contiguous(), generator=rng))
    return torch.stack(reached, dim=-1)


def shares(parents: Sequence[int | None], reached: Tensor, recipients: int) -> Tensor:
    """[S, C, G] observed conditional rates; nan where nobody reached the stage before.

    >>> reached = torch.tensor([[[4.0, 1.0]]])
    >>> shares([None, 0], reached, 10).round(decimals=2).tolist()
    [[[0.4000000059604645, 0.25]]]
    """
    everybody = torch.full_like(reached[..., 0], float(recipients))
    before = [everybody if one is None else reached[..., one] for one in parents]
    return reached / torch.stack(before, dim=-1)


def reach(parents: Sequence[int | None], rates: Tensor) -> Tensor:
    """[S, C, G] probability of getting as far as each stage, from conditional rates.

    >>> reach([None, 0], torch.tensor([[[0.5, 0.5]]])).tolist()
    [[[0.5, 0.25]]]
    """
    reached: list[Tensor] = []
    for stage, before in enumerate(parents):
        one = rates[..., stage]
        reached.append(one if before is None else one * reached[before])
    return torch.stack(reached, dim=-1)

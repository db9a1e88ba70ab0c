"""The linear predictor of one stage: which effects move which cell, and how far they may.

A cell is a persona x campaign; cells are in the order of personas, then campaigns.
Letters: P personas, C campaigns with `CONTROL` first, N = P x C cells, J effects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

MAX_COMPONENTS: Final = 12
"""Directions in which personas may differ systematically."""


@dataclass(frozen=True, slots=True)
class Design:
    """The effects.

    Attributes:
        columns: [N, J].
        blocks: columns of each group of effects.
        mean: [J] prior means.
        variance: [J] prior variances, > 0; where learned, the first guess.
        learned: names of the blocks whose variance evidence may change.
        interactions: those of them that set single campaigns apart for single traits.
    """

    columns: Tensor
    blocks: Mapping[str, slice]
    mean: Tensor
    variance: Tensor
    learned: frozenset[str]
    interactions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Effect:
    """A group of effects with one prior; variance None: learned."""

    columns: Tensor
    mean: float = 0.0
    variance: float | None = None
    interaction: bool = False


def assemble(effects: Mapping[str, Effect], learned_variance: float) -> Design:
    """One design of all effects that have columns."""
    blocks: dict[str, slice] = {}
    mean, variance, at = [], [], 0
    for name, effect in effects.items():
        width = effect.columns.shape[1]
        blocks[name] = slice(at, at + width)
        spread = learned_variance if effect.variance is None else effect.variance
        mean += [effect.mean] * width
        variance += [spread] * width
        at += width
    columns = torch.cat([effect.columns for effect in effects.values()], dim=1)
    free = {name for name, effect in effects.items() if effect.variance is None}
    crossed = {name for name, effect in effects.items() if effect.interaction}
    kept = {name: block for name, block in blocks.items() if block.stop > block.start}
    return Design(
        columns, kept, columns.new_tensor(mean), columns.new_tensor(variance),
        frozenset(free & set(kept)), frozenset(crossed & set(kept)),
    )  # fmt: skip


def components(traits: Tensor, share: float = 0.99) -> Tensor:
    """[P, K] the main directions in which personas differ, at their own scale.

    An independent prior on traits' slopes is the same prior on the slopes of all components, so
    leaving out only the last per cent of the variance makes it smaller, not different.

    Args:
        traits: [P, D].
        share: of the variance that is kept, unless more than `MAX_COMPONENTS` are needed.
    """
    centred: Tensor = traits - traits.mean(dim=0)
    if not centred.any():
        return traits.new_zeros((len(traits), 0))
    left, scale, _ = torch.linalg.svd(centred / traits.shape[1] ** 0.5, full_matrices=False)
    power = scale.square()
    before = (power.cumsum(0) - power) / power.sum()
    keep = int((before < share).sum().clamp(max=MAX_COMPONENTS))
    main: Tensor = left[:, :keep] * scale[:keep]
    return main.clone(memory_format=torch.contiguous_format)


def effects(
    traits: Tensor, match: Tensor, attributes: Tensor, *,
    base: tuple[float, float], sent: float, campaign: float, match_prior: tuple[float, float],
) -> Mapping[str, Effect]:  # fmt: skip
    """The effects of a stage.

    Args:
        traits: [P, K] what sets personas apart.
        match: [P, C] of stimulus and affinity.
        attributes: [C, A] attribute values shared by campaigns.
        base: mean and variance of the level.
        sent: variance of the effect of any send.
        campaign: variance between campaigns.
        match_prior: mean and variance of the effect of a full match.
    """
    personas, count = match.shape
    one_persona, one_campaign = traits.new_ones((personas, 1)), traits.new_ones((count, 1))
    each = torch.eye(count, dtype=traits.dtype, device=traits.device)[:, 1:]
    any_send = each.sum(dim=1, keepdim=True)
    who = torch.eye(personas, dtype=traits.dtype, device=traits.device)
    return {
        "base": Effect(torch.kron(one_persona, one_campaign), *base),
        "sent": Effect(torch.kron(one_persona, any_send), variance=sent),
        "campaign": Effect(torch.kron(one_persona, each), variance=campaign),
        "attribute": Effect(torch.kron(one_persona, attributes)),
        "trait": Effect(torch.kron(traits, one_campaign)),
        "persona": Effect(torch.kron(who, one_campaign)),
        "sent x trait": Effect(torch.kron(traits, any_send), interaction=True),
        "campaign x trait": Effect(torch.kron(traits, each), interaction=True),
        "match": Effect(match.reshape(-1, 1), *match_prior),
    }

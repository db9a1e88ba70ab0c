"""From personas and campaigns to a problem: the engine draws worlds, core prices what they answer.

Letters: S draws, P personas, K campaigns.
"""

from collections.abc import Sequence

import numpy as np
import torch

from dramatis import engine
from dramatis.core.arrays import Floats
from dramatis.core.campaign import CONTROL, Campaign
from dramatis.core.errors import Conflict
from dramatis.core.persona_set import PersonaSet
from dramatis.core.response import Worth, appraise
from dramatis.optimizer.domain.job import Spec
from dramatis.optimizer.domain.problem import Problem


def problem(personas: PersonaSet, campaigns: Sequence[Campaign], spec: Spec) -> Problem:
    """What there is to decide.

    Args:
        personas: with the evidence so far.
        campaigns: to choose from.
        spec: with defaults filled in.

    Raises:
        Conflict: no campaign is like anything ever observed, or numbers overflow.
    """
    model = engine.fit(personas, campaigns, use_evidence=True)
    known = {
        one for one, fine in zip(model.axes.campaign_ids, model.supported, strict=True) if fine
    }
    usable = [one for one in campaigns if one.campaign_id in known]
    if not usable:
        raise Conflict("no campaign is like any that was ever sent", reason="NO_FORECAST")
    train, held_out = (
        _worth(model, usable, spec.draw_count, rng) for rng in _generators(spec.seed)
    )
    if not (np.isfinite(train.gain).all() and np.isfinite(held_out.gain).all()):
        raise Conflict("the simulation gave values that are not finite", reason="NOT_FINITE")
    return Problem(
        persona_ids=personas.persona_ids,
        weights=personas.weights,
        actions=(CONTROL, *(one.campaign_id for one in usable)),
        train=_with_silence(train.gain),
        held_out=_with_silence(held_out.gain),
        level=_level(train),
        horizon_days=spec.horizon_days,
        max_sends=spec.max_sends_per_recipient,
    )


def _generators(seed: int) -> Sequence[torch.Generator]:
    """One for the draws to learn from, one for those held out: streams of their own."""
    states = [one.generate_state(1, np.uint64)[0] for one in np.random.SeedSequence(seed).spawn(2)]
    return [torch.Generator().manual_seed(int(state >> np.uint64(1))) for state in states]


def _worth(
    model: engine.ResponseModel, campaigns: Sequence[Campaign], count: int, rng: torch.Generator
) -> Worth:
    """Of each campaign for each persona, per draw: [S, P, K]."""
    draws = model.draw(count, rng)
    return appraise(model.axes, draws.rates.numpy(), draws.amount_mean.numpy(), campaigns)


def _with_silence(gain: Floats) -> Floats:
    """[S, P, K + 1] gains with those of silence first."""
    return np.concatenate([np.zeros((*gain.shape[:-1], 1)), gain], axis=-1)


def _level(worth: Worth) -> Floats:
    """[P, K + 1] mean worth, that of silence at the campaigns' average prices."""
    sent = (worth.value - worth.cost).mean(axis=0)
    silent = worth.baseline.mean(axis=(0, 2))[:, None]
    return np.hstack([silent, sent])


def smallest() -> Problem:
    """One persona, one campaign, which pays: to try things on."""
    gains = np.array([[[0.0, 1.0]]])
    return Problem(("one",), np.ones(1), (CONTROL, "it"), gains, gains, gains[0])

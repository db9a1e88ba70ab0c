"""From personas, campaigns and evidence to a response model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from dramatis.core.arrays import Floats
from dramatis.core.campaign import CONTROL, Campaign, Stage
from dramatis.core.errors import Invalid
from dramatis.core.evidence import Axes, EvidenceCounts
from dramatis.core.persona_set import PersonaSet
from dramatis.core.posterior import amount_dispersion
from dramatis.engine import design, laplace, stages, stimulus
from dramatis.engine.cells import Amounts, Counts, Rates
from dramatis.engine.priors import Priors
from dramatis.engine.response import ResponseModel
from dramatis.engine.stimulus import Stimuli

MOST_NUMBERS: Final = 50_000_000
"""In a design, 400 MB: 64 personas x 220 campaigns."""


def fit(
    personas: PersonaSet, campaigns: Sequence[Campaign], use_evidence: bool, *,
    priors: Priors | None = None, device: torch.device | str = "cpu",
) -> ResponseModel:  # fmt: skip
    """The response model of these personas to these campaigns, and to those in the evidence.

    Args:
        personas: P >= 1 of them, with the evidence so far.
        campaigns: what is known of the stimuli; those without evidence are forecast from priors
            and from what others showed.
        use_evidence: whether to learn from the evidence, or to go by priors alone.
        priors: documented defaults unless given.
        device: where to compute, in float64.

    Raises:
        Invalid: there is no persona, a number is not finite, or there are more personas x
            campaigns than one design holds.
    """
    _check(personas)
    axes = stages.axes(personas.evidence.axes, campaigns)
    _check_size(len(personas.persona_ids), len(axes.campaign_ids))
    inputs = _arrange(personas, campaigns, axes, use_evidence, torch.device(device))
    priors = priors or Priors()
    observed = inputs.stimuli.distance <= priors.support_limit
    open_minded = not use_evidence or not inputs.observed_any
    place = {one: i for i, one in enumerate(inputs.campaign_ids)}
    columns = tuple(place[one] for one in axes.campaign_ids)
    return ResponseModel(
        persona_set_id=personas.persona_set_id,
        persona_ids=personas.persona_ids,
        axes=axes,
        stages=tuple(_rates(inputs, axes, at, priors) for at in range(len(axes.stages))),
        amounts=_amounts(inputs, priors) if _has_amounts(personas, campaigns, axes) else None,
        supported=(observed | open_minded)[list(columns)],
        distance=inputs.stimuli.distance[list(columns)],
        rows=tuple(int(i) for i in np.argsort(np.argsort(np.array(personas.persona_ids)))),
        columns=columns,
    )


@dataclass(frozen=True, slots=True)
class _Inputs:
    """Everything in canonical order; evidence is zero where it is not to be used."""

    campaign_ids: tuple[str, ...]
    stimuli: Stimuli
    observed_any: bool
    traits: Tensor
    evidence: EvidenceCounts
    device: torch.device

    def tensor(self, array: Floats) -> Tensor:
        return torch.tensor(array, dtype=torch.float64, device=self.device)


def _check(personas: PersonaSet) -> None:
    if not personas.persona_ids:
        raise Invalid("there is no persona to simulate", reason="NO_PERSONAS", field="personas")
    counts = personas.evidence
    tables = (
        personas.traits, personas.affinities, counts.trials, counts.successes,
        counts.amount_count, counts.amount_sum, counts.amount_square_sum,
    )  # fmt: skip
    if not all(np.isfinite(table).all() for table in tables):
        raise Invalid("traits or evidence hold a number that is not finite", field="personas")


def _check_size(personas: int, campaigns: int) -> None:
    effects = personas + (campaigns + 1) * (design.MAX_COMPONENTS + 1)
    if personas * campaigns * effects > MOST_NUMBERS:
        raise Invalid(
            f"{personas} personas x {campaigns} campaigns are more than the engine can fit at once",
            reason="TOO_LARGE",
            field="campaigns",
        )


def _arrange(
    personas: PersonaSet, campaigns: Sequence[Campaign], axes: Axes, use_evidence: bool,
    device: torch.device,
) -> _Inputs:  # fmt: skip
    ids = (CONTROL, *sorted(set(axes.campaign_ids) - {CONTROL}))
    order = np.argsort(np.array(personas.persona_ids))
    everything = _spread(personas.evidence, ids, axes, order)
    observed = everything.trials.sum(axis=(0, 2)) > 0
    known = {one.campaign_id: one for one in campaigns}
    stimuli = stimulus.describe(
        ids, known, observed, personas.affinity_names, personas.affinities[order]
    )
    nothing = _spread(_none(len(order)), ids, axes, order)
    traits = torch.tensor(personas.traits[order], dtype=torch.float64, device=device)
    return _Inputs(
        ids, stimuli, bool(observed[1:].any()), design.components(traits),
        everything if use_evidence else nothing, device,
    )  # fmt: skip


def _none(personas: int) -> EvidenceCounts:
    empty, flat = np.zeros((personas, 0, 0)), np.zeros((personas, 0))
    return EvidenceCounts(Axes((), (), ()), empty, empty, flat, flat, flat)


def _spread(
    evidence: EvidenceCounts, campaign_ids: tuple[str, ...], axes: Axes, order: np.ndarray
) -> EvidenceCounts:
    """The counts on wider axes, personas in `order`; zero where there is no evidence."""
    at = [campaign_ids.index(one) for one in evidence.axes.campaign_ids]
    shape = (len(order), len(campaign_ids), len(axes.stages))

    def wide(table: Floats) -> Floats:
        result = np.zeros(shape if table.ndim == 3 else shape[:2])
        if evidence.axes.stages:
            result[:, at] = table[order]
        return result

    return EvidenceCounts(
        Axes(campaign_ids, axes.stages, axes.given),
        wide(evidence.trials), wide(evidence.successes), wide(evidence.amount_count),
        wide(evidence.amount_sum), wide(evidence.amount_square_sum),
    )  # fmt: skip


def _rates(inputs: _Inputs, axes: Axes, at: int, priors: Priors) -> Rates:
    """The model of one stage."""
    stage, given = axes.stages[at], axes.given[at]
    trials = inputs.tensor(inputs.evidence.trials[..., at])
    total = inputs.tensor(inputs.evidence.successes[..., at])
    possible = torch.ones(trials.shape[1], dtype=torch.bool, device=inputs.device)
    possible[0] = stage not in stages.MESSAGE_STAGES or bool(total[:, 0].sum() > 0)
    trials, total = trials * possible, total * possible
    rate = (float(total.sum()) + priors.rate(stage, given)) / (float(trials.sum()) + 1)
    first = (priors.match_mean, priors.match)
    plan = _design(
        inputs, priors, base=(np.log(rate / (1 - rate)), priors.base), sent=priors.sent,
        campaign=priors.campaign, match=first if given is None else (0.0, priors.match_later),
    )  # fmt: skip
    link = laplace.Logit()
    effects = laplace.fit(plan, link, trials.reshape(-1), total.reshape(-1), priors.cell)
    columns = plan.columns.reshape(*trials.shape, -1)
    return Rates(columns, effects, Counts(trials, total), possible)


def _amounts(inputs: _Inputs, priors: Priors) -> Amounts:
    """The model of the amounts of conversions."""
    counts = inputs.evidence
    count, total = inputs.tensor(counts.amount_count), inputs.tensor(counts.amount_sum)
    dispersion = amount_dispersion(counts)
    level = np.log((float(total.sum()) + priors.amount) / (float(count.sum()) + 1))
    plan = _design(
        inputs, priors, base=(level, priors.base), sent=priors.amount_effect,
        campaign=priors.amount_effect, match=(0.0, priors.match_later),
    )  # fmt: skip
    link = laplace.Log(dispersion)
    effects = laplace.fit(plan, link, count.reshape(-1), total.reshape(-1), priors.cell)
    columns = plan.columns.reshape(*count.shape, -1)
    return Amounts(columns, effects, Counts(count, total), dispersion)


def _design(
    inputs: _Inputs, priors: Priors, *, base: tuple[float, float], sent: float, campaign: float,
    match: tuple[float, float],
) -> design.Design:  # fmt: skip
    effects = design.effects(
        inputs.traits, inputs.tensor(inputs.stimuli.match),
        inputs.tensor(inputs.stimuli.attributes), base=base, sent=sent, campaign=campaign,
        match_prior=match,
    )  # fmt: skip
    return design.assemble(effects, priors.learned)


def _has_amounts(personas: PersonaSet, campaigns: Sequence[Campaign], axes: Axes) -> bool:
    """Whether conversions have amounts: some were seen, or campaigns give them a price."""
    priced = any(value.amount_share > 0 for one in campaigns for value in one.values)
    return Stage.CONVERT in axes.stages and (priced or personas.evidence.amount_count.sum() > 0)

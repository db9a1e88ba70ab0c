"""Personas as the contract's messages."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from dramatis.api.persona.v1 import persona_pb2 as pb
from dramatis.persona.domain.persona_event import PersonaEvent
from dramatis.persona.domain.standing import Standing
from dramatis.persona.domain.trait_shift import TraitShift
from dramatis.persona.domain.traits import TraitTable
from dramatis.wire.campaigns import from_stage
from dramatis.wire.times import to_timestamp


def persona(standing: Standing, at: int, *, posteriors: bool) -> pb.Persona:
    """The persona at place `at`, with posteriors or without."""
    personas = standing.personas
    return pb.Persona(
        persona_id=personas.persona_ids[at],
        display_name=personas.persona_names[at],
        description=standing.sentences[at],
        weight=float(personas.weights[at]),
        recipient_count=standing.sizes[at],
        traits=[_trait(trait, at) for trait in standing.traits],
        posteriors=list(_posteriors(standing, at)) if posteriors else (),
        exemplar_recipient_ids=standing.exemplars[at],
        persona_set_id=personas.persona_set_id,
        parent_persona_ids=standing.parents[at] if standing.parents else (),
        shifts=[_shift(standing, each, at) for each in standing.shifts if each.amounts[at]],
    )


def _shift(standing: Standing, shift: TraitShift, at: int) -> pb.TraitShift:
    return pb.TraitShift(
        persona_id=standing.personas.persona_ids[at],
        trait=shift.trait,
        before=shift.before[at],
        after=shift.after[at],
        explanation=shift.why,
    )


def rehearsed(
    standing: Standing, now: Sequence[TraitShift], then: Sequence[TraitShift]
) -> pb.RehearseSignalResponse:
    """What would change: shifts without the signal, and with it."""
    held = {each.trait: each.after for each in now}
    moves = [replace(each, before=held.get(each.trait, each.before)) for each in then]
    return pb.RehearseSignalResponse(
        shifts=[
            _shift(standing, move, at)
            for move in moves
            for at, amount in enumerate(move.amounts)
            if amount
        ],
        persona_set_id=standing.personas.persona_set_id,
    )


def _trait(trait: TraitTable, at: int) -> pb.Trait:
    counts, chances = trait.counts[at], trait.probabilities[at]
    message = pb.Trait(
        name=trait.name,
        states=[
            pb.TraitState(state=trait.states[s], probability=chances[s], count=counts[s])
            for s in np.argsort(-chances, kind="stable").tolist()
        ],
    )
    if trait.mean is not None and trait.deviation is not None and np.isfinite(trait.mean[at]):
        message.mean = float(trait.mean[at])
        message.standard_deviation = float(trait.deviation[at])
    return message


def _posteriors(standing: Standing, at: int) -> Iterator[pb.ResponsePosterior]:
    """Yields one per campaign and stage; what evidence does not explain is the forecast's."""
    table, evidence = standing.snapshot.responses, standing.personas.evidence
    for c, campaign_id in enumerate(table.axes.campaign_ids):
        for g, stage in enumerate(table.axes.stages):
            alpha, beta = float(table.alpha[at, c, g]), float(table.beta[at, c, g])
            trials = float(evidence.trials[at, c, g])
            yield pb.ResponsePosterior(
                campaign_id=campaign_id,
                stage=from_stage(stage),
                given_stage=from_stage(table.axes.given[g]),
                alpha=alpha,
                beta=beta,
                trials=trials,
                forecast_weight=float(table.forecast_weights[g]),
                forecast_weight_lower_90=float(table.forecast_weights_lower[g]),
                forecast_weight_upper_90=float(table.forecast_weights_upper[g]),
            )


def event(happened: PersonaEvent) -> pb.PersonaEvent:
    """What happened to a persona."""
    return pb.PersonaEvent(
        persona_event_id=happened.event_id,
        kind=pb.PersonaEventKind.ValueType(happened.change),
        from_persona_ids=happened.before,
        to_persona_ids=happened.after,
        persona_set_id=happened.persona_set_id,
        create_time=to_timestamp(happened.time),
        explanation=happened.explanation,
    )

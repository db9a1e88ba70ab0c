"""Persona sets as records of the `personas` topic."""

from dramatis.api.persona.v1 import snapshot_pb2 as pb
from dramatis.core.evidence import EvidenceCounts
from dramatis.core.persona_set import PersonaSet
from dramatis.wire.axes import from_stages, to_axes
from dramatis.wire.tensors import from_tensor, to_tensor
from dramatis.wire.times import from_timestamp, to_timestamp


def to_persona_set(record: bytes) -> PersonaSet:
    """The set that a record holds.

    Raises:
        google.protobuf.message.DecodeError: the bytes are no persona set.
    """
    message = pb.PersonaSet.FromString(record)
    return PersonaSet(
        tenant=message.tenant,
        persona_set_id=message.persona_set_id,
        create_time=from_timestamp(message.create_time, "create_time"),
        persona_ids=tuple(message.persona_ids),
        persona_names=tuple(message.persona_names),
        weights=from_tensor(message.weights),
        recipient_count=message.recipient_count,
        trait_names=tuple(message.trait_names),
        traits=from_tensor(message.traits),
        affinity_names=tuple(message.affinity_names),
        affinities=from_tensor(message.affinities),
        evidence=_evidence(message.evidence),
    )


def from_persona_set(personas: PersonaSet) -> bytes:
    """The record of a set; equal sets give equal bytes."""
    return pb.PersonaSet(
        tenant=personas.tenant,
        persona_set_id=personas.persona_set_id,
        create_time=to_timestamp(personas.create_time),
        persona_ids=personas.persona_ids,
        persona_names=personas.persona_names,
        weights=to_tensor(personas.weights),
        recipient_count=personas.recipient_count,
        trait_names=personas.trait_names,
        traits=to_tensor(personas.traits),
        affinity_names=personas.affinity_names,
        affinities=to_tensor(personas.affinities),
        evidence=_message(personas.evidence),
    ).SerializeToString(deterministic=True)


def _evidence(message: pb.EvidenceCounts) -> EvidenceCounts:
    return EvidenceCounts(
        axes=to_axes(message.campaign_ids, message.stages, message.given_stages),
        trials=from_tensor(message.trials),
        successes=from_tensor(message.successes),
        amount_count=from_tensor(message.amount_count),
        amount_sum=from_tensor(message.amount_sum),
        amount_square_sum=from_tensor(message.amount_square_sum),
    )


def _message(evidence: EvidenceCounts) -> pb.EvidenceCounts:
    return pb.EvidenceCounts(
        campaign_ids=evidence.axes.campaign_ids,
        stages=from_stages(evidence.axes.stages),
        given_stages=from_stages(evidence.axes.given),
        trials=to_tensor(evidence.trials),
        successes=to_tensor(evidence.successes),
        amount_count=to_tensor(evidence.amount_count),
        amount_sum=to_tensor(evidence.amount_sum),
        amount_square_sum=to_tensor(evidence.amount_square_sum),
    )

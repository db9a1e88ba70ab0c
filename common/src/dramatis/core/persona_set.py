"""All personas of a tenant at one moment, as those see them who simulate and optimise."""

from dataclasses import dataclass
from datetime import datetime

from dramatis.core.arrays import Floats
from dramatis.core.evidence import EvidenceCounts


@dataclass(frozen=True, slots=True)
class PersonaSet:
    """Personas with what they are like and what they answered.

    Attributes:
        tenant: whose they are.
        persona_set_id: unique within the tenant.
        create_time: when it was made.
        persona_ids: [P].
        persona_names: [P] a few words each.
        weights: [P] shares of all recipients; sum to 1.
        recipient_count: recipients that the personas stand for.
        trait_names: [D] names of the encoded columns.
        traits: [P, D] means of the personas in encoded space.
        affinity_names: [M] categories that members may have an affinity for.
        affinities: [P, M] mean affinity of the members, in [0, 1].
        evidence: real responses so far.
    """

    tenant: str
    persona_set_id: str
    create_time: datetime
    persona_ids: tuple[str, ...]
    persona_names: tuple[str, ...]
    weights: Floats
    recipient_count: int
    trait_names: tuple[str, ...]
    traits: Floats
    affinity_names: tuple[str, ...]
    affinities: Floats
    evidence: EvidenceCounts

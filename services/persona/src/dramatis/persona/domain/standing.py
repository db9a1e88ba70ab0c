"""What persona stands for at one moment: the set, the snapshot, and portraits of the personas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum

import numpy as np

from dramatis.core import membership
from dramatis.core.arrays import Floats
from dramatis.core.encoding import encode
from dramatis.core.forecast import ForecastTable
from dramatis.core.membership import MembershipModel
from dramatis.core.persona_set import PersonaSet
from dramatis.core.snapshot import Snapshot
from dramatis.persona.domain import beliefs, counts, lineage
from dramatis.persona.domain.chain import axes
from dramatis.persona.domain.formed import EVERYONE, Formed, Known
from dramatis.persona.domain.population import Population
from dramatis.persona.domain.traits import TraitTable


class Change(IntEnum):
    """What can happen to a persona; the numbers are those of the contract."""

    BORN = 1
    FADED = 4


@dataclass(frozen=True, slots=True)
class PersonaEvent:
    """Something happened to one persona in a set."""

    change: Change
    persona_id: str
    persona_set_id: str
    time: datetime
    explanation: str

    @property
    def event_id(self) -> str:
        """Unique within the tenant."""
        return f"{self.persona_set_id}-{self.persona_id}-{self.change.name.lower()}"


@dataclass(frozen=True, slots=True)
class Written:
    """A snapshot as bytes.

    Attributes:
        record: what the log says: the snapshot, or where it is.
        body: the snapshot, where the record only says where it is; else empty.
    """

    record: bytes
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest publication of a tenant.

    Attributes:
        personas: the set with its evidence.
        snapshot: the posteriors, of the same personas in the same order.
        sentences: [P] what sets each apart.
        sizes: [P] recipients whose closest persona it is.
        exemplars: [P] ids of recipients close to the centre.
        traits: what members are like.
        number: of the set, counted up from 0.
        serial: the last number that a persona id was given.
        token: where the log stands after it, encoded; empty while the log does not hold it.
        written: the snapshot as it is written; None before it has its name.
    """

    personas: PersonaSet
    snapshot: Snapshot
    sentences: tuple[str, ...]
    sizes: tuple[int, ...]
    exemplars: tuple[tuple[str, ...], ...]
    traits: tuple[TraitTable, ...]
    number: int = 0
    serial: int = 0
    token: str = field(default="", compare=False)
    written: Written | None = field(default=None, compare=False, repr=False)

    @property
    def tenant(self) -> str:
        """Whose it is."""
        return self.personas.tenant

    def index(self, persona_id: str) -> int | None:
        """Place of a persona on the axis P."""
        ids = self.personas.persona_ids
        return ids.index(persona_id) if persona_id in ids else None


def in_writing(standing: Standing) -> Written:
    """The snapshot of a standing that has its name, as bytes."""
    if standing.written is None:
        raise ValueError("a standing is published after it has its name")
    return standing.written


def assign(model: MembershipModel, population: Population) -> Floats:
    """[R, P] memberships of the population."""
    return membership.predict(model, encode(model.encodings, population.values))


def establish(
    tenant: str, formed: Formed, population: Population, before: Standing | None, now: datetime
) -> tuple[Standing, Sequence[PersonaEvent]]:
    """The standing that newly formed personas make, and what that means for the old ones.

    The snapshot has no id yet: that is a hash of its message.
    """
    number = before.number + 1 if before else 0
    set_id = f"set-{number:06d}"
    ids, serial, events = _identify(formed, population, before, set_id, now)
    personas = PersonaSet(
        tenant=tenant,
        persona_set_id=set_id,
        create_time=now,
        persona_ids=ids,
        persona_names=formed.names,
        weights=formed.weights,
        recipient_count=len(population.recipient_ids),
        trait_names=tuple(name for e in formed.model.encodings for name in e.names),
        traits=formed.model.centroids,
        affinity_names=formed.affinity_names,
        affinities=formed.affinities,
        evidence=formed.evidence,
    )
    standing = Standing(
        personas=personas,
        snapshot=_snapshot(personas, formed.model, None, now),
        sentences=formed.sentences,
        sizes=tuple(formed.sizes.tolist()),
        exemplars=formed.exemplars,
        traits=formed.traits,
        number=number,
        serial=serial,
    )
    return standing, events


def refresh(
    standing: Standing,
    population: Population,
    known: Known,
    forecast: ForecastTable | None,
    now: datetime,
) -> Standing:
    """The same personas with all evidence and the newest forecast; not named, not published."""
    q = assign(standing.snapshot.membership, population)
    about = axes(population, known.campaign_ids, known.priced)
    evidence = counts.count(population, q, about)
    count = len(population.recipient_ids)
    personas = replace(standing.personas, evidence=evidence, recipient_count=count)
    snapshot = _snapshot(personas, standing.snapshot.membership, forecast, now)
    sizes = np.bincount(q.argmax(axis=1), minlength=q.shape[1])
    return replace(
        standing,
        personas=personas,
        snapshot=snapshot,
        sizes=tuple(sizes.tolist()),
        token="",
        written=None,
    )


def _snapshot(
    personas: PersonaSet, model: MembershipModel, forecast: ForecastTable | None, now: datetime
) -> Snapshot:
    return Snapshot(
        tenant=personas.tenant,
        snapshot_id="",
        create_time=now,
        persona_set_id=personas.persona_set_id,
        simulation_id=forecast.simulation_id if forecast else "",
        persona_ids=personas.persona_ids,
        persona_names=personas.persona_names,
        membership=model,
        responses=beliefs.update(personas.evidence, personas.persona_ids, forecast),
        weights=personas.weights,
    )


def _identify(
    formed: Formed, population: Population, before: Standing | None, set_id: str, now: datetime
) -> tuple[tuple[str, ...], int, Sequence[PersonaEvent]]:
    """Ids of the new personas, the last serial number, and who was born or faded."""
    if formed.names == (EVERYONE,):
        ids: tuple[str, ...] = (EVERYONE,)
        serial = before.serial if before else 0
    else:
        ids, serial = lineage.identify(
            _continued(formed, population, before),
            before.personas.persona_ids if before else (),
            before.serial if before else 0,
        )
    old = _names(before)
    born = [
        PersonaEvent(Change.BORN, each, set_id, now, f"Found afresh: {sentence}")
        for each, sentence in zip(ids, formed.sentences, strict=True)
        if each not in old
    ]
    faded = [
        PersonaEvent(
            Change.FADED, each, set_id, now, f"No group of recipients is like {name!r} now."
        )
        for each, name in old.items()
        if each not in ids
    ]
    return ids, serial, [*born, *faded]


def _continued(formed: Formed, population: Population, before: Standing | None) -> list[int | None]:
    """For each new persona the old one that it continues; `EVERYONE` is never continued."""
    if before is None or before.personas.persona_ids == (EVERYONE,):
        return [None] * len(formed.names)
    return lineage.match(assign(before.snapshot.membership, population), formed.memberships)


def _names(standing: Standing | None) -> Mapping[str, str]:
    if standing is None:
        return {}
    personas = standing.personas
    return dict(zip(personas.persona_ids, personas.persona_names, strict=True))

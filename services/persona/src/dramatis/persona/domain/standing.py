"""What persona stands for at one moment: the set, the snapshot, and portraits of the personas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from dramatis.core import membership
from dramatis.core.arrays import Floats
from dramatis.core.encoding import encode
from dramatis.core.forecast import ForecastTable
from dramatis.core.membership import MembershipModel
from dramatis.core.persona_set import PersonaSet
from dramatis.core.snapshot import Snapshot
from dramatis.persona.domain import beliefs, moving
from dramatis.persona.domain.chain import axes
from dramatis.persona.domain.formed import EVERYONE, HALF_LIFE_DAYS, Formed, Known, describe
from dramatis.persona.domain.moving import Anchor, fade
from dramatis.persona.domain.persona_event import PersonaEvent
from dramatis.persona.domain.population import Population
from dramatis.persona.domain.succession import Occasion, Past, Succession, succeed
from dramatis.persona.domain.trait_shift import TraitShift
from dramatis.persona.domain.traits import TraitTable


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
        parents: [P] ids of the personas that each came from; none for those found afresh.
        heirs: id of every persona that is no more -> id of the one that lives in its place.
        anchor: where the stream moves the personas from; None where they do not move so.
        shifts: how far signals of the world moved the traits.
        starting: whether they are base personas, made of probabilities that came with the tenant.
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
    parents: tuple[tuple[str, ...], ...] = ()
    heirs: Mapping[str, str] = field(default_factory=dict)
    anchor: Anchor | None = None
    shifts: tuple[TraitShift, ...] = ()
    starting: bool = False
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

    def living(self, persona_id: str) -> str:
        """The persona in whose place one lives on that is no more; itself, if it is not known."""
        return self.heirs.get(persona_id, persona_id)


def in_writing(standing: Standing) -> Written:
    """The snapshot of a standing that has its name, as bytes."""
    if standing.written is None:
        raise ValueError("a standing is published after it has its name")
    return standing.written


def assign(model: MembershipModel, population: Population) -> Floats:
    """[R, P] memberships of the population."""
    return membership.predict(model, encode(model.encodings, population.values))


def establish(
    tenant: str,
    formed: Formed,
    population: Population,
    before: Standing | None,
    now: datetime,
    why: str = "Found afresh",
    half_life_days: float = HALF_LIFE_DAYS,
) -> tuple[Standing, Sequence[PersonaEvent]]:
    """The standing that newly formed personas make, and what that means for the old ones.

    The snapshot has no id yet: that is a hash of its message.
    """
    number = before.number + 1 if before else 0
    occasion = Occasion(f"set-{number:06d}", now, why)
    found = _succeed(formed, population, before, occasion)
    personas = PersonaSet(
        tenant=tenant,
        persona_set_id=occasion.set_id,
        create_time=now,
        persona_ids=found.ids,
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
        serial=found.serial,
        parents=found.parents,
        heirs=found.heirs,
        anchor=_anchor(formed, population, half_life_days),
        starting=formed.precision is None,
    )
    return standing, found.events


def refresh(
    standing: Standing,
    population: Population,
    known: Known,
    forecast: ForecastTable | None,
    now: datetime,
    half_life_days: float = HALF_LIFE_DAYS,
) -> Standing:
    """The same personas, moved with the stream, with all evidence and the newest forecast.

    Not named, not published.
    """
    model = standing.snapshot.membership
    x, weights = encode(model.encodings, population.values), fade(population.seen, half_life_days)
    if standing.anchor and len(x):
        model = moving.move(model, standing.anchor, x, weights)
    about = axes(population, known.campaign_ids, known.priced)
    formed = describe(population, about, model, None, x, weights)
    return renew(standing, formed, population, forecast, now)


def renew(
    standing: Standing,
    formed: Formed,
    population: Population,
    forecast: ForecastTable | None,
    now: datetime,
) -> Standing:
    """The same personas as this population shows them now.

    They keep their names, and those examples who may still be profiled.
    """
    there = set(population.recipient_ids)
    personas = replace(
        standing.personas,
        weights=formed.weights,
        recipient_count=len(population.recipient_ids),
        traits=formed.model.centroids,
        affinity_names=formed.affinity_names,
        affinities=formed.affinities,
        evidence=formed.evidence,
    )
    return replace(
        standing,
        personas=personas,
        snapshot=_snapshot(personas, formed.model, forecast, now),
        sizes=tuple(formed.sizes.tolist()),
        exemplars=tuple(tuple(e for e in ids if e in there) for ids in standing.exemplars),
        traits=formed.traits,
        shifts=(),
        token="",
        written=None,
    )


def alike(one: Standing, other: Standing) -> bool:
    """Whether others would see no difference; the snapshots have their ids."""
    mine, theirs = _figures(one), _figures(other)
    return (
        _seen(one) == _seen(other) and len(mine) == len(theirs) and all(map(_equal, mine, theirs))
    )


def _seen(standing: Standing) -> tuple[object, ...]:
    return standing.snapshot.snapshot_id, standing.sizes, standing.exemplars


def _equal(one: Floats, other: Floats) -> bool:
    return np.array_equal(one, other, equal_nan=True)


def _figures(standing: Standing) -> Sequence[Floats]:
    personas, tables = standing.personas, standing.traits
    figures = [table for t in tables for table in (t.counts, t.mean, t.deviation)]
    return [personas.weights, personas.traits, personas.affinities] + [
        each for each in figures if each is not None
    ]


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


def _anchor(formed: Formed, population: Population, half_life_days: float) -> Anchor | None:
    """None where there is no distance to move by, or nobody to move them."""
    if formed.precision is None or not formed.precision.size:
        return None
    x = encode(formed.model.encodings, population.values)
    weights = fade(population.seen, half_life_days)
    return moving.anchor(formed.model, formed.precision, x, weights, population.newest)


def _succeed(
    formed: Formed, population: Population, before: Standing | None, occasion: Occasion
) -> Succession:
    past = _past(before)
    everybody = np.ones((len(population.recipient_ids), 0))
    old = assign(before.snapshot.membership, population) if before else everybody
    fixed = (EVERYONE,) if formed.names == (EVERYONE,) else ()
    return succeed(past, old, formed.memberships, formed.sentences, occasion, fixed)


def _past(before: Standing | None) -> Past:
    """`EVERYONE` has no children: all come from it."""
    if before is None:
        return Past()
    ids = before.personas.persona_ids
    return Past(
        ids=ids,
        names=before.personas.persona_names,
        parents=before.parents or ((),) * len(ids),
        heirs=before.heirs,
        serial=before.serial,
        apart=ids == (EVERYONE,),
    )

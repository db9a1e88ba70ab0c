"""A standing as the store keeps it: the records of the log, and the portraits as JSON."""

import json

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.core.attributes import AttributeKind
from dramatis.persona.domain.standing import Standing, Written
from dramatis.persona.domain.traits import TraitTable
from dramatis.wire import personas, snapshots


def dump(standing: Standing) -> tuple[bytes, str]:
    """The set and the portraits; its snapshot is written already."""
    portraits = {
        "sentences": standing.sentences,
        "sizes": standing.sizes,
        "exemplars": standing.exemplars,
        "traits": [_from_trait(trait) for trait in standing.traits],
        "number": standing.number,
        "serial": standing.serial,
    }
    return (
        personas.from_persona_set(standing.personas),
        json.dumps(portraits, separators=(",", ":")),
    )


def load(persona_set: bytes, written: Written, portraits: str, token: str) -> Standing:
    """What `dump` wrote, with the snapshot, and where the log stood after it."""
    held = json.loads(portraits)
    return Standing(
        personas=personas.to_persona_set(persona_set),
        snapshot=snapshots.to_snapshot(written.body or written.record),
        sentences=tuple(held["sentences"]),
        sizes=tuple(held["sizes"]),
        exemplars=tuple(map(tuple, held["exemplars"])),
        traits=tuple(map(_to_trait, held["traits"])),
        number=held["number"],
        serial=held["serial"],
        token=token,
        written=written,
    )


def _from_trait(trait: TraitTable) -> list[object]:
    tables = (trait.counts, trait.mean, trait.deviation)
    return [trait.name, trait.kind, trait.states, *(_list(table) for table in tables)]


def _list(table: Floats | None) -> object:
    return None if table is None else table.tolist()


def _to_trait(row: list[object]) -> TraitTable:
    name, kind, states, counts, mean, deviation = row
    assert isinstance(states, list)
    return TraitTable(
        name=str(name),
        kind=AttributeKind(str(kind)),
        states=tuple(states),
        counts=np.array(counts, dtype=float),
        mean=None if mean is None else np.array(mean, dtype=float),
        deviation=None if deviation is None else np.array(deviation, dtype=float),
    )

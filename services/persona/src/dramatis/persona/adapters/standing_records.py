"""A standing as the store keeps it: the records of the log, and the portraits as JSON."""

import json
from dataclasses import astuple
from typing import Any

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.core.attributes import AttributeKind
from dramatis.persona.domain.moving import Anchor
from dramatis.persona.domain.standing import Standing, Written
from dramatis.persona.domain.trait_shift import TraitShift
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
        "parents": standing.parents,
        "heirs": standing.heirs,
        "anchor": standing.anchor and _from_anchor(standing.anchor),
        "shifts": [astuple(each) for each in standing.shifts],
        "starting": standing.starting,
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
        parents=tuple(map(tuple, held.get("parents", ()))),
        heirs=held.get("heirs", {}),
        anchor=_to_anchor(held["anchor"]) if held.get("anchor") else None,
        shifts=tuple(_to_shift(*each) for each in held.get("shifts", ())),
        starting=held.get("starting", False),
        token=token,
        written=written,
    )


def _from_anchor(anchor: Anchor) -> dict[str, object]:
    return {name: _plain(getattr(anchor, name)) for name in Anchor.__dataclass_fields__}


def _plain(value: Floats | float) -> object:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _to_anchor(held: dict[str, Any]) -> Anchor:
    tables = {name: np.array(held[name], dtype=float) for name in held if name != "newest"}
    return Anchor(
        centroids=tables["centroids"],
        offsets=tables["offsets"],
        precision=tables["precision"],
        means=tables["means"],
        shares=tables["shares"],
        newest=held["newest"],
    )


def _to_shift(trait: str, before: list[float], after: list[float], why: str) -> TraitShift:
    return TraitShift(trait, tuple(before), tuple(after), why)


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

"""A mapping file, checked: every fault with file, line, column and what was expected."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jsonschema import Draft202012Validator

from dramatis.cli.bulk.mapping import (
    DEFAULT_REJECTED_SHARE,
    Cell,
    ConsentMapping,
    EventMapping,
    FileMapping,
    Kinds,
    RecipientMapping,
)
from dramatis.runtime.schema_faults import explain, suggest
from dramatis.runtime.yaml_marks import Document, Kind, Problem, Steps, load

_KIND: Final = Kind(
    "a mapping",
    "docs/bulk.md",
    "MAPPING_INVALID",
    lambda steps: steps == ("max_rejected_share",),
)
ATTRIBUTE_KINDS: Final = ("number", "amount", "rank", "flag", "category", "time", "affinity")


@dataclass(frozen=True)
class Vocabulary:
    """The contract's words that a mapping may use.

    Attributes:
        kinds: of events, such as "order.completed", and the payload that each fills.
        fields: of events, such as "order.amount".
        maps: what the names of further fields begin with, that the tenant chooses.
        purposes: of consents.
        data_types: of consents.
    """

    kinds: Mapping[str, str]
    fields: Collection[str]
    maps: Collection[str]
    purposes: Collection[str]
    data_types: Collection[str]


@dataclass(frozen=True)
class MappingFile:
    """A mapping and the document it came from, for errors found later against the data."""

    mapping: FileMapping
    document: Document

    def check_columns(self, header: Sequence[str]) -> None:
        """Raises Invalid with each column of the mapping that the data does not have."""
        roots = {*header}
        self.document.refuse(
            [
                Problem(steps, f"no column {name!r} in the data" + suggest(name, header))
                for steps, name in _columns(self.document.data)
                if not roots & {name, name.partition(".")[0]}
            ]
        )


def read(path: Path, words: Vocabulary) -> MappingFile:
    """The mapping in `path`.

    Raises:
        Invalid: names every fault, one per line, as 'file:line:column: what is wrong'.
    """
    document = load(path, _KIND)
    validator = Draft202012Validator(schema())
    document.refuse([explain(error) for error in validator.iter_errors(document.data)])
    document.refuse(list(_contradictions(document.data, words)))
    digest = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    return MappingFile(_build(document.data, digest), document)


def schema() -> Any:
    """The JSON Schema (2020-12) of a mapping, as shipped."""
    text = files("dramatis.cli.bulk").joinpath("mapping_schema.json").read_text("utf-8")
    return json.loads(text)


def _contradictions(data: dict[str, Any], words: Vocabulary) -> Iterable[Problem]:
    """What each part allows and the whole does not."""
    if len(data.keys() & {"events", "recipients"}) != 1:
        yield Problem((), "a mapping says what the rows are: either events or recipients")
    for steps, cell in _cells(data):
        yield from _cell_faults(steps, cell)
    if "events" in data:
        yield from _event_words(data["events"], words)
    for index, consent in enumerate(data.get("recipients", {}).get("consents", ())):
        at: Steps = ("recipients", "consents", index)
        yield from _unknown(consent["purpose"], words.purposes, (*at, "purpose"))
        data_type = consent.get("data_type", "all")
        yield from _unknown(data_type, words.data_types, (*at, "data_type"))
        if "third_party" in consent and data_type != "third_party":
            yield Problem((*at, "third_party"), "only with 'data_type: third_party'", True)


def _event_words(events: dict[str, Any], words: Vocabulary) -> Iterable[Problem]:
    kind = events["kind"]
    steps: Steps = ("events", "kind")
    if isinstance(kind, str):
        yield from _unknown(kind, words.kinds, steps)
        kinds = [kind]
    else:
        kinds = list(kind["values"].values())
        for text, each in kind["values"].items():
            yield from _unknown(each, words.kinds, (*steps, "values", text))
    payloads = {words.kinds.get(each) for each in kinds} | {"context", "attribution"}
    for name in events.get("fields", {}):
        at: Steps = ("events", "fields", name)
        if name not in words.fields and not name.startswith(tuple(words.maps)):
            text = f"an event has no field {name!r}" + suggest(name, words.fields)
            yield Problem(at, text, True)
        elif name.partition(".")[0] not in payloads and None not in payloads:
            yield Problem(at, f"no row of these kinds has a field {name!r}", True)


def _unknown(word: str, known: Iterable[str], steps: Steps) -> Iterable[Problem]:
    known = list(known)
    if word not in known:
        yield Problem(steps, f"{word!r} is not known" + suggest(word, known))


def _cells(data: dict[str, Any]) -> Iterator[tuple[Steps, Any]]:
    """Yields every place that holds a cell, and what stands there."""
    events, recipients = data.get("events", {}), data.get("recipients", {})
    for part, cells in (("events", events), ("recipients", recipients)):
        for key in ("recipient", "time", "time_zone"):
            if key in cells:
                yield (part, key), cells[key]
        for key in ("fields", "attributes"):
            for name, cell in cells.get(key, {}).items():
                yield (part, key, name), cell
    for index, consent in enumerate(recipients.get("consents", ())):
        yield ("recipients", "consents", index, "time"), consent["time"]


def _cell_faults(steps: Steps, cell: Any) -> Iterable[Problem]:
    attribute = steps[1] == "attributes"
    if isinstance(cell, str):
        if attribute:
            yield from _unknown(cell, ATTRIBUTE_KINDS, steps)
        return
    if "zone" in cell and not _is_zone(cell["zone"]):
        text = f"no time zone {cell['zone']!r}; expected an IANA name such as Europe/Berlin"
        yield Problem((*steps, "zone"), text)
    if "column" in cell and "value" in cell:
        yield Problem((*steps, "value"), "either a column or a value, not both", True)
    if not attribute and not cell.keys() & {"column", "value"}:
        yield Problem(steps, "missing 'column': where the value comes from")
    if "order" in cell and cell["type"] != "rank":
        yield Problem(
            (*steps, "order"), f"an order needs the type rank, not {cell['type']!r}", True
        )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _columns(data: dict[str, Any]) -> Iterator[tuple[Steps, str]]:
    """Yields each column that the mapping names, and where."""
    for steps, cell in _cells(data):
        if steps[1] == "attributes" and (isinstance(cell, str) or "column" not in cell):
            yield steps, str(steps[2])
        if isinstance(cell, dict):
            for key in cell.keys() & {"column", "currency_column", "times"}:
                yield (*steps, key), cell[key]
        elif steps[1] != "attributes":
            yield steps, cell
    events = data.get("events", {})
    ids = events.get("id", [])
    for index, name in enumerate([ids] if isinstance(ids, str) else ids):
        yield ("events", "id", index), name
    if isinstance(events.get("kind"), dict):
        yield ("events", "kind", "column"), events["kind"]["column"]
    for index, consent in enumerate(data.get("recipients", {}).get("consents", ())):
        for key in consent.keys() & {"column", "proof"}:
            yield ("recipients", "consents", index, key), consent[key]


def _build(data: dict[str, Any], digest: str) -> FileMapping:
    rows = _events(data["events"]) if "events" in data else _recipients(data["recipients"])
    return FileMapping(
        rows,
        data.get("delimiter", ""),
        data.get("encoding", "utf-8"),
        data.get("max_rejected_share", DEFAULT_REJECTED_SHARE),
        digest,
    )


def _events(data: dict[str, Any]) -> EventMapping:
    ids, kind = data.get("id", ()), data["kind"]
    return EventMapping(
        _cell(data["recipient"]),
        _cell(data["time"]),
        Kinds(fixed=kind)
        if isinstance(kind, str)
        else Kinds(kind["column"], "", kind["values"], kind.get("other") == "skip"),
        (ids,) if isinstance(ids, str) else tuple(ids),
        {name: _cell(cell) for name, cell in data.get("fields", {}).items()},
    )


def _recipients(data: dict[str, Any]) -> RecipientMapping:
    return RecipientMapping(
        _cell(data["recipient"]),
        _cell(data["time_zone"]) if "time_zone" in data else None,
        {name: _attribute(name, each) for name, each in data.get("attributes", {}).items()},
        tuple(_consent(each) for each in data.get("consents", ())),
    )


def _attribute(name: str, data: Any) -> Cell:
    if isinstance(data, str):
        return Cell(name, type=data)
    return _cell({"column": name, **data})


def _consent(data: dict[str, Any]) -> ConsentMapping:
    return ConsentMapping(
        data["purpose"],
        data.get("data_type", "all"),
        data["column"],
        data["states"],
        _cell(data["time"]),
        data.get("source", ""),
        data.get("proof", ""),
        data.get("third_party", ""),
    )


def _cell(data: Any) -> Cell:
    if isinstance(data, str):
        return Cell(data)
    given = dict(data)
    given["unsigned"] = given.get("unsigned") == "true"
    given["order"] = tuple(given.get("order", ()))
    return Cell(**given)

"""The file that says how tenants' networks are laid out, checked: every fault with its place."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from dramatis.persona.domain.network.rules import FAMILIES, Rules
from dramatis.runtime.schema_faults import explain
from dramatis.runtime.yaml_marks import Document, Kind, Problem, Steps, load

REASON: Final = "NETWORK_INVALID"
NUMBERS: Final = frozenset({"most_parents", "least_rows", "half_life_days"})
_KIND: Final = Kind(
    "a layout of networks", "docs/network.md", REASON, lambda steps: steps[-1:][0] in NUMBERS
)


def read(path: str) -> Callable[[str], Rules]:
    """The rules of each tenant by a file, or by the one that is part of persona.

    Raises:
        Invalid: names every fault, one per line, as 'file:line:column: what is wrong'.
    """
    ours = _rules(_packaged().data)
    told = _rules(load_checked(Path(path)).data) if path else {}
    default = told.get("", ours[""])
    return lambda tenant: told.get(tenant, default)


def load_checked(path: Path) -> Document:
    """The file, as its schema says and without contradictions.

    Raises:
        Invalid: names every fault, one per line, as 'file:line:column: what is wrong'.
    """
    document = load(path, _KIND)
    validator = Draft202012Validator(schema())
    document.refuse([explain(error) for error in validator.iter_errors(document.data)])
    document.refuse([p for steps, told in _parts(document.data) for p in _faults(told, steps)])
    return document


def schema() -> Any:
    """The JSON Schema (2020-12) of the file, as shipped."""
    text = files("dramatis.persona.adapters").joinpath("network_schema.json")
    return json.loads(text.read_text("utf-8"))


def _packaged() -> Document:
    with as_file(files("dramatis.persona.adapters").joinpath("network.yaml")) as path:
        return load_checked(path)


def _parts(data: Any) -> Iterator[tuple[Steps, Any]]:
    """Yields each network that the file describes, and where."""
    if "default" in data:
        yield ("default",), data["default"]
    for tenant, told in data.get("tenants", {}).items():
        yield ("tenants", tenant), told


def _rules(data: Any) -> Mapping[str, Rules]:
    """By tenant; the default's name is empty."""
    return {("" if len(s) == 1 else str(s[1])): _build(told) for s, told in _parts(data)}


def _build(told: Mapping[str, Any]) -> Rules:
    plain = Rules({})
    return Rules(
        nodes={name: tuple(parents) for name, parents in told["nodes"].items()},
        learn={name: tuple(parents) for name, parents in told.get("learn", {}).items()},
        most_parents=int(told.get("most_parents", plain.most_parents)),
        least_rows=int(told.get("least_rows", plain.least_rows)),
        half_life_days=told.get("half_life_days", plain.half_life_days),
    )


def _faults(told: Mapping[str, Any], steps: Steps) -> Iterator[Problem]:
    """Yields what each part allows and the whole does not."""
    nodes = told["nodes"]
    for number in NUMBERS & set(told):
        if not math.isfinite(told[number]):
            yield Problem((*steps, number), f"{number} must be a finite number")
    for key in ("nodes", "learn"):
        for child, parents in told.get(key, {}).items():
            for at, parent in enumerate(parents):
                place = (*steps, key, child, at)
                if parent in parents[:at]:
                    yield Problem(place, f"{parent!r} stands twice")
                if parent in FAMILIES and parent not in nodes:
                    yield Problem(place, f"the family {parent!r} has no nodes here")
    try:
        TopologicalSorter(nodes).prepare()
    except CycleError as error:
        around = error.args[1]
        told_so = f"{around[-1]} depends on itself: {' -> '.join(around)}"
        yield Problem((*steps, "nodes", around[-1]), told_so, at_key=True)

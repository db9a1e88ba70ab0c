"""The file of base personas, checked: every fault with its line and column."""

import json
import math
from collections.abc import Iterator, Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from dramatis.core.attributes import AttributeKind
from dramatis.persona.domain.base_personas import BasePersona, BasePersonas, Bell, Chances
from dramatis.runtime.schema_faults import explain
from dramatis.runtime.yaml_marks import Kind, Problem, Steps, load

REASON: Final = "BASE_PERSONAS_INVALID"
EXAMPLE: Final = "example"
"""Names the file that is shipped."""
WORDS: Final = frozenset({AttributeKind.CATEGORY, AttributeKind.FLAG})
CLOSE: Final = 1e-6


def find(told: str, tenant: str) -> BasePersonas | None:
    """The base personas of a tenant, as a setting tells.

    Args:
        told: "" for none, "example" for those shipped, a file for all tenants, or a folder that
            holds `<tenant>.yaml` for each tenant who has some.
        tenant: whose.

    Raises:
        Invalid: names every fault, one per line, as 'file:line:column: what is wrong'.
    """
    if not told:
        return None
    if told == EXAMPLE:
        with as_file(files("dramatis.persona.adapters").joinpath("base_personas.yaml")) as path:
            return read(path)
    path = Path(told)
    if path.is_dir():
        path = path / f"{tenant}.yaml"
        if not path.exists():
            return None
    return read(path)


def read(path: Path) -> BasePersonas:
    """The base personas in a file.

    Raises:
        Invalid: names every fault, one per line, as 'file:line:column: what is wrong'.
    """
    document = load(path, _KIND)
    schema = json.loads(
        files("dramatis.persona.adapters").joinpath("base_schema.json").read_text("utf-8")
    )
    document.refuse([explain(e) for e in Draft202012Validator(schema).iter_errors(document.data)])
    document.refuse([*_contradictions(document.data)])
    return _build(document.data)


def _is_number(steps: Steps) -> bool:
    """worth; personas.1.share; personas.1.traits.age.mean, or a level in its place."""
    return steps == ("worth",) or steps[2:] == ("share",) or (len(steps) == 5 and "traits" in steps)


_KIND: Final = Kind("base personas", "docs/base-personas.md", REASON, _is_number)


def _contradictions(told: Mapping[str, Any]) -> Iterator[Problem]:
    """Yields what each part allows and the whole does not."""
    total = sum(each["share"] for each in told["personas"])
    if not abs(total - 1) <= CLOSE:
        yield Problem(("personas",), f"the shares sum to {total:g}; expected 1")
    if not math.isfinite(told["worth"]):
        yield Problem(("worth",), "worth must be a finite number")
    names = [each["name"] for each in told["personas"]]
    for at, each in enumerate(told["personas"]):
        steps: Steps = ("personas", at)
        if each["name"] in names[:at]:
            yield Problem((*steps, "name"), f"a second persona named {each['name']!r}")
        for name in sorted(set(told["kinds"]) - set(each["traits"])):
            yield Problem((*steps, "traits"), f"missing {name!r}, which 'kinds' names")
        for name, trait in each["traits"].items():
            yield from _faults((*steps, "traits", name), told["kinds"].get(name), trait)


def _faults(steps: Steps, kind: str | None, trait: Mapping[str, float]) -> Iterator[Problem]:
    if kind is None:
        yield Problem(steps, f"{steps[-1]!r} is not among 'kinds'", True)
    elif not all(math.isfinite(each) for each in trait.values()):
        yield Problem(steps, "expected finite numbers")
    elif kind in WORDS:
        yield from _chances(steps, kind, trait)
    elif set(trait) != {"mean", "deviation"}:
        yield Problem(steps, f"a {kind} has 'mean' and 'deviation'")
    elif trait["deviation"] <= 0:
        yield Problem((*steps, "deviation"), "deviation must be more than 0")
    elif kind == AttributeKind.AFFINITY and not 0 <= trait["mean"] <= 1:
        yield Problem((*steps, "mean"), f"an affinity is in 0..1, not {trait['mean']:g}")


def _chances(steps: Steps, kind: str, trait: Mapping[str, float]) -> Iterator[Problem]:
    if kind == AttributeKind.FLAG and set(trait) != {"yes", "no"}:
        yield Problem(steps, "a flag has the probabilities of 'yes' and 'no'")
    for level, chance in trait.items():
        if not 0 <= chance <= 1:
            yield Problem((*steps, level), f"a probability is in 0..1, not {chance:g}")
    if not abs(sum(trait.values()) - 1) <= CLOSE:
        yield Problem(steps, f"the probabilities sum to {sum(trait.values()):g}; expected 1")


def _build(told: Mapping[str, Any]) -> BasePersonas:
    kinds = {name: AttributeKind(kind) for name, kind in told["kinds"].items()}
    personas = tuple(
        BasePersona(
            name=each["name"],
            sentence=each.get("sentence", each["name"]),
            share=each["share"],
            traits={name: _trait(kinds[name], trait) for name, trait in each["traits"].items()},
        )
        for each in told["personas"]
    )
    return BasePersonas(told["worth"], kinds, personas)


def _trait(kind: AttributeKind, told: Mapping[str, float]) -> Bell | Chances:
    return told if kind in WORDS else Bell(told["mean"], told["deviation"])

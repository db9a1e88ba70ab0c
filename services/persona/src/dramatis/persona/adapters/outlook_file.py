"""The file that says what world signals do to traits, checked: every fault with line and column."""

import json
import math
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from dramatis.persona.domain.signals import Outlook, Rule, Tone
from dramatis.runtime.schema_faults import explain
from dramatis.runtime.yaml_marks import Kind, Problem, Steps, load

REASON: Final = "OUTLOOK_INVALID"


def find(told: str, tenant: str) -> Outlook | None:
    """The rules of a tenant.

    Args:
        told: "" for none, a file for all tenants, or a folder that holds `<tenant>.yaml` for each
            tenant who has some.
        tenant: whose.

    Raises:
        Invalid: names every fault, one per line, as 'file:line:column: what is wrong'.
    """
    path = Path(told)
    if told and path.is_dir():
        path = path / f"{tenant}.yaml"
        told = told if path.exists() else ""
    return read(path) if told else None


def read(path: Path) -> Outlook:
    """The rules in a file.

    Raises:
        Invalid: names every fault, one per line, as 'file:line:column: what is wrong'.
    """
    document = load(path, _KIND)
    text = files("dramatis.persona.adapters").joinpath("outlook_schema.json").read_text("utf-8")
    validator = Draft202012Validator(json.loads(text))
    document.refuse([explain(each) for each in validator.iter_errors(document.data)])
    document.refuse([*_contradictions(document.data)])
    return _build(document.data)


def _is_number(steps: Steps) -> bool:
    return steps in {("half_life_days",), ("limit",)} or (len(steps) == 3 and steps[-1] == "shift")


_KIND: Final = Kind("rules for world signals", "docs/world-signals.md", REASON, _is_number)


def _contradictions(told: Mapping[str, Any]) -> Iterator[Problem]:
    """Yields what each part allows and the whole does not."""
    if not math.isfinite(told["limit"]):
        yield Problem(("limit",), "limit must be a finite number")
    seen: set[tuple[str, str, str]] = set()
    for at, each in enumerate(told["rules"]):
        steps: Steps = ("rules", at)
        if not abs(each["shift"]) <= told["limit"]:
            yield Problem((*steps, "shift"), f"a shift is within the limit of {told['limit']:g}")
        name = (each["topic"], each["sentiment"], each["trait"])
        if name in seen:
            yield Problem(steps, "a second rule of this topic, sentiment and trait")
        seen.add(name)


def _build(told: Mapping[str, Any]) -> Outlook:
    rules = [
        Rule(each["topic"], Tone(each["sentiment"]), each["trait"], each["shift"], each["why"])
        for each in told["rules"]
    ]
    limits = told["limit"], told["half_life_days"]
    return Outlook(rules, *limits, told.get("region_trait", ""))

"""A spec file, checked: every fault with file, line, column and what was expected."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from dramatis.cli.backtest.spec import Campaign, Feature, FeatureType, Outcome, Spec, Stage
from dramatis.runtime.schema_faults import explain, named, suggest
from dramatis.runtime.yaml_marks import Document, Kind, Problem, Steps, load

_NUMBERS: Final = frozenset({"value", "empty", "cost_per_send", "budget", "max_rejected_share"})


@dataclass(frozen=True)
class SpecFile:
    """A spec and the document it came from, for errors found later against the data."""

    spec: Spec
    document: Document


def read(path: Path) -> SpecFile:
    """The spec in `path`.

    Raises:
        Invalid: names every fault, one per line, as 'file:line:column: what is wrong'.
    """
    document = load(path, _KIND)
    document.refuse([explain(error) for error in _validator().iter_errors(document.data)])
    document.refuse(list(_contradictions(document.data)))
    return SpecFile(_build(document.data, path.stem), document)


def schema() -> Any:
    """The JSON Schema (2020-12) of a spec, as shipped."""
    text = files("dramatis.cli.backtest").joinpath("spec_schema.json").read_text("utf-8")
    return json.loads(text)


def unknown_columns(document: Document, spec: Spec, header: Sequence[str]) -> list[Problem]:
    """A problem for each column that the spec names and the CSV does not have."""
    columns: list[tuple[Steps, str, bool]] = [(("arm", "column"), spec.arm_column, False)]
    columns += [(("outcomes", i, "column"), o.column, False) for i, o in enumerate(spec.outcomes)]
    columns += [(("features", f.column), f.column, True) for f in spec.features]
    return [
        Problem(steps, f"no column {column!r} in the data" + suggest(column, header), at_key)
        for steps, column, at_key in columns
        if column not in header
    ]


def unseen_arms(document: Document, spec: Spec, counts: Mapping[str, int]) -> list[Problem]:
    """A problem for each arm of the spec that no row of the data has."""
    found = [name for name in counts if name not in spec.arms]
    problems = []
    for steps, arm, at_key in [
        (("arm", "control"), spec.control, False),
        *((("campaigns", c.arm), c.arm, True) for c in spec.campaigns),
    ]:
        if not counts.get(arm):
            hint = suggest(arm, found) if found else ""
            text = f"no row has {arm!r} in the arm column {spec.arm_column!r}"
            problems.append(Problem(steps, text + hint, at_key))
    return problems


def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def _is_number(steps: Steps) -> bool:
    """Whether the schema has a number there; a feature may be called like one."""
    numeric = bool(steps) and (steps[-1] in _NUMBERS or steps[-2:-1] == ("propensity",))
    return numeric and not (steps[0] == "features" and len(steps) == 2)


_KIND: Final = Kind("a spec", "docs/backtest.md", "SPEC_INVALID", _is_number)


def _contradictions(data: dict[str, Any]) -> Iterable[Problem]:
    """What each part allows and the whole does not."""
    yield from _numbers(data, ())
    outcomes = data["outcomes"]
    names = [str(o.get("name", o["column"])) for o in outcomes]
    for i, name in enumerate(names):
        if name in names[:i]:
            yield Problem(("outcomes", i), f"a second outcome named {name!r}; give it a `name`")
    if data["objective"] not in names:
        text = f"the objective {data['objective']!r} is not among the outcomes"
        yield Problem(("objective",), text + suggest(data["objective"], names))
    yield from _reused(data)
    control, arms = data["arm"]["control"], list(data["campaigns"])
    if control in arms:
        yield Problem(("campaigns", control), "the control arm sends nothing: not a campaign", True)
    yield from _propensity(data["arm"].get("propensity"), [control, *arms])
    for column, feature in data["features"].items():
        if isinstance(feature, dict) and "order" in feature and feature["type"] != "ordinal":
            steps = ("features", column, "order")
            yield Problem(steps, f"an order needs the type ordinal, not {feature['type']!r}", True)


def _numbers(value: Any, steps: Steps) -> Iterable[Problem]:
    if isinstance(value, float) and not math.isfinite(value):
        yield Problem(steps, f"{named(steps)} must be a finite number, not {value}")
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _numbers(inner, (*steps, key))


def _reused(data: dict[str, Any]) -> Iterable[Problem]:
    arm, outcomes = data["arm"]["column"], [o["column"] for o in data["outcomes"]]
    for i, column in enumerate(outcomes):
        if column == arm:
            yield Problem(("outcomes", i, "column"), f"{column!r} is the arm column already")
        elif outcomes.index(column) < i:
            yield Problem(("outcomes", i, "column"), f"{column!r} is another outcome already")
    for column in data["features"]:
        steps = ("features", column)
        if column == arm:
            yield Problem(steps, f"{column!r} is the arm column: it cannot be a feature", True)
        elif column in outcomes:
            text = f"{column!r} is an outcome: a feature must be known before the send"
            yield Problem(steps, text, True)


def _propensity(propensity: dict[str, float] | None, arms: list[str]) -> Iterable[Problem]:
    if propensity is None:
        return
    steps: Steps = ("arm", "propensity")
    for arm in propensity:
        if arm not in arms:
            yield Problem((*steps, arm), f"no arm {arm!r}" + suggest(arm, arms), True)
    absent = [a for a in arms if a not in propensity]
    if absent:
        yield Problem(steps, f"no propensity for {', '.join(map(repr, absent))}")
    elif abs(sum(propensity.values()) - 1) > 1e-3:
        yield Problem(steps, f"propensities sum to {sum(propensity.values()):.4g}, expected 1")


def _build(data: dict[str, Any], stem: str) -> Spec:
    arm = data["arm"]
    campaigns = _campaigns(data["campaigns"])
    propensity = arm.get("propensity")
    if propensity is not None:
        ordered = [propensity[a] for a in (arm["control"], *(c.arm for c in campaigns))]
        propensity = tuple(p / sum(ordered) for p in ordered)
    return Spec(
        name=data.get("name", stem),
        arm_column=arm["column"],
        control=arm["control"],
        campaigns=campaigns,
        outcomes=tuple(
            Outcome(
                o.get("name", o["column"]),
                Stage(o["stage"]),
                o["column"],
                o.get("value", 1.0),
                o.get("empty"),
            )
            for o in data["outcomes"]
        ),
        objective=data["objective"],
        features=tuple(_feature(column, f) for column, f in data["features"].items()),
        propensity=propensity,
        budget=data.get("budget"),
        max_rejected_share=data.get("max_rejected_share", 0.01),
        currency=data.get("currency", ""),
    )


def _campaigns(entries: dict[str, Any]) -> tuple[Campaign, ...]:
    slugs = [re.sub(r"[^a-z0-9]+", "-", arm.lower()).strip("-") or "campaign" for arm in entries]
    twice = {slug for slug, n in Counter(slugs).items() if n > 1} | {"control"}
    ids = [f"{slug}-{i + 1}" if slug in twice else slug for i, slug in enumerate(slugs)]
    return tuple(
        Campaign(
            campaign_id,
            arm,
            (entry or {}).get("name", arm),
            dict((entry or {}).get("stimulus") or {}),
            (entry or {}).get("cost_per_send", 0.0),
        )
        for campaign_id, (arm, entry) in zip(ids, entries.items(), strict=True)
    )


def _feature(column: str, entry: str | dict[str, Any]) -> Feature:
    if isinstance(entry, str):
        return Feature(column, FeatureType(entry))
    kind = FeatureType(entry["type"])
    return Feature(column, kind, tuple(entry.get("order", ())), entry.get("affinity", ""))

"""Tenants' policies from a YAML file; see examples/ingest_policy.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from dramatis.core.consent import DataType
from dramatis.core.errors import Unavailable
from dramatis.ingest.domain.permissions import UNASKED
from dramatis.ingest.domain.policy import Policies, Policy, Quota

_STRICT = ConfigDict(extra="forbid")
_Names = list[Annotated[str, Field(min_length=1, max_length=64)]]
_Type = Literal["behaviour", "location", "social", "third_party"]
_Event = Literal[
    "recipient_updated", "message", "site", "order", "support", "experiment_viewed", "social"
]


@dataclass(frozen=True)
class _Tenant:
    """One entry of the file."""

    __pydantic_config__ = _STRICT

    events: list[_Event] | Literal["all"] = "all"
    attributes: _Names | Literal["all"] = "all"
    properties: _Names | Literal["all"] = field(default_factory=list)
    unasked: Mapping[_Type, Literal["allowed", "denied"]] = field(default_factory=dict)
    items_per_second: Annotated[float, Field(gt=0)] = Quota().items_per_second
    burst_items: Annotated[float, Field(ge=1)] = Quota().burst_items


@dataclass(frozen=True)
class _File:
    __pydantic_config__ = _STRICT

    default: _Tenant = field(default_factory=_Tenant)
    tenants: Mapping[str, _Tenant] = field(default_factory=dict)


def read(path: str) -> Policies:
    """The policies in a file; those of a fresh installation where there is none.

    Raises:
        Unavailable: the file cannot be read, or something in it is not understood.
    """
    return parse(_loaded(Path(path))) if path else Policies()


def parse(content: Any) -> Policies:
    """The policies that a file's content says.

    Raises:
        Unavailable: something in it is not understood; the message says where.
    """
    try:
        file = TypeAdapter(_File).validate_python(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise _unusable(f"{where}: {first['msg']}") from None
    tenants = {name: _policy(each) for name, each in file.tenants.items()}
    return Policies(_policy(file.default), tenants)


def _policy(entry: _Tenant) -> Policy:
    said = {DataType[name.upper()]: word == "allowed" for name, word in entry.unasked.items()}
    names = {
        "recipient_updated.attributes": _names(entry.attributes),
        "site.properties": _names(entry.properties),
    }
    return Policy(
        None if entry.events == "all" else frozenset(entry.events),
        names,
        {**UNASKED, **said},
        Quota(entry.items_per_second, entry.burst_items),
    )


def _names(entry: _Names | Literal["all"]) -> tuple[str, ...] | None:
    return None if entry == "all" else tuple(entry)


def _loaded(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise _unusable(f"cannot read {path}: {error}") from error


def _unusable(why: str) -> Unavailable:
    return Unavailable(f"DRAMATIS_INGEST_POLICY: {why}", reason="BAD_POLICY")

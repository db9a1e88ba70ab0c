"""The third parties that the connectors' file describes, checked."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from dramatis.core.errors import Invalid
from dramatis.ingest.adapters.feeds.catalogue import PARTY_NUMBERS, load_checked, secret
from dramatis.ingest.domain.feeds.connector import Name
from dramatis.ingest.domain.third_party import Party
from dramatis.runtime.yaml_marks import Problem, Steps

MAX_MEGABYTES: Final = 256


@dataclass(frozen=True, slots=True)
class Column:
    """The attribute that a column becomes, and its kind."""

    attribute: str
    kind: str


@dataclass(frozen=True)
class Described:
    """One third party of the file.

    Attributes:
        party: for the use case.
        address: of the file; empty where it is a local one.
        path: of the local file.
        form: csv, parquet or jsonl.
        key: the column of recipients' ids.
        columns: by name.
        interval: between two readings.
        max_bytes: of the file.
        headers: that the server wants; they hold the secret.
    """

    party: Party
    address: str
    path: Path | None
    form: str
    key: str
    columns: Mapping[str, Column]
    interval: timedelta
    max_bytes: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def read(path: Path, environ: Mapping[str, str]) -> list[Described]:
    """The third parties in a file.

    Raises:
        Invalid: names every fault, one per line, as 'file:line:column: what is wrong'.
    """
    document = load_checked(path)
    described = document.data.get("third_party", [])
    document.refuse([*_contradictions(described)])
    problems, found = [], []
    for index, each in enumerate(described):
        try:
            found.append(_build(each, secret(each.get("token", {}), environ, path.parent), path))
        except Invalid as error:
            problems.append(Problem(("third_party", index, "token"), error.message))
    document.refuse(problems)
    return found


def _contradictions(described: list[dict[str, Any]]) -> Iterator[Problem]:
    """Yields what each part allows and the whole does not."""
    names: set[str] = set()
    written: dict[tuple[str, str], str] = {}
    for index, each in enumerate(described):
        steps: Steps = ("third_party", index)
        if each["name"] in names:
            yield Problem((*steps, "name"), f"a second third party named {each['name']!r}")
        names.add(each["name"])
        if ("address" in each) == ("path" in each):
            yield Problem(steps, "a third party has either an 'address' or a 'path'")
        for key in PARTY_NUMBERS & set(each):
            if not math.isfinite(each[key]):
                yield Problem((*steps, key), f"{key} must be a finite number")
        for column in each["attributes"].values():
            attribute = (each["tenant"], column["name"])
            if attribute in written:
                text = f"{column['name']!r} is written by {written[attribute]!r} too"
                yield Problem((*steps, "attributes"), text)
            written[attribute] = each["name"]


def _build(told: dict[str, Any], token: str, file: Path) -> Described:
    name = Name(told["tenant"], told["name"])
    columns = {
        column: Column(into["name"], into["kind"]) for column, into in told["attributes"].items()
    }
    return Described(
        Party(name, tuple(told["consents"]), timedelta(days=told["ttl_days"])),
        told.get("address", ""),
        file.parent / told["path"] if "path" in told else None,
        told["format"],
        told["key"],
        columns,
        timedelta(seconds=told.get("interval_seconds", 3600.0)),
        int(told.get("max_megabytes", MAX_MEGABYTES) * (1 << 20)),
        {"authorization": f"Bearer {token}"} if token else {},
    )

"""The file that describes the connectors, checked: every fault with its line and field."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from dramatis.core.errors import Invalid
from dramatis.ingest.domain.feeds.connector import Connector, Name
from dramatis.ingest.domain.feeds.plain_text import language
from dramatis.ingest.domain.feeds.topics import Words
from dramatis.ingest.domain.feeds.world_signal import SignalKind
from dramatis.runtime.schema_faults import explain
from dramatis.runtime.yaml_marks import Document, Kind, Problem, Steps, load

REASON: Final = "CONNECTORS_INVALID"
NUMBERS: Final = frozenset({"interval_seconds", "weight", "max_age_days"})
PARTY_NUMBERS: Final = frozenset({"interval_seconds", "ttl_days", "max_megabytes"})
SOCIAL: Final = frozenset({"mastodon", "bluesky"})
ONLY: Final[Mapping[str, str]] = {  # keys that one kind alone has
    "timeline": "mastodon", "tags": "mastodon", "stream": "mastodon", "token": "mastodon",
    "streaming_address": "mastodon", "query": "gdelt",
}  # fmt: skip


@dataclass(frozen=True)
class Described:
    """One connector of the file: what becomes of its items, and how they are had.

    Attributes:
        connector: for the use case.
        interval: between two readings.
        options: the other keys, as they stand in the file.
        token: the secret itself.
    """

    connector: Connector
    interval: timedelta
    options: Mapping[str, Any]
    token: str = field(default="", repr=False)


def read(path: Path, environ: Mapping[str, str]) -> list[Described]:
    """The connectors in a file.

    Raises:
        Invalid: names every fault, one per line, as 'file:line:column: what is wrong'.
    """
    document = load_checked(path)
    described = document.data.get("connectors", [])
    document.refuse([*_contradictions(described)])
    tokens = _tokens(document, described, environ)
    return [
        one for each, token in zip(described, tokens, strict=True) for one in _build(each, token)
    ]


def load_checked(path: Path) -> Document:
    """The file, as its schema says.

    Raises:
        Invalid: names every fault, one per line, as 'file:line:column: what is wrong'.
    """
    document = load(path, _KIND)
    validator = Draft202012Validator(schema())
    document.refuse([explain(error) for error in validator.iter_errors(document.data)])
    return document


def schema() -> Any:
    """The JSON Schema (2020-12) of the file, as shipped."""
    text = files("dramatis.ingest.adapters.feeds").joinpath("connectors_schema.json")
    return json.loads(text.read_text("utf-8"))


def _is_number(steps: Steps) -> bool:
    return len(steps) == 3 and steps[-1] in NUMBERS | PARTY_NUMBERS


_KIND: Final = Kind("a list of connectors", "docs/connectors.md", REASON, _is_number)


def _contradictions(described: list[dict[str, Any]]) -> Iterator[Problem]:
    """Yields what each part allows and the whole does not."""
    names = [each["name"] for each in described]
    for index, each in enumerate(described):
        steps: Steps = ("connectors", index)
        if each["name"] in names[:index]:
            yield Problem((*steps, "name"), f"a second connector named {each['name']!r}")
        for key, kind in ONLY.items():
            if key in each and each["kind"] != kind:
                yield Problem((*steps, key), f"{key!r} is for the kind {kind} only", True)
        if each["kind"] in ("rss", "mastodon") and "address" not in each:
            yield Problem(steps, f"missing 'address' for the kind {each['kind']}")
        if each["kind"] == "mastodon" and ("tags" in each) == ("timeline" in each):
            yield Problem(steps, "the kind mastodon takes either 'tags' or a 'timeline'")
        for key in NUMBERS & set(each):
            if not math.isfinite(each[key]):
                yield Problem((*steps, key), f"{key} must be a finite number")
        yield from _addresses(each, steps)
        yield from _searches(each, steps)


def _addresses(each: dict[str, Any], steps: Steps) -> Iterator[Problem]:
    wanted = ("ws://", "wss://") if each["kind"] == "bluesky" else ("http://", "https://")
    if not each.get("address", wanted[0]).startswith(wanted):
        text = f"an address of the kind {each['kind']} begins with {' or '.join(wanted)}"
        yield Problem((*steps, "address"), text)


def _searches(each: dict[str, Any], steps: Steps) -> Iterator[Problem]:
    for topic, words in each["topics"].items():
        if each["kind"] == "gdelt" and not (words or each.get("query")):
            text = f"the topic {topic!r} has no words, and there is no 'query' to search for"
            yield Problem((*steps, "topics", topic), text, True)


def _tokens(
    document: Document, described: list[dict[str, Any]], environ: Mapping[str, str]
) -> list[str]:
    """The secrets, each from where the file says it is."""
    problems: list[Problem] = []
    tokens = []
    for index, each in enumerate(described):
        try:
            tokens.append(secret(each.get("token", {}), environ, document.path.parent))
        except Invalid as error:
            problems.append(Problem(("connectors", index, "token"), error.message))
    document.refuse(problems)
    return tokens


def secret(told: Mapping[str, str], environ: Mapping[str, str], folder: Path) -> str:
    """The secret from where the file says it is; empty where it says nothing.

    Raises:
        Invalid: there is none.
    """
    if "env" in told:
        token = environ.get(told["env"], "")
        place = f"the environment variable {told['env']}"
    elif "file" in told:
        path = folder / told["file"]
        token = path.read_text("utf-8").strip() if path.is_file() else ""
        place = f"the file {told['file']}"
    else:
        return ""
    if not (token.isascii() and token.isprintable() and token):
        raise Invalid(f"{place} holds no token", reason=REASON)
    return token


def _build(told: dict[str, Any], token: str) -> Iterator[Described]:
    """Yields the connectors of an entry: one, or one per hashtag."""
    interval = timedelta(seconds=told.get("interval_seconds", 600.0))
    for tag in told.get("tags", [None]):
        name = told["name"] if tag is None else f"{told['name']}/{tag.removeprefix('#')}"
        options = {**told, "tag": tag.removeprefix("#")} if tag is not None else told
        yield Described(_connector(told, name), interval, options, token)


def _connector(told: dict[str, Any], name: str) -> Connector:
    social = told["kind"] in SOCIAL
    return Connector(
        name=Name(told["tenant"], name),
        source_kind=told["kind"],
        kind=SignalKind.SOCIAL if social else SignalKind.NEWS,
        topics=Words({topic: words or () for topic, words in told["topics"].items()}),
        entities=Words(told.get("entities", {})),
        region_code=told.get("region", ""),
        language_code=language(told.get("language")),
        languages=tuple(told.get("languages", ())),
        weight=told.get("weight", 0.1 if social else 0.5),
        max_age=timedelta(days=told.get("max_age_days", 7.0)),
        once=told.get("near_duplicates", "once") == "once",
    )

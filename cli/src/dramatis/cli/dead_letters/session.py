"""One run of `dramatis dead-letters`."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from dramatis.cli.adapters.knocking import Door
from dramatis.cli.adapters.payloads import readable
from dramatis.cli.api_key import ingest_address, tenant_key
from dramatis.cli.dead_letters.letters import Filter, Letter, gather
from dramatis.cli.dead_letters.replay import replay
from dramatis.cli.service_log import open_service_log, read_to_end
from dramatis.cli.settings import environment, read_settings
from dramatis.runtime import topics
from dramatis.runtime.event_log import EventLog


async def show_counts(state: Path, config: Path | None, wanted: Filter, *, as_json: bool) -> None:
    """Prints how many letters there are, by reason, topic and reader."""
    async with open_service_log(read_settings(state, config)) as (log, _):
        letters = await _letters(log, wanted)
    rows = _counts(letters)
    if as_json:
        print(json.dumps(rows))
        return
    table = Table("reason", "topic", "reader", "waiting", "replayed", "oldest", "newest")
    now = datetime.now(UTC)
    for row in rows:
        ages = [_age(now - datetime.fromisoformat(row[each])) for each in ("oldest", "newest")]
        table.add_row(
            row["reason"], row["topic"], row["group"], f"{row['waiting']:,}",
            f"{row['replayed']:,}", *ages,
        )  # fmt: skip
    Console().print(table if rows else "no dead letters")


async def show_letters(
    state: Path, config: Path | None, wanted: Filter, limit: int, *, payload: bool
) -> None:
    """Prints the letters, each as one JSON document."""
    async with open_service_log(read_settings(state, config)) as (log, _):
        letters = await _letters(log, wanted)
    for letter in letters[:limit]:
        print(json.dumps(_told(letter, payload=payload), indent=1))


async def replay_letters(
    state: Path, config: Path | None, wanted: Filter, to: str | None, *, yes: bool, as_json: bool
) -> None:
    """Sends the letters that wait once more, or says how many it would be."""
    environ, address = environment(state, config), ingest_address(to)
    async with open_service_log(read_settings(state, config)) as (log, _):
        waiting = [each for each in await _letters(log, wanted) if not each.replayed]
        if not yes:
            _say({"would_replay": len(waiting)}, as_json=as_json)
            return
        door = Door(address, lambda tenant: tenant_key(tenant, state, environ))
        outcomes = await replay(waiting, log, door.knock)
    sent = outcomes.pop("", 0)
    _say(
        {"waiting": len(waiting) - sent, "replayed": sent, "refused": dict(outcomes)},
        as_json=as_json,
    )


async def _letters(log: EventLog, wanted: Filter) -> Sequence[Letter]:
    records = [
        record
        async for batch, _ in read_to_end(log, {topics.DEAD_LETTERS.name})
        for record in batch
    ]
    return [letter for letter in gather(records) if wanted.fits(letter)]


def _counts(letters: Sequence[Letter]) -> list[dict[str, Any]]:
    """One row per reason, topic and reader, the most frequent first."""
    grouped: dict[tuple[str, str, str], list[Letter]] = defaultdict(list)
    for letter in letters:
        grouped[letter.header("reason"), letter.header("topic"), letter.header("group")].append(
            letter
        )
    rows = [
        {
            "reason": reason, "topic": topic, "group": group,
            "waiting": sum(not each.replayed for each in those),
            "replayed": sum(each.replayed for each in those),
            "oldest": those[0].record.time.isoformat(),
            "newest": those[-1].record.time.isoformat(),
        }
        for (reason, topic, group), those in grouped.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: -row["waiting"])


def _told(letter: Letter, *, payload: bool) -> Mapping[str, Any]:
    record = letter.record
    told: dict[str, Any] = {
        "id": letter.id,
        "time": record.time.isoformat(),
        "replayed": letter.replayed,
        "place": f"{record.topic}:{record.partition}:{record.offset}",
        "headers": dict(record.headers),
    }
    if payload:
        told["payload"] = readable(record.headers.get("ce_type", ""), record.value)
    return told


def _say(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(told))
        return
    console = Console()
    if "would_replay" in told:
        console.print(f"{told['would_replay']:,} would be sent once more; --yes does it")
        return
    console.print(f"{told['replayed']:,} were sent once more, {told['waiting']:,} still wait")
    for reason, count in told["refused"].items():
        console.print(f"  {count:,} x refused again: {reason}", highlight=False)


def _age(delta: Any) -> str:
    seconds = int(delta.total_seconds())
    for name, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {name}"
    return f"{seconds} s"

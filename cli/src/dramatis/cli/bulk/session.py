"""One run of `dramatis ingest`, from the files' names to the last line."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from dramatis.cli.adapters.clients import IngestConnection
from dramatis.cli.adapters.event_sender import EventSender
from dramatis.cli.adapters.event_words import vocabulary
from dramatis.cli.adapters.patience import Patience
from dramatis.cli.adapters.recipient_sender import RecipientSender
from dramatis.cli.adapters.row_events import EventMaker
from dramatis.cli.adapters.row_recipients import RecipientMaker
from dramatis.cli.api_key import api_key, ingest_address
from dramatis.cli.bulk import job, mapping_file, sidecar
from dramatis.cli.bulk.csv_rows import CsvSource
from dramatis.cli.bulk.jsonl_rows import JsonlSource
from dramatis.cli.bulk.mapping import EventMapping, FileMapping
from dramatis.cli.bulk.meter import Meter, meter
from dramatis.cli.bulk.parquet_rows import ParquetSource
from dramatis.cli.bulk.ports import Fate, Maker, Sender
from dramatis.cli.bulk.rows import Source, format_of
from dramatis.cli.bulk.sidecar import SUFFIX, Job, Standing


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    Attributes:
        file: the data.
        mapping: what its columns mean.
        rejects: where rejected rows go; None for beside the file.
        progress: where the sidecar is; None for beside the file.
        again: whether to begin anew.
    """

    file: Path
    mapping: Path
    rejects: Path | None
    progress: Path | None
    again: bool

    @property
    def places(self) -> tuple[Path, Path]:
        """Of the sidecar and of the rejects."""
        name = self.file.name
        return (
            self.progress or self.file.with_name(name + SUFFIX),
            self.rejects or self.file.with_name(name + ".rejects.csv"),
        )


@dataclass(frozen=True)
class Opened:
    """File and mapping, found to fit each other."""

    source: Source
    mapping: FileMapping
    maker: Maker
    digest: str


def open_files(options: Options) -> Opened:
    """The file and what makes messages of its rows.

    Raises:
        Invalid: one of them cannot be read, or they do not fit each other.
    """
    read = mapping_file.read(options.mapping, vocabulary())
    mapping = read.mapping
    source = _source(options.file, mapping, list(mapping.rows.columns))
    if source.columns:
        read.check_columns(source.columns)
    digest = sidecar.digest(options.file)
    rows = mapping.rows
    maker = EventMaker(rows, digest) if isinstance(rows, EventMapping) else RecipientMaker(rows)
    return Opened(source, mapping, maker, digest)


def _source(path: Path, mapping: FileMapping, wanted: Sequence[str]) -> Source:
    match format_of(path):
        case "parquet":
            return ParquetSource(path, wanted)
        case "jsonl":
            return JsonlSource(path, mapping.encoding)
    return CsvSource(path, mapping.delimiter, mapping.encoding)


async def run(
    options: Options, to: str | None, state: Path, patience: float, *, as_json: bool
) -> None:
    """Sends the file and prints what became of its rows.

    Raises:
        DramatisError: the files, or ingest; the message says what to do.
    """
    opened, address, key = open_files(options), ingest_address(to), api_key(state)
    console = Console(stderr=True)
    wanted = Job(opened.digest, opened.mapping.digest, address)
    standing = _standing(options, wanted, console)
    before, begun = standing.place.row, time.perf_counter()
    if not standing.finished:
        with meter(console, quiet=as_json) as told:
            async with IngestConnection(address, key) as connection:
                sender = _sender(opened, connection, Patience(patience, told.say))
                standing = await _ingest(options, opened, sender, standing, told)
    seconds = time.perf_counter() - begun
    _tell(_summary(options, standing, standing.place.row - before, seconds), as_json=as_json)


def _standing(options: Options, wanted: Job, console: Console) -> Standing:
    """Where to begin: where the same job ended, or at the beginning."""
    found = None if options.again else sidecar.load(options.places[0])
    if found is None or found.job != wanted:
        return Standing(wanted)
    if found.place.row:
        state = "is finished" if found.finished else "goes on"
        told = f"{options.file} {state} after row {found.place.row:,}; --again begins anew"
        console.print(told, highlight=False, markup=False)
    return found


def _sender(opened: Opened, connection: IngestConnection, patience: Patience) -> Sender:
    if isinstance(opened.mapping.rows, EventMapping):
        return EventSender(connection, patience)
    series = f"{opened.digest}-{opened.mapping.digest[:16]}"
    return RecipientSender(connection, patience, series)


async def _ingest(
    options: Options, opened: Opened, sender: Sender, standing: Standing, told: Meter
) -> Standing:
    share = opened.mapping.max_rejected_share
    return await job.ingest(
        opened.source, opened.maker, sender, standing, options.places, share, told
    )


def _summary(options: Options, standing: Standing, rows: int, seconds: float) -> dict[str, Any]:
    return {
        "file": str(options.file),
        "rows": standing.place.row,
        **{fate.value: standing.count(fate) for fate in Fate},
        "reasons": dict(standing.reasons),
        "rejects": str(options.places[1]),
        "this_run": {"rows": rows, "seconds": round(seconds, 3)},
    }


def _tell(summary: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(summary))
        return
    console, run = Console(), summary["this_run"]
    counts = ", ".join(f"{summary[fate.value]:,} {fate.value}" for fate in Fate)
    console.print(f"{summary['rows']:,} rows: {counts}", highlight=False)
    for reason, count in sorted(summary["reasons"].items(), key=lambda each: -each[1]):
        console.print(f"  {count:,} x {reason}", highlight=False, markup=False)
    if summary["reasons"]:
        console.print(f"rejected rows: {summary['rejects']}", highlight=False, markup=False)
    if run["seconds"]:
        rate = run["rows"] / run["seconds"]
        console.print(f"this run: {run['rows']:,} rows in {run['seconds']:.1f} s, {rate:,.0f}/s")

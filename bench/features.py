"""Persona from the log to features and posteriors, beside bare upserts of the rows that it writes.

A real persona process takes in a log full of events on the embedded log, with its store once on
SQLite and once on PostgreSQL; snapshots are made meanwhile as always. References, in the same run:
sqlite3 and asyncpg that upsert the same rows of features in the same batches and do nothing else.
A rate "per core" is events over the CPU seconds of the persona process, its start aside.
"""

import asyncio
import base64
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.ingest import server
from bench.support import persona_stream, report
from bench.support.persona_stream import Row, Taken

Bare = Callable[[Sequence[Sequence[Row]]], float]
"""Upserts the batches; returns the seconds it took."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many events the log holds, and CPU seconds of a start that are not counted."""

    events: int
    start_seconds: float


def measure(environ: Mapping[str, str], bare: Bare, size: Size) -> tuple[Taken, float]:
    """What persona made of the log, and rows per second of the reference."""
    records = list(persona_stream.events(size.events, seed=7))
    asyncio.run(persona_stream.fill(environ, records))
    taken = persona_stream.take_in(environ, size.events, size.start_seconds)
    batches = persona_stream.rows(records)
    return taken, sum(map(len, batches)) / bare(batches)


def embedded(size: Size) -> tuple[Taken, float]:
    """With the store on SQLite."""
    with tempfile.TemporaryDirectory() as state, tempfile.TemporaryDirectory() as folder:
        environ = {"DRAMATIS_STATE_DIR": state}
        return measure(environ, lambda rows: persona_stream.to_sqlite(Path(folder), rows), size)


def on_postgres(size: Size) -> tuple[Taken, float]:
    """With the store on PostgreSQL."""
    with ExitStack() as stack:
        dsn = stack.enter_context(server("postgres", "DRAMATIS_POSTGRES_DSN"))
        environ = {
            "DRAMATIS_STATE_DIR": stack.enter_context(tempfile.TemporaryDirectory()),
            "DRAMATIS_POSTGRES_DSN": dsn,
            "DRAMATIS_MASTER_KEY": base64.b64encode(os.urandom(32)).decode(),
        }
        return measure(environ, lambda rows: persona_stream.to_postgres(dsn, rows), size)


def measured(quick: bool) -> report.Report:
    """Both stores; quick: fewer events."""
    size = Size(10_000 if quick else 200_000, persona_stream.start_seconds())
    found = {"sqlite": embedded(size), "postgres": on_postgres(size)}
    ratios = {f"{name}_stream_vs_bare": taken.rate / bare for name, (taken, bare) in found.items()}
    figures = {"stream_events_per_second_core": found["postgres"][0].rate_per_core}
    for name, (taken, bare) in found.items():
        figures |= {
            f"{name}_events_per_second_core": taken.rate_per_core,
            f"{name}_events_per_second": taken.rate,
            f"{name}_bare_rows_per_second": bare,
        }
    return report.Report("features", ratios, figures)


if __name__ == "__main__":
    report.run(__doc__ or "", measured)

"""`dramatis ingest`: a file of events or recipients."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer


def ingest(
    file: Annotated[Path, typer.Argument(help="CSV, JSON Lines or Parquet.")],
    mapping: Annotated[Path, typer.Option(help="YAML that says what the columns mean.")],
    to: Annotated[str | None, typer.Option(help="Address of ingest, host:port.")] = None,
    state: Annotated[
        Path, typer.Option(help="State folder of `dramatis up`, for its API key.")
    ] = Path("state"),
    rejects: Annotated[
        Path | None, typer.Option(help="Where rejected rows go, .csv or .jsonl.")
    ] = None,
    progress_file: Annotated[
        Path | None, typer.Option(help="Where it is noted how far the file is.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Begin anew, whatever was done.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read all, show the first as they would be sent.")
    ] = False,
    show: Annotated[int, typer.Option(min=0, help="How many a dry run shows.")] = 3,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds without progress after which to give up.")
    ] = 600.0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document only.")] = False,
) -> None:
    """Send a file of events or recipients to ingest; each row has one effect, however often."""
    # Imported late: help and version need not wait for pyarrow.
    from dramatis.cli.bulk import dry, session  # noqa: PLC0415
    from dramatis.cli.bulk.session import Options  # noqa: PLC0415

    options = Options(file, mapping, rejects, progress_file, again)
    if dry_run:
        dry.run(options, show, as_json=json)
    else:
        asyncio.run(session.run(options, to, state, patience, as_json=json))

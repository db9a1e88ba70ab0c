"""`dramatis audit`: what ingest refused, took away or set aside, by day."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from dramatis.cli.adapters.clients import IngestConnection
from dramatis.cli.adapters.refusals import Refusal, refusals
from dramatis.cli.api_key import api_key, ingest_address


def audit(
    since: Annotated[str, typer.Option(help="First day, such as 2026-05-01; UTC.")] = "",
    until: Annotated[str, typer.Option(help="Last day.")] = "",
    to: Annotated[str | None, typer.Option(help="Address of ingest, host:port.")] = None,
    state: Annotated[
        Path, typer.Option(help="State folder of `dramatis up`, for its API key.")
    ] = Path("state"),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document only.")] = False,
) -> None:
    """Say what ingest refused, took away or set aside: rule, reason and count, never of whom."""
    found = asyncio.run(_all(ingest_address(to), api_key(state), since, until))
    console = Console()
    if json:
        console.print_json(data=[each._asdict() for each in found])
    else:
        console.print(_table(found))


async def _all(address: str, key: str, since: str, until: str) -> list[Refusal]:
    async with IngestConnection(address, key) as connection:
        return [each async for each in refusals(connection, since, until)]


def _table(found: list[Refusal]) -> Table:
    table = Table(*Refusal._fields)
    for each in found:
        table.add_row(*map(str, each))
    return table

"""`dramatis up`: all five services on one machine."""

import asyncio
import json
import os
import secrets
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.table import Table

from dramatis.cli.api_key import KEY_FILE, UP_TENANT
from dramatis.cli.backing import described, with_master_key
from dramatis.cli.config import read_config
from dramatis.cli.exits import ADDRESS_IN_USE
from dramatis.cli.fleet import Berth, Fleet, busy, default_berths, is_address
from dramatis.core.errors import Invalid

WATCH_SECONDS: Final = 1.0


async def up(
    state: Path,
    config: Path | None,
    backing: Mapping[str, str],
    console: Console,
    *,
    as_json: bool,
) -> None:
    """Runs the services until SIGINT or SIGTERM, then drains them.

    Args:
        state: their folder.
        config: file of settings.
        backing: further settings: where log and stores are.
        console: for people.
        as_json: whether to print where they listen as JSON.

    Raises:
        DramatisError: a service did not start or ended by itself.
        typer.Exit: an address is in use.
    """
    settings = {**(read_config(config) if config else {}), **backing}
    berths = tuple(_berth(berth, settings) for berth in default_berths())
    if taken := busy(berths):
        console.print(
            f"in use: {', '.join(taken)}. Stop what listens there, or choose other addresses, such "
            "as DRAMATIS_INGEST_GRPC_ADDRESS: 127.0.0.1:8411, in a file given by --config."
        )
        raise typer.Exit(ADDRESS_IN_USE)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    key = _key(state)
    settings = {**with_master_key(settings, state)}
    async with Fleet(state.absolute(), berths, UP_TENANT, key, settings) as fleet:
        with console.status("starting the five services"):
            await fleet.ready(lambda name: console.print(f"{name} is SERVING", highlight=False))
        _announce(berths, state, described(settings), console, as_json=as_json)
        while not stop.is_set():
            fleet.check()
            try:
                await asyncio.wait_for(stop.wait(), WATCH_SECONDS)
            except TimeoutError:
                continue
        console.print("draining")
    console.print("stopped")


def _berth(berth: Berth, settings: Mapping[str, str]) -> Berth:
    """Where settings or the environment move a service."""
    name = f"DRAMATIS_{berth.service.upper()}"

    def moved(kind: str, default: str) -> str:
        variable = f"{name}_{kind}_ADDRESS"
        address = settings.get(variable) or os.environ.get(variable) or default
        if not is_address(address):
            raise Invalid(f"{variable}: expected host:port, such as {default}, not {address!r}")
        return address

    where = {f"{kind.lower()}_address": moved(kind, at) for kind, at in berth.addresses.items()}
    return Berth(berth.service, **where)


def _key(state: Path) -> str:
    """The API key of this state folder; made at the first start, readable by its owner only."""
    path = state / KEY_FILE
    try:
        state.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text().strip()
    except OSError as error:
        raise Invalid(
            f"cannot use {state} as state folder: {error.strerror}; name one that you may "
            "write to with --state"
        ) from None


def _announce(
    berths: tuple[Berth, ...],
    state: Path,
    where: Mapping[str, str],
    console: Console,
    *,
    as_json: bool,
) -> None:
    if as_json:
        rows = [vars(berth) for berth in berths]
        told = {"services": rows, "api_key_file": str(state / KEY_FILE), **where}
        print(json.dumps(told), flush=True)
        return
    table = Table("service", "gRPC", "metrics and health", "HTTP edge")
    for berth in berths:
        edge = f"http://{berth.edge_address}/v1" if berth.edge_address else ""
        metrics = f"http://{berth.http_address}/metrics"
        table.add_row(berth.service, berth.grpc_address, metrics, edge)
    console.print(table)
    console.print(f"event log: {where['event_log']}   stores: {where['stores']}", highlight=False)
    console.print(f"API key: {state / KEY_FILE}   logs: {state / 'logs'}   Ctrl-C drains and stops")

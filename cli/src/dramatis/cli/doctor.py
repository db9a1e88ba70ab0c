"""`dramatis doctor`: what is here, what is not, and what to do about it."""

import asyncio
import importlib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from dramatis.cli import servers
from dramatis.cli.finding import Finding
from dramatis.cli.fleet import busy, default_berths
from dramatis.cli.settings import read_settings
from dramatis.cli.versions import versions
from dramatis.runtime.common_settings import Common

FREE_BYTES: Final = 1 << 30


def report(
    state: Path, config: Path | None, backing: Mapping[str, str], console: Console, *, as_json: bool
) -> bool:
    """Prints all findings; returns whether everything is fine.

    Raises:
        Invalid: the settings cannot be read.
    """
    findings = list(examine(state, read_settings(state, config, backing)))
    if as_json:
        console.print_json(data=[asdict(each) for each in findings])
    else:
        table = Table("", "what", "found", "advice")
        for each in findings:
            table.add_row(
                "ok" if each.fine else "[red]!![/red]", each.what, each.state, each.advice
            )
        console.print(table)
    return all(each.fine for each in findings)


def examine(state: Path, settings: Common) -> Iterator[Finding]:
    """Yields findings about installation, adapters, devices, ports and the state folder."""
    for name, number in versions().items():
        here = number != "missing"
        yield Finding(name, number, here, "" if here else "run `make setup` again")
    yield from asyncio.run(servers.look(settings))
    yield _gpu()
    for address in busy(default_berths()):
        yield Finding(address, "in use", False, "stop what listens there, or use `up --config`")
    yield _folder(state)


def _gpu() -> Finding:
    torch = importlib.import_module("torch")
    if torch.cuda.is_available():
        return Finding("GPU", torch.cuda.get_device_name())
    return Finding("GPU", "none: simulations run on the CPU")


def _folder(state: Path) -> Finding:
    nearest = next(each for each in (state.absolute(), *state.absolute().parents) if each.exists())
    if not os.access(nearest, os.W_OK):
        return Finding(str(state), "not writable", False, "choose another folder with --state")
    free = shutil.disk_usage(nearest).free
    if free < FREE_BYTES:
        return Finding(str(state), f"{free >> 20} MiB free", False, "make room for 1 GiB or more")
    return Finding(str(state), f"writable, {free >> 30} GiB free")

"""`dramatis doctor`: what is here, what is not, and what to do about it."""

import importlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from dramatis.cli.fleet import busy, default_berths
from dramatis.cli.versions import versions

FREE_BYTES: Final = 1 << 30


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        what: its name.
        state: what was found.
        fine: whether the services can run with that.
        advice: what to do where they cannot.
    """

    what: str
    state: str
    fine: bool = True
    advice: str = ""


def report(state: Path, console: Console, *, as_json: bool) -> bool:
    """Prints all findings; returns whether everything is fine."""
    findings = list(examine(state))
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


def examine(state: Path) -> Iterator[Finding]:
    """Yields findings about installation, adapters, devices, ports and the state folder."""
    for name, number in versions().items():
        here = number != "missing"
        yield Finding(name, number, here, "" if here else "run `make setup` again")
    yield Finding("event log and stores", "SQLite (embedded)")
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

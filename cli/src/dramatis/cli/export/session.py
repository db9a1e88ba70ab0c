"""One run of `dramatis export`."""

import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from dramatis.cli.adapters import feature_rows
from dramatis.cli.adapters.event_columns import to_row
from dramatis.cli.export import features, position
from dramatis.cli.export.forget import forget
from dramatis.cli.export.position import Asked
from dramatis.cli.export.run import Export
from dramatis.cli.service_log import open_service_log
from dramatis.cli.settings import read_settings
from dramatis.core.errors import Conflict, Invalid


async def export_events(
    out: Path, asked: Asked, state: Path, config: Path | None, *, as_json: bool
) -> None:
    """Writes new events, after taking those out who were erased."""
    begun = time.perf_counter()
    with alone(out):
        standing = position.load(out, asked)
        async with open_service_log(read_settings(state, config)) as (log, keyring):
            standing, removed = await forget(out, standing, keyring)
            export = Export(out, standing, keyring.names, to_row)
            with Console(stderr=True).status("exporting") as status:
                read = 0

                def tell(records: int) -> None:
                    nonlocal read
                    read += records
                    status.update(f"exporting: {read:,} records read")

                await export.run(log, tell)
    told = {
        "events": export.counts["events"], "unreadable": export.counts["unreadable"],
        "twice": export.counts["twice"], "removed": removed,
        "all_events": export.standing.events, "seconds": round(time.perf_counter() - begun, 3),
    }  # fmt: skip
    _tell(told, as_json=as_json)


async def export_features(
    out: Path, asked: Asked, state: Path, config: Path | None, *, as_json: bool
) -> None:
    """Adds a picture of all features, after taking those out who were erased."""
    begun, settings, now = time.perf_counter(), read_settings(state, config), datetime.now(UTC)
    with alone(out):
        standing = position.load(out, asked)
        async with open_service_log(settings) as (_, keyring):
            standing, removed = await forget(out, standing, keyring)
        with Console(stderr=True).status("exporting"):
            pages = feature_rows.pages(settings, asked.tenant, now)
            after = await features.take(out, standing, pages, now)
    told = {
        "values": after.events - standing.events, "removed": removed,
        "all_values": after.events, "seconds": round(time.perf_counter() - begun, 3),
    }  # fmt: skip
    _tell(told, as_json=as_json)


async def forget_erased(out: Path, state: Path, config: Path | None, *, as_json: bool) -> None:
    """Takes out of an export who was erased since."""
    with alone(out):
        standing = position.found(out)
        async with open_service_log(read_settings(state, config)) as (_, keyring):
            _, removed = await forget(out, standing, keyring)
    _tell({"removed": removed}, as_json=as_json)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keeps other runs away from a folder, which is made if missing.

    Raises:
        Invalid: it cannot be written.
        Conflict: another run is at work in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "_lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict(f"{folder}: another run is at work in this folder") from None
            yield
    except OSError as error:
        raise Invalid(f"{folder}: cannot be written: {error.strerror}") from None


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(told))
        return
    words = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in told.items())
    Console().print(words, highlight=False)

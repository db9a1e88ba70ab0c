"""The erased leave an export: files that name them are written anew without them."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dramatis.cli.export import parts, position
from dramatis.cli.export.position import Standing
from dramatis.runtime.keyring.ring import Keyring

AT_ONCE: Final = 1_000


async def forget(folder: Path, standing: Standing, keyring: Keyring) -> tuple[Standing, int]:
    """Takes those out who were erased since the last time; returns how many rows went.

    The files before are gone from the folder; copies elsewhere, and what the disk keeps of
    deleted files, are beyond it.
    """
    last, erased = standing.erasures, set[tuple[str, str]]()
    while entries := await keyring.erasures(last, AT_ONCE):
        erased |= {(each.tenant, each.pseudonym) for each in entries}
        last = entries[-1].number
    if not erased:
        return standing, 0
    removed = sum(_without(path, erased) for path in parts.files(folder))
    standing = replace(standing, erasures=last)
    position.save(folder, standing)
    return standing, removed


def _without(path: Path, erased: Collection[tuple[str, str]]) -> int:
    """Rewrites a file if it names one of them; returns how many rows went."""
    named = pq.read_table(path, columns=["tenant", "recipient"], partitioning=None)
    keep = pa.array(_kept(named, erased))
    gone = len(keep) - pc.sum(keep).as_py()
    if not gone:
        return 0
    if gone == len(keep):
        path.unlink()
    else:
        parts.write(path, pq.read_table(path, partitioning=None).filter(keep))
    return int(gone)


def _kept(named: pa.Table, erased: Collection[tuple[str, str]]) -> Iterator[bool]:
    pairs = zip(named["tenant"].to_pylist(), named["recipient"].to_pylist(), strict=True)
    return (pair not in erased for pair in pairs)

"""Snapshots as files: a folder per tenant, the newest few in it, each named after its contents."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

KEPT: Final = 3
_ENDING: Final = ".snapshot"
_UNFINISHED: Final = ".part"


class SnapshotFiles:
    """A folder of them. A file is there whole or not at all, but what disks do to it later shows.

    Its methods block. `save` raises OSError; what cannot be read is taken for damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def tenants(self) -> list[str]:
        """Of whom there are snapshots."""
        try:
            return sorted(unquote(each.name) for each in self._folder.iterdir() if each.is_dir())
        except OSError:
            return []

    def read(self, tenant: str) -> Iterator[bytes | None]:
        """Yields the tenant's snapshots, newest first; None for one that is damaged."""
        for path in self._newest_first(tenant):
            yield _sound(path)

    def find(self, tenant: str, digest: bytes) -> bytes | None:
        """The tenant's snapshot with this SHA-256, where it is kept and sound."""
        for path in self._newest_first(tenant):
            if _named(path) == digest.hex():
                return _sound(path)
        return None

    def save(self, tenant: str, body: bytes) -> None:
        """Keeps it as the newest, durably, and of those before it only the last few.

        The same once more is written once more: what is on disk may be damaged.
        """
        folder = self._of(tenant)
        folder.mkdir(parents=True, exist_ok=True)
        digest, before = _digest(body), self._newest_first(tenant)
        if before and _named(before[0]) == digest:
            path = before[0]
        else:
            number = _number(before[0]) + 1 if before else 0
            path = folder / f"{number:012}-{digest}{_ENDING}"
        _write(path, body)
        for old in self._newest_first(tenant)[KEPT:]:
            old.unlink()

    def _newest_first(self, tenant: str) -> list[Path]:
        return sorted(self._of(tenant).glob(f"*-*{_ENDING}"), reverse=True)

    def _of(self, tenant: str) -> Path:
        return self._folder / quote(tenant, safe="").replace(".", "%2E")


def _number(path: Path) -> int:
    return int(path.name.partition("-")[0])


def _named(path: Path) -> str:
    """The digest, in hexadecimal digits, that a file is named after."""
    return path.name.partition("-")[2].removesuffix(_ENDING)


def _sound(path: Path) -> bytes | None:
    """What is in the file; None where it cannot be read or is damaged."""
    try:
        body = path.read_bytes()
    except OSError:
        return None
    return body if _digest(body) == _named(path) else None


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _write(path: Path, body: bytes) -> None:
    """All of it or nothing, whatever ends the process in the middle."""
    unfinished = path.with_name(f"new{_UNFINISHED}")
    with unfinished.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

"""How far a file has been ingested: a small file beside it, whole or as it was before."""

import hashlib
import json
import os
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from dramatis.cli.bulk.ports import Done, Fate
from dramatis.cli.bulk.rows import Place
from dramatis.core.errors import Invalid

SUFFIX = ".ingest.json"


@dataclass(frozen=True)
class Job:
    """What is being done; another job begins anew.

    Attributes:
        file: digest of the data.
        mapping: digest of the mapping.
        to: address of ingest.
    """

    file: str
    mapping: str
    to: str


@dataclass(frozen=True)
class Standing:
    """How far a job is.

    Attributes:
        job: which.
        place: the end of the last row that is durable.
        fates: rows by what became of them.
        reasons: rows that were not accepted, by reason.
        rejects_bytes: of the rejects file, up to that row.
        finished: whether that was the last row.
    """

    job: Job
    place: Place = field(default_factory=Place)
    fates: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    rejects_bytes: int = 0
    finished: bool = False

    def after(self, done: Done, rejects_bytes: int) -> Self:
        """The standing after one more chunk."""
        return replace(
            self,
            place=done.chunk.end,
            fates=self.fates + Counter({fate.value: n for fate, n in done.fates.items()}),
            reasons=self.reasons + Counter(each.reason for each in done.rejects),
            rejects_bytes=rejects_bytes,
        )

    def count(self, fate: Fate) -> int:
        """How many rows met this fate."""
        return self.fates[fate]


def load(path: Path) -> Standing | None:
    """What the file says; None where it is not there.

    Raises:
        Invalid: it is not ours.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
        return _standing(data)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Invalid(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise Invalid(
            f"{path}: says not how far an ingest is; move it away to begin anew"
        ) from None


def _standing(data: dict[str, Any]) -> Standing:
    return Standing(
        Job(**data["job"]),
        Place(**data["place"]),
        Counter(data["fates"]),
        Counter(data["reasons"]),
        int(data["rejects_bytes"]),
        bool(data["finished"]),
    )


def _data(standing: Standing) -> dict[str, Any]:
    return {**vars(standing), "job": asdict(standing.job), "place": asdict(standing.place)}


def save(path: Path, standing: Standing) -> None:
    """Writes it, so that after a crash either the old one is there or the new one.

    Raises:
        Invalid: the folder cannot be written.
    """
    new = path.with_name(path.name + ".new")
    try:
        with new.open("w", encoding="utf-8") as file:
            json.dump(_data(standing), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise Invalid(
            f"{path}: cannot be written: {error.strerror}; name another place with --progress-file"
        ) from None


def digest(path: Path) -> str:
    """Of the bytes of a file, hexadecimal, 32 characters.

    Raises:
        Invalid: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise Invalid(f"{path}: cannot be read: {error.strerror}") from None

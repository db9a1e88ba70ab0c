"""How far an export is, and what it was asked for: a small file in its folder."""

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, Self

from dramatis.core.errors import Conflict, Invalid
from dramatis.runtime.log_token import LogToken

FILE_NAME: Final = "_export.json"


@dataclass(frozen=True)
class Asked:
    """What an export holds. Another choice needs another folder.

    Attributes:
        what: "events" or "features".
        tenant: only this one's events; "" for all.
        since, until: only events of this time, ISO 8601; "" for all.
        with_ids: whether the ids that the tenant uses are in it, beside pseudonyms.
    """

    tenant: str = ""
    since: str = ""
    until: str = ""
    with_ids: bool = False
    what: str = "events"


@dataclass(frozen=True)
class Standing:
    """How far an export is.

    Attributes:
        asked: what it holds.
        position: everything before it is in the folder.
        parts: how many were written; the next one has this number.
        erasures: up to this entry of the ledger, the erased are not in the folder.
        events: how many rows were written, of features too.
    """

    asked: Asked
    position: LogToken = field(default_factory=LogToken)
    parts: int = 0
    erasures: int = 0
    events: int = 0

    def after(self, position: LogToken, events: int) -> Self:
        """The standing after one more part."""
        parts, events = self.parts + 1, self.events + events
        return replace(self, position=self.position.merge(position), parts=parts, events=events)


def load(folder: Path, asked: Asked) -> Standing:
    """How far the export in a folder is; at its beginning where there is none.

    Raises:
        Invalid: the file cannot be read.
        Conflict: the export there holds something else.
    """
    path = folder / FILE_NAME
    try:
        data = json.loads(path.read_text("utf-8"))
        found = Asked(**data["asked"])
        position = LogToken.decode(data["position"])
        standing = Standing(found, position, data["parts"], data["erasures"], data["events"])
    except FileNotFoundError:
        return Standing(asked)
    except OSError as error:
        raise Invalid(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise Invalid(f"{path}: is not an export's") from None
    if found != asked:
        raise Conflict(f"{folder} holds an export of {_words(found)}; name another folder")
    return standing


def found(folder: Path) -> Standing:
    """How far the export in a folder is, whatever it was asked for.

    Raises:
        Invalid: there is none.
    """
    path = folder / FILE_NAME
    try:
        asked = Asked(**json.loads(path.read_text("utf-8"))["asked"])
    except (OSError, ValueError, KeyError, TypeError):
        raise Invalid(f"{folder}: holds no export") from None
    return load(folder, asked)


def save(folder: Path, standing: Standing) -> None:
    """Writes it, so that after a crash either the old one is there or the new one."""
    data = {**vars(standing), "asked": asdict(standing.asked)}
    data["position"] = standing.position.encode()
    new = folder / f"{FILE_NAME}.new"
    with new.open("w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / FILE_NAME)


def _words(asked: Asked) -> str:
    chosen = {name: value for name, value in vars(asked).items() if name != "what"}
    told = [f"{name}={value}" for name, value in chosen.items() if value]
    return f"{asked.what}: {', '.join(told) or 'all of them, without ids'}"

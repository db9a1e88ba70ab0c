"""The master key as a file beside the embedded state, for who runs everything on one machine."""

import base64
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from dramatis.core.errors import Unavailable
from dramatis.runtime.keyring import master
from dramatis.runtime.keyring.cipher import new_key
from dramatis.runtime.sqlite_session import make_folder

FILE_NAME: Final = "master.key"


def load_or_make(folder: Path) -> tuple[bytes, ...]:
    """The keys in the folder's key file, which is made if missing, readable by its owner only.

    Several processes may do so at once: all of them get the same key.

    Raises:
        Unavailable: the file cannot be read or made, or holds no key; the message says what to do.
    """
    path = folder / FILE_NAME
    if not path.exists():
        _make(path)
    try:
        keys = master.parse(path.read_text().replace("\n", ","))
    except (OSError, ValueError) as error:
        raise _unusable(path, error) from error
    if not keys:
        raise _unusable(path, "it is empty")
    return keys


def _make(path: Path) -> None:
    make_folder(path.parent)
    try:
        _write(path)
    except OSError as error:
        raise Unavailable(
            f"{path.name}: cannot be made in {path.parent}: {error.strerror}; give this process "
            "the right to write there, or set DRAMATIS_STATE_DIR to another folder",
            reason="CANNOT_OPEN",
        ) from error


def _write(path: Path) -> None:
    """Writes beside it and links: whoever comes second finds a whole file, never half of one."""
    draft = path.with_suffix(f".{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(new_key()) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _unusable(path: Path, why: object) -> Unavailable:
    return Unavailable(
        f"cannot use the master key in {path}: {why}; restore the file, or set DRAMATIS_MASTER_KEY",
        reason="MASTER_KEY_UNUSABLE",
    )

"""A copy of the wrapped root secret in the state folder: names without the database.

The prioritizer has to know recipients while everything else is down. The copy opens with the
master key only, like the original.
"""

import os
import secrets
from pathlib import Path
from typing import Final

from dramatis.core.errors import Unavailable

FILE_NAME: Final = "root.wrapped"


def load(folder: Path) -> bytes | None:
    """The copy; None where there is none."""
    try:
        return (folder / FILE_NAME).read_bytes()
    except OSError:
        return None


def keep(folder: Path, wrapped: bytes) -> None:
    """Writes the copy, whole or not at all.

    Raises:
        Unavailable: the folder cannot be written to.
    """
    if load(folder) == wrapped:
        return
    path = folder / FILE_NAME
    draft = folder / f"{FILE_NAME}.{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.touch(mode=0o600)
        draft.write_bytes(wrapped)
        os.replace(draft, path)
    except OSError as error:
        raise Unavailable(
            f"cannot write {path}: {error.strerror}; set DRAMATIS_STATE_DIR to a folder that this "
            "process may write to",
            reason="CANNOT_OPEN",
        ) from error

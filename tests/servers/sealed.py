"""The log of processes, read and written as they do it: with their keys."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dramatis.runtime.common_settings import Common
from dramatis.runtime.event_log import EventLog
from dramatis.runtime.keyring.opening import open_keyring
from dramatis.runtime.open_log import open_log
from dramatis.runtime.sealed_log import SealedLog
from dramatis.runtime.settings import read

MASTER_KEY = "3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
"""DRAMATIS_MASTER_KEY where a test needs one."""


@dataclass(frozen=True)
class Settings(Common):
    """Those that all services share."""

    service: ClassVar[str] = "test"


@asynccontextmanager
async def sealed_log(
    state_dir: Path, environ: Mapping[str, str] | None = None
) -> AsyncIterator[EventLog]:
    """The log of processes with this state folder and, beyond that, these variables."""
    own = {"DRAMATIS_STATE_DIR": str(state_dir), "DRAMATIS_ANONYMOUS_TENANT": "acme"}
    settings = read(Settings, own | dict(environ or {}))
    async with open_keyring(settings) as keyring, open_log(settings) as log:
        yield SealedLog(log, keyring)

"""Settings of commands that read the event log themselves: those of the services."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from dramatis.cli.config import read_config
from dramatis.core.errors import Invalid
from dramatis.runtime.common_settings import Common, Tenant
from dramatis.runtime.settings import Problem, SettingsError, read, setting, variable

PATIENT: Final = {"DRAMATIS_KAFKA_WAIT_SECONDS": "30"}
"""Nobody waits for a command as one waits for an answer."""


@dataclass(frozen=True)
class CommandSettings(Common):
    """What a command needs of the services' settings; it listens nowhere, nobody calls it."""

    service: ClassVar[str] = "command"

    anonymous_tenant: Tenant = setting("nobody", "Nobody calls a command.")

    def check(self) -> Iterator[Problem]:
        """As for services; but without keys elsewhere the state folder's are used, as `up` does."""
        own = {variable(type(self), each) for each in ("master_key", "postgres_dsn")}
        yield from (each for each in super().check() if each.variable not in own)


def read_settings(
    state: Path, config: Path | None, more: Mapping[str, str] | None = None
) -> CommandSettings:
    """The settings in the environment and in a file as `up --config` takes it, and some more.

    Raises:
        Invalid: they cannot be read.
    """
    environ = {**environment(state, config), **(more or {})}
    try:
        return read(CommandSettings, environ)
    except SettingsError as error:
        raise Invalid(str(error)) from None


def environment(state: Path, config: Path | None) -> Mapping[str, str]:
    """The variables that the services would see."""
    given = read_config(config) if config else {}
    return {**PATIENT, **os.environ, "DRAMATIS_STATE_DIR": str(state), **given}

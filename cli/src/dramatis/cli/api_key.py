"""Whom a command acts for: the address of a service and an API key."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dramatis.cli.fleet import default_berths, is_address
from dramatis.core.errors import Invalid

ADDRESS: Final = "DRAMATIS_INGEST_GRPC_ADDRESS"
PERSONA_ADDRESS: Final = "DRAMATIS_PERSONA_GRPC_ADDRESS"
KEY: Final = "DRAMATIS_API_KEY"
KEYS: Final = "DRAMATIS_API_KEYS"
KEY_FILE: Final = "api-key"
UP_TENANT: Final = "default"
"""For whom `dramatis up` makes a key."""


def ingest_address(given: str | None) -> str:
    """Where ingest is: as given, as the environment says, or where `dramatis up` puts it.

    Raises:
        Invalid: not host:port.
    """
    return _address(given, ADDRESS, 0)


def persona_address(given: str | None) -> str:
    """The same of persona."""
    return _address(given, PERSONA_ADDRESS, 1)


def _address(given: str | None, variable: str, berth: int) -> str:
    address = given or os.environ.get(variable) or default_berths()[berth].grpc_address
    if not is_address(address):
        raise Invalid(f"--to: expected host:port, not {address!r}")
    return address


def api_key(state: Path) -> str:
    """The key in the environment, or the one that `dramatis up` left in its state folder.

    Raises:
        Invalid: there is neither.
    """
    if key := os.environ.get(KEY):
        return key
    try:
        return (state / KEY_FILE).read_text().strip()
    except OSError:
        raise Invalid(
            f"no API key: set {KEY}, or name the state folder of `dramatis up` with --state"
        ) from None


def tenant_key(tenant: str, state: Path, environ: Mapping[str, str]) -> str:
    """A key of this tenant: from the services' own setting, or the one that `dramatis up` made.

    Raises:
        Invalid: there is none.
    """
    for entry in environ.get(KEYS, "").split(","):
        owner, _, key = entry.strip().partition(":")
        if owner == tenant and key:
            return key
    if tenant == UP_TENANT:
        return api_key(state)
    raise Invalid(f"no API key of tenant {tenant!r}: set {KEYS} as the services have it")

"""Whom a command acts for: the address of ingest and an API key."""

import os
from pathlib import Path
from typing import Final

from dramatis.cli.fleet import default_berths, is_address
from dramatis.core.errors import Invalid

ADDRESS: Final = "DRAMATIS_INGEST_GRPC_ADDRESS"
KEY: Final = "DRAMATIS_API_KEY"
KEY_FILE: Final = "api-key"


def ingest_address(given: str | None) -> str:
    """Where ingest is: as given, as the environment says, or where `dramatis up` puts it.

    Raises:
        Invalid: not host:port.
    """
    address = given or os.environ.get(ADDRESS) or default_berths()[0].grpc_address
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

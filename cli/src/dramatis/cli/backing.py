"""Which Kafka and which PostgreSQL a command's services run on, if any."""

import base64
import os
import sys
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, TextIO

import typer

from dramatis.core.errors import Invalid
from dramatis.runtime.keyring import key_file

KAFKA: Final = "DRAMATIS_KAFKA_BOOTSTRAP"
POSTGRES: Final = "DRAMATIS_POSTGRES_DSN"
MASTER_KEY: Final = "DRAMATIS_MASTER_KEY"

Kafka = Annotated[
    str | None,
    typer.Option(help=f"Brokers that keep the event log, host:port; else {KAFKA}, else a file."),
]
Postgres = Annotated[
    str | None,
    typer.Option(
        help="PostgreSQL that keeps the stores: a DSN without a password, or - to read it from "
        f"standard input; else {POSTGRES}, else files."
    ),
]


def chosen(kafka: str | None, postgres: str | None, stdin: TextIO = sys.stdin) -> Mapping[str, str]:
    """The settings that options stand for; a password never comes with the command line.

    Raises:
        Invalid: a DSN with a password is on the command line, or standard input has none.
    """
    settings = {}
    if kafka:
        settings[KAFKA] = kafka
    if postgres:
        settings[POSTGRES] = _line(stdin) if postgres == "-" else _without_password(postgres)
    return settings


def _line(stdin: TextIO) -> str:
    dsn = stdin.readline().strip()
    if not dsn:
        raise Invalid("--postgres -: standard input has no DSN in its first line")
    return dsn


def _without_password(dsn: str) -> str:
    try:
        parts = urllib.parse.urlsplit(dsn)
        secret = parts.password or "password" in urllib.parse.parse_qs(parts.query)
    except ValueError:
        secret = False
    if secret:
        raise Invalid(
            "--postgres: whoever lists the processes of this machine could read the password; "
            f"put the DSN into {POSTGRES}, or say --postgres - and give it on standard input"
        )
    return dsn


def with_master_key(settings: Mapping[str, str], state: Path) -> Mapping[str, str]:
    """The settings, with the state folder's master key where PostgreSQL is used and none is given.

    All services of one `up` share its state folder, so that its key is the same for all of them.

    Raises:
        Unavailable: the key file cannot be used.
    """
    seen = {**os.environ, **settings}
    if not seen.get(POSTGRES) or seen.get(MASTER_KEY):
        return settings
    keys = key_file.load_or_make(state)
    return {**settings, MASTER_KEY: ",".join(base64.b64encode(key).decode() for key in keys)}


def described(settings: Mapping[str, str]) -> Mapping[str, str]:
    """Where log and stores are, in words that hold no secret."""
    seen = {**os.environ, **settings}
    log, dsn = seen.get(KAFKA, ""), seen.get(POSTGRES, "")
    return {
        "event_log": f"Kafka {log}" if log else "SQLite (embedded)",
        "stores": f"PostgreSQL {described_place(dsn)}" if dsn else "SQLite (embedded)",
    }


def described_place(dsn: str) -> str:
    """Host and database of a DSN, without user and password."""
    try:
        parts = urllib.parse.urlsplit(dsn)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.hostname or ''}{port}{parts.path}"
    except ValueError:
        return "(unreadable DSN)"

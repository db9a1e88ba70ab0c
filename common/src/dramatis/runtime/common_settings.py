"""The settings that every service has."""

import dataclasses
import hashlib
import hmac
import ipaddress
import re
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from dramatis.runtime.home import Home, PostgresHome, SqliteHome
from dramatis.runtime.kafka_settings import KafkaSettings
from dramatis.runtime.keyring import master
from dramatis.runtime.keyring.cipher import KEY_BYTES
from dramatis.runtime.settings import Problem, setting, variable

MIN_KEY_LENGTH = 16
_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """Which tenant a key belongs to. Holds digests, so that no dump or log shows a key."""

    tenants: Mapping[bytes, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "ApiKeys":
        """The keys in `tenant:key,tenant:key`; a tenant may have several, for rotation."""
        tenants: dict[bytes, str] = {}
        for entry in filter(None, (part.strip() for part in text.split(","))):
            tenant, colon, key = entry.partition(":")
            if not colon or len(key) < MIN_KEY_LENGTH:
                raise ValueError(f"expected tenant:key with keys of {MIN_KEY_LENGTH}+ characters")
            digest = hashlib.sha256(key.encode()).digest()
            if tenants.setdefault(digest, _tenant(tenant)) != tenant:
                raise ValueError("two tenants share a key")
        return cls(tenants)

    def tenant_of(self, key: str) -> str:
        """Whose key this is; empty if it is nobody's.

        All keys are compared by digest, each in constant time: how long it takes tells nothing of
        how near a guess was.
        """
        digest = hashlib.sha256(key.encode(errors="replace")).digest()
        found = ""
        for known, tenant in self.tenants.items():
            if hmac.compare_digest(known, digest):
                found = tenant
        return found

    def __str__(self) -> str:
        return f"{len(self.tenants)} keys"


def _tenant(text: str) -> str:
    if text and not _TENANT.fullmatch(text):
        raise ValueError("expected a tenant of lower case letters, digits, - and _, at most 63")
    return text


def _address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdecimal() and int(port) < 65536):
        raise ValueError("expected host:port")
    return text


def _dsn(text: str) -> str:
    """Says nothing of the text itself: it may hold a password."""
    if text:
        try:
            parts = urllib.parse.urlsplit(text)
            known = parts.scheme in {"postgresql", "postgres"} and bool(parts.path.strip("/"))
        except ValueError:
            known = False
        if not known:
            raise ValueError("expected postgresql://user:password@host:port/database")
    return text


@dataclass(frozen=True, slots=True)
class MasterKeySet:
    """Master keys, newest first. Shows how many there are, never one of them."""

    keys: tuple[bytes, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"{len(self.keys)} keys" if self.keys else ""


def _master_keys(value: object) -> object:
    return MasterKeySet(master.parse(value)) if isinstance(value, str) else value


def _keys(value: object) -> object:
    return ApiKeys.parse(value) if isinstance(value, str) else value


Address = Annotated[str, AfterValidator(_address)]
Tenant = Annotated[str, AfterValidator(_tenant)]
Dsn = Annotated[str, AfterValidator(_dsn)]
Keys = Annotated[ApiKeys, PlainValidator(_keys)]
Seconds = Annotated[float, Field(ge=0, le=3600)]
Count = Annotated[int, Field(ge=1)]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"],
    BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value),
]


@dataclass(frozen=True)
class Common(KafkaSettings):
    """Where a service listens, keeps its state and whom it believes.

    A service's own settings derive from this, name themselves in `service` and give
    `grpc_address` and `http_address` their own default ports.
    """

    state_dir: Path = setting(
        Path("state"), "Folder of the embedded event log and stores; made if missing.", shared=True
    )
    shared_state: bool = setting(
        False,
        "All services use this one state folder, on one machine: with Kafka, but without "
        "PostgreSQL, the keys of recipients lie in it.",
        shared=True,
    )
    postgres_dsn: Dsn = setting(
        "",
        "PostgreSQL database of the stores, postgresql://user:password@host:port/database; each "
        "service has a schema of its own in it. Empty: SQLite files in the state folder.",
        shared=True,
        secret=True,
    )
    postgres_readers: Annotated[int, Field(ge=1, le=64)] = setting(
        4,
        "Connections to PostgreSQL that read; one more writes, and one migrates at the start.",
        unit="connections",
        shared=True,
    )
    postgres_statement_seconds: Annotated[float, Field(ge=1, le=3600)] = setting(
        30.0, "A statement that takes longer is cancelled.", unit="seconds", shared=True
    )
    postgres_lock_seconds: Annotated[float, Field(ge=0.1, le=600)] = setting(
        5.0,
        "A statement that waits longer for another's lock is cancelled.",
        unit="seconds",
        shared=True,
    )
    master_key: Annotated[MasterKeySet, PlainValidator(_master_keys)] = setting(
        MasterKeySet(),
        "What wraps the keys of recipients: 32 random bytes in base64; several, comma separated, "
        "newest first, to replace it. Required with PostgreSQL; else a file in the state folder.",
        shared=True,
        secret=True,
    )
    key_cache: Count = setting(
        100_000,
        "Keys of recipients at hand in each process, about 250 bytes each.",
        unit="keys",
        shared=True,
    )
    api_keys: Keys = setting(
        ApiKeys(),
        "Who may call: tenant:key pairs, comma separated, keys of at least 16 characters.",
        shared=True,
        secret=True,
    )
    anonymous_tenant: Tenant = setting(
        "",
        "Tenant of callers without a key; only where every listen address is loopback.",
        shared=True,
    )
    log_level: LogLevel = setting(
        "info", "Least severe log line that is written: debug, info, warning, error.", shared=True
    )
    grpc_address: Address = setting("127.0.0.1:0", "Where gRPC listens, host:port.")
    http_address: Address = setting(
        "127.0.0.1:0", "Where /metrics, /healthz and /readyz listen, host:port."
    )
    stop_with_stdin: bool = setting(
        False,
        "Stop when standard input, a pipe, is closed: with the process that holds its other end.",
        shared=True,
    )
    drain_wait_seconds: Seconds = setting(
        1.0, "Wait between NOT_SERVING and closing, for callers to notice.", unit="seconds"
    )
    drain_seconds: Seconds = setting(
        20.0, "Longest wait for calls in progress when stopping.", unit="seconds"
    )
    max_calls_per_tenant: Count = setting(
        256, "Calls of one tenant in progress at a time; more get RESOURCE_EXHAUSTED.", unit="calls"
    )

    def database(self, name: str, *, sqlite_readers: int = 1) -> Home:
        """Where a store lives: a schema of that name, or the file <name>.sqlite3."""
        if not self.postgres_dsn:
            return SqliteHome(self.state_dir / f"{name}.sqlite3", sqlite_readers)
        return PostgresHome(
            self.postgres_dsn,
            name,
            self.postgres_readers,
            self.postgres_statement_seconds,
            self.postgres_lock_seconds,
        )

    def check(self) -> Iterator[Problem]:
        """Yields what is unsafe: strangers from the network, or nobody at all."""
        yield from super().check()
        cls = type(self)
        if self.postgres_dsn and not self.master_key.keys:
            yield Problem(
                variable(cls, "master_key"),
                "required with PostgreSQL: a key in a state folder would not be the same for all "
                f"processes. Make one with: openssl rand -base64 {KEY_BYTES}",
            )
        if self.kafka_bootstrap and not (self.postgres_dsn or self.shared_state):
            yield Problem(
                variable(cls, "postgres_dsn"),
                "required with Kafka: the keys of recipients would lie in a state folder, and who "
                "has another one could not read what is written here. Where all services have the "
                f"same {variable(cls, 'state_dir')}, on one machine, set "
                f"{variable(cls, 'shared_state')}=true",
            )
        if self.anonymous_tenant:
            for name in addresses(cls):
                if not is_loopback(getattr(self, name)):
                    yield Problem(
                        variable(cls, "anonymous_tenant"),
                        f"anyone on the network could call: {variable(cls, name)} is "
                        f"{getattr(self, name)!r}, which is not loopback. Listen on 127.0.0.1, or "
                        f"use {variable(cls, 'api_keys')} instead",
                    )
        elif not self.api_keys.tenants:
            yield Problem(
                variable(cls, "api_keys"),
                "nobody could call: set keys as tenant:key,tenant:key, or on a machine of your "
                f"own set {variable(cls, 'anonymous_tenant')}",
            )


def addresses(cls: type[Common]) -> Sequence[str]:
    """Names of the settings that say where the service listens."""
    return [each.name for each in dataclasses.fields(cls) if each.name.endswith("_address")]


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach a host:port."""
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

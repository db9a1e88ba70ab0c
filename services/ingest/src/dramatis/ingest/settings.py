"""The settings of ingest; docs/configuration.md is made from them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, PlainValidator

from dramatis.ingest.adapters.edge import hook_file
from dramatis.ingest.adapters.edge.application import Edge
from dramatis.ingest.adapters.edge.body import BodyLimits
from dramatis.ingest.adapters.edge.fetch import fetch
from dramatis.ingest.adapters.edge.keys import WriteKeys
from dramatis.ingest.adapters.edge.signatures import Freshness
from dramatis.ingest.adapters.edge.webhooks import Hooks
from dramatis.ingest.app.intake import Room
from dramatis.ingest.domain.links import LinkKeys
from dramatis.ingest.domain.rules import Limits
from dramatis.runtime.common_settings import Address, ApiKeys, Common, Count, Keys, Seconds
from dramatis.runtime.settings import Problem, setting, variable


def _origins(text: str) -> str:
    for each in filter(None, (part.strip() for part in text.split(","))):
        scheme, colon, host = each.partition("://")
        if scheme not in {"http", "https"} or not colon or not host or "/" in host or "*" in host:
            raise ValueError("expected origins such as https://shop.example, comma separated")
    return text


def _link_keys(value: object) -> object:
    return LinkKeys.parse(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Settings(Common):
    """What an operator may say to ingest."""

    service: ClassVar[str] = "ingest"

    grpc_address: Address = setting("127.0.0.1:7411", "Where gRPC listens, host:port.")
    http_address: Address = setting(
        "127.0.0.1:7511", "Where /metrics, /healthz and /readyz listen, host:port."
    )
    max_event_bytes: Annotated[int, Field(ge=1_024, le=1 << 20)] = setting(
        65_536, "Largest event that is accepted, serialised.", unit="bytes"
    )
    max_ahead_seconds: Seconds = setting(
        300.0, "Events further ahead of our clock are quarantined.", unit="seconds"
    )
    answer_days: Annotated[int, Field(ge=1, le=365)] = setting(
        7, "How long the same request_id gets the original answer.", unit="days"
    )
    signal_days: Annotated[int, Field(ge=1, le=3650)] = setting(
        90, "How long a signal that comes again is known for a duplicate.", unit="days"
    )

    audit_days: Annotated[int, Field(ge=1, le=3650)] = setting(
        400, "How long the counts of what was refused are kept.", unit="days"
    )
    policy: str = setting(
        "",
        "YAML file of what tenants keep, ask for and may send; see examples/ingest_policy.yaml.",
    )
    ip_ranges: str = setting(
        "",
        "CSV file of IP ranges with country and region; where empty, no address is looked up.",
    )

    min_free_megabytes: Annotated[int, Field(ge=0, le=1 << 30)] = setting(
        256,
        "While the disk of the state folder has less room, events, recipients and signals get "
        "RESOURCE_EXHAUSTED; consents, campaigns and erasures still go. 0: never. Not asked where "
        "log and stores are on Kafka and PostgreSQL.",
        unit="MiB",
    )
    max_bytes_in_work: Annotated[int, Field(ge=8 << 20, le=1 << 30)] = setting(
        32 << 20,
        "Requests that are worked on at a time; half of it for one tenant. More has to wait.",
        unit="bytes",
    )
    connectors: str = setting(
        "", "YAML file of the connectors that pull; see examples/connectors.yaml."
    )
    connector_user_agent: Annotated[str, Field(pattern=r"^[ -~]{1,200}$")] = setting(
        "dramatis-ingest",
        "What connectors call themselves; say who you are and how you can be reached.",
    )
    connector_lease_seconds: Annotated[float, Field(ge=1, le=3600)] = setting(
        30.0,
        "After a crash so long passes before another process runs a connector.",
        unit="seconds",
    )
    connector_memory_days: Annotated[int, Field(ge=1, le=3650)] = setting(
        30, "How long what was deleted at its source is taken back.", unit="days"
    )
    third_party_sweep_seconds: Annotated[float, Field(ge=1, le=86_400)] = setting(
        300.0,
        "How often third parties' values are removed that have lost their consent.",
        unit="seconds",
    )

    @property
    def min_free_bytes(self) -> int:
        """What has to be free on the disk of the state folder; 0 where little is written to it."""
        elsewhere = self.kafka_bootstrap and self.postgres_dsn
        return 0 if elsewhere else self.min_free_megabytes << 20

    @property
    def room(self) -> Room:
        """How much may be in work."""
        return Room(self.max_bytes_in_work, self.max_bytes_in_work // 2)

    edge_address: Address = setting(
        "127.0.0.1:7611",
        "Where the HTTP edge listens (tracking API, webhooks, links), host:port.",
    )
    write_keys: Keys = setting(
        ApiKeys(),
        "Publishable keys of web pages, which may only write at the edge: tenant:key pairs, comma "
        "separated, keys of at least 16 characters.",
        secret=True,
    )
    edge_origins: Annotated[str, AfterValidator(_origins)] = setting(
        "", "Origins of the pages that may use publishable keys, comma separated."
    )
    webhooks: str = setting(
        "", "YAML file of the ESPs that may call our webhooks; see docs/edge.md."
    )
    webhook_max_age_seconds: Annotated[float, Field(ge=60, le=30 * 86_400)] = setting(
        90_000.0,
        "Older signatures of webhooks are refused; ESPs send again for up to a day.",
        unit="seconds",
    )
    link_keys: Annotated[LinkKeys, PlainValidator(_link_keys)] = setting(
        LinkKeys(),
        "Keys of signed links: tenant:id:secret, comma separated, secrets of at least 32 "
        "characters.",
        secret=True,
    )
    edge_max_body_bytes: Annotated[int, Field(ge=1_024, le=4 << 20)] = setting(
        500_000, "Largest body of the tracking API, unpacked.", unit="bytes"
    )
    webhook_max_body_bytes: Annotated[int, Field(ge=1_024, le=16 << 20)] = setting(
        2_000_000, "Largest body of a webhook, unpacked.", unit="bytes"
    )
    edge_body_seconds: Seconds = setting(
        10.0, "A body that is not here after this long is refused.", unit="seconds"
    )
    edge_max_requests: Count = setting(
        256, "Requests at the edge in progress at a time; more get 503.", unit="requests"
    )

    def check(self) -> Iterator[Problem]:
        """Yields what is wrong with all settings together, and with the files that they name."""
        yield from super().check()
        try:
            self.hooks()
        except ValueError as error:
            yield Problem(variable(type(self), "webhooks"), str(error))

    def hooks(self) -> Hooks:
        """The webhooks, with their secrets.

        Raises:
            ValueError: their file cannot be used.
        """
        if not self.webhooks:
            return {}
        fresh = Freshness(timedelta(seconds=self.webhook_max_age_seconds))
        return hook_file.read(Path(self.webhooks), os.environ, fetch, fresh)

    @property
    def edge(self) -> Edge:
        """What the HTTP edge is told."""
        origins = frozenset(filter(None, (each.strip() for each in self.edge_origins.split(","))))
        return Edge(
            WriteKeys(self.api_keys, self.write_keys, self.anonymous_tenant, origins),
            self.hooks(),
            self.link_keys,
            BodyLimits(self.edge_max_body_bytes, self.edge_body_seconds),
            BodyLimits(self.webhook_max_body_bytes, self.edge_body_seconds),
            self.edge_max_requests,
            self.max_calls_per_tenant,
        )

    @property
    def limits(self) -> Limits:
        """The limits of admission."""
        return Limits(self.max_event_bytes, timedelta(seconds=self.max_ahead_seconds))

"""Which Kafka, and how to talk to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka.helpers import create_ssl_context

REQUEST_SECONDS = 20.0  # longer than a rebalance may take, see `group`


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Kafka cluster and our ways with it.

    Attributes:
        bootstrap: host:port of one or more brokers, comma separated.
        protocol: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
        mechanism: of SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
        user, password: for SASL.
        ca_file: whom to believe; None for the system's authorities.
        cert_file, key_file: who we are, for mutual TLS.
        prefix: before the names of all topics and groups, for a cluster that others use too.
        replication: copies of each partition; 0: three, or as many as there are brokers.
        min_insync: copies that must hold a record before it counts; 0: all but one.
        partitions: of topics that are keyed by recipient.
        retention_days: how long records of topics that are not compacted are kept; 0: for ever.
        wait_seconds: longest wait of one append or look-up.
    """

    bootstrap: str
    protocol: str = "PLAINTEXT"
    mechanism: str = "SCRAM-SHA-512"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    prefix: str = ""
    replication: int = 0
    min_insync: int = 0
    partitions: int = 12
    retention_days: int = 0
    wait_seconds: float = 0.8

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What any client of aiokafka has to know to connect."""
        known: dict[str, Any] = {
            "bootstrap_servers": [each.strip() for each in self.bootstrap.split(",")],
            "security_protocol": self.protocol,
            "client_id": "dramatis",
            "request_timeout_ms": int(REQUEST_SECONDS * 1000),
        }
        if self.protocol.endswith("SSL"):
            known["ssl_context"] = create_ssl_context(
                cafile=self.ca_file, certfile=self.cert_file, keyfile=self.key_file
            )
        if self.protocol.startswith("SASL"):
            known["sasl_mechanism"] = self.mechanism
            known["sasl_plain_username"] = self.user
            known["sasl_plain_password"] = self.password
        return known

    def name(self, topic: str) -> str:
        """What one of our topics or groups is called on this cluster."""
        return self.prefix + topic

    def topic(self, name: str) -> str:
        """The topic that is called so on this cluster."""
        return name.removeprefix(self.prefix)

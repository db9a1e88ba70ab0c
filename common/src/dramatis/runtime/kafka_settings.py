"""Which Kafka keeps the event log, if any: settings that all services share."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.settings import Problem, Settings, setting, variable

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
MAX_PARTITIONS = 128  # of a topic; a log token names all that a write touched


@dataclass(frozen=True)
class KafkaSettings(Settings):
    """How to reach the cluster, and how topics are made that it lacks."""

    kafka_bootstrap: str = setting(
        "",
        "Brokers of the Kafka that keeps the event log, host:port, comma separated; empty: a file "
        "in the state folder.",
        shared=True,
    )
    kafka_security_protocol: Protocol = setting(
        "PLAINTEXT", "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, as the brokers want it.",
        shared=True,
    )  # fmt: skip
    kafka_sasl_mechanism: Mechanism = setting(
        "SCRAM-SHA-512", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; with SASL only.", shared=True
    )
    kafka_user: str = setting("", "User name; with SASL only.", shared=True)
    kafka_password: str = setting("", "Password; with SASL only.", shared=True, secret=True)
    kafka_ca_file: Path | None = setting(
        None, "Certificate authorities of the brokers, PEM; none: the system's.", shared=True
    )
    kafka_cert_file: Path | None = setting(
        None, "Our certificate, PEM; where brokers ask for one.", shared=True
    )
    kafka_key_file: Path | None = setting(
        None, "The private key of our certificate, PEM.", shared=True
    )
    kafka_topic_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,64}$")] = setting(
        "", "Before the names of all topics and groups, for a cluster shared with others.",
        shared=True,
    )  # fmt: skip
    kafka_replication: Annotated[int, Field(ge=0, le=32)] = setting(
        0, "Copies of each partition of a new topic; 0: three, or as many as there are brokers.",
        shared=True,
    )  # fmt: skip
    kafka_min_insync: Annotated[int, Field(ge=0, le=32)] = setting(
        0, "Copies that must hold a record of a new topic before it counts; 0: all but one.",
        shared=True,
    )  # fmt: skip
    kafka_partitions: Annotated[int, Field(ge=1, le=MAX_PARTITIONS)] = setting(
        12, "Partitions of a new topic that is keyed by recipient; they can never change.",
        shared=True,
    )  # fmt: skip
    kafka_retention_days: Annotated[int, Field(ge=0, le=36_500)] = setting(
        0, "How long a new topic that is not compacted keeps its records; 0: for ever.",
        unit="days", shared=True,
    )  # fmt: skip
    kafka_wait_seconds: Annotated[float, Field(ge=0.1, le=60)] = setting(
        0.8, "Longest wait for brokers to acknowledge; a longer one is answered UNAVAILABLE.",
        unit="seconds", shared=True,
    )  # fmt: skip

    @property
    def cluster(self) -> Cluster | None:
        """The cluster that keeps the log, if one does."""
        if not self.kafka_bootstrap:
            return None
        return Cluster(
            bootstrap=self.kafka_bootstrap,
            protocol=self.kafka_security_protocol,
            mechanism=self.kafka_sasl_mechanism,
            user=self.kafka_user,
            password=self.kafka_password,
            ca_file=self.kafka_ca_file,
            cert_file=self.kafka_cert_file,
            key_file=self.kafka_key_file,
            prefix=self.kafka_topic_prefix,
            replication=self.kafka_replication,
            min_insync=self.kafka_min_insync,
            partitions=self.kafka_partitions,
            retention_days=self.kafka_retention_days,
            wait_seconds=self.kafka_wait_seconds,
        )

    def check(self) -> Iterator[Problem]:
        """Yields what cannot work together."""
        cls = type(self)
        if self.kafka_security_protocol.startswith("SASL"):
            for name in ("kafka_user", "kafka_password"):
                if not getattr(self, name):
                    yield Problem(variable(cls, name), "must be set where SASL is used")
        if bool(self.kafka_cert_file) != bool(self.kafka_key_file):
            yield Problem(
                variable(cls, "kafka_key_file"), "certificate and key are needed together"
            )
        if self.kafka_min_insync > self.kafka_replication > 0:
            yield Problem(
                variable(cls, "kafka_min_insync"), "no more than there are copies can hold a record"
            )
        for name in ("kafka_ca_file", "kafka_cert_file", "kafka_key_file"):
            file = getattr(self, name)
            if file and not file.is_file():
                yield Problem(variable(cls, name), f"there is no file {str(file)!r}")

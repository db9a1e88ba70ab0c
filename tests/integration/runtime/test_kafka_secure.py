"""TLS and SASL/SCRAM, with a broker that wants both."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dramatis.core.errors import Unavailable
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka_log import KafkaLog
from dramatis.runtime.topics import WORLD_SIGNALS
from tests.contract.event_log_suite import drain, new
from tests.servers.broker import Broker
from tests.servers.certificates import Identity, issue

JAAS = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
KNOWN = {WORLD_SIGNALS.name: WORLD_SIGNALS}


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return issue(tmp_path_factory.mktemp("identity"))


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, identity: Identity) -> Iterator[Broker]:
    wanted = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": identity.both,
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": identity.authority,
        "sasl.enabled.mechanisms": "SCRAM-SHA-256",
        "listener.name.client.scram-sha-256.sasl.jaas.config": JAAS,
    }
    arguments = [f"--set={name}={value}" for name, value in wanted.items()]
    running = Broker(
        tmp_path_factory.mktemp("broker"),
        "--protocol", "SASL_SSL", "--scram", "alice:a password",
        *(part for each in arguments for part in each.split("=", 1)),
    )  # fmt: skip
    yield running
    running.stop()


def cluster(broker: Broker, identity: Identity) -> Cluster:
    return Cluster(
        broker.bootstrap,
        protocol="SASL_SSL",
        mechanism="SCRAM-SHA-256",
        user="alice",
        password="a password",
        ca_file=identity.authority,
        wait_seconds=5,
    )


async def test_writes_and_reads(broker: Broker, identity: Identity) -> None:
    async with KafkaLog.open(cluster(broker, identity), KNOWN) as log:
        await log.append([new("k", "1", topic=WORLD_SIGNALS.name)])
        async with log.tail([WORLD_SIGNALS.name]) as tail:
            [record] = await drain(tail, 1)
    assert record.event_id == "1"


async def test_a_wrong_password_is_named(broker: Broker, identity: Identity) -> None:
    wrong = replace(cluster(broker, identity), password="another password")
    with pytest.raises(Unavailable, match="DRAMATIS_KAFKA_PASSWORD"):
        async with KafkaLog.open(wrong, KNOWN):
            pass


async def test_a_broker_that_is_not_believed_is_not_told_the_password(
    broker: Broker, identity: Identity, tmp_path: Path
) -> None:
    stranger = replace(cluster(broker, identity), ca_file=issue(tmp_path).authority)
    with pytest.raises(Unavailable, match="DRAMATIS_KAFKA_CA_FILE"):
        async with KafkaLog.open(stranger, KNOWN):
            pass

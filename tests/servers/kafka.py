"""The fixture `kafka_bootstrap`: a real broker for the tests of one session."""

import os
from collections.abc import Iterator

import pytest

from tests.servers.broker import Broker
from tests.servers.shared import shared


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where clients of the broker connect, host:port.

    It is DRAMATIS_KAFKA_BOOTSTRAP, or else a broker from `deploy/dev/kafka`, one for all workers.
    """
    if given := os.environ.get("DRAMATIS_KAFKA_BOOTSTRAP"):
        yield given
        return
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "kafka"

    started: list[Broker] = []

    def start() -> tuple[str, int]:
        started.append(Broker(folder / "broker"))
        return started[0].bootstrap, started[0].process.pid

    with shared(folder, start) as bootstrap:
        yield bootstrap
    for broker in started:
        if broker.process.poll() is None:
            broker.process.returncode = 0  # it is for the worker that needs it last to end it

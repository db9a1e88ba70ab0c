"""Real services for the tests of a folder: processes, sockets, files."""

import asyncio
from collections.abc import Iterator

import pytest

from dramatis.cli.fleet import Fleet, free_berths

OTHER_KEY = "a-key-of-another-tenant"


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """All five services, for tenants "demo" (the fleet's own key) and "other"."""
    state = tmp_path_factory.mktemp("state")
    made = Fleet(state, free_berths())
    made.environ = {"DRAMATIS_API_KEYS": f"demo:{made.key},other:{OTHER_KEY}"}
    with asyncio.Runner() as runner:
        runner.run(made.__aenter__())
        try:
            runner.run(made.ready(lambda name: None))
            yield made
        finally:
            runner.run(made.stop())

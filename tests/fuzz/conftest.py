"""The five services, for whatever the wire can carry."""

import asyncio
import base64
import os
import secrets
from collections.abc import Iterator

import pytest

from dramatis.cli.fleet import Fleet, free_berths


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """All five services, on SQLite unless DRAMATIS_POSTGRES_DSN names a database to use up."""
    made = Fleet(tmp_path_factory.mktemp("state"), free_berths())
    made.environ = {
        "DRAMATIS_API_KEYS": f"demo:{made.key}",
        "DRAMATIS_POSTGRES_DSN": os.environ.get("DRAMATIS_POSTGRES_DSN", ""),
        "DRAMATIS_MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    with asyncio.Runner() as runner:
        runner.run(made.__aenter__())
        try:
            runner.run(made.ready(lambda name: None))
            yield made
        finally:
            runner.run(made.stop())

"""All five services, on their own files and on real servers."""

import base64
import os
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from dramatis.cli.fleet import Fleet, free_berths


@pytest.fixture(params=["embedded", "servers"])
def environ(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """What tells services where log and stores are."""
    if request.param == "embedded":
        return {}
    return {
        "DRAMATIS_KAFKA_BOOTSTRAP": request.getfixturevalue("kafka_bootstrap"),
        "DRAMATIS_KAFKA_TOPIC_PREFIX": f"chaos-{uuid.uuid4().hex[:8]}-",
        "DRAMATIS_POSTGRES_DSN": request.getfixturevalue("postgres_database"),
        "DRAMATIS_MASTER_KEY": base64.b64encode(os.urandom(32)).decode(),
    }


@pytest.fixture
async def fleet(tmp_path: Path, environ: Mapping[str, str]) -> AsyncIterator[Fleet]:
    """Five services that serve."""
    async with Fleet(tmp_path, free_berths(), environ=environ) as running:
        await running.ready(lambda name: None)
        yield running

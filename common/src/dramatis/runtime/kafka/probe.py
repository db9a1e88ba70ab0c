"""Why no broker can be used: the client itself only says that it found none."""

import asyncio
from typing import Any, Final

from aiokafka.conn import collect_hosts, create_conn

from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka.errors import translated

SECONDS: Final = 5.0


async def probe(cluster: Cluster) -> None:
    """Connects to the first broker.

    Raises:
        Unavailable: with what the first broker says, or who does not trust whom.
    """
    arguments: dict[str, Any] = dict(cluster.arguments)
    host, port, _ = collect_hosts(arguments.pop("bootstrap_servers"), randomize=False)[0]
    with translated():
        async with asyncio.timeout(SECONDS):
            connection = await create_conn(host, port, **arguments)
            closing = connection.close()
            if closing:
                await closing

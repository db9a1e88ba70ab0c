"""Ends clients of the cluster, whether or not a broker is there to take leave of.

The library waits for answers; where none comes, what it has running is ended by force.
"""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

STOP_SECONDS: Final = 2.0
_TASKS: Final = (
    "_sender._sender_task",
    "_coordinator._coordination_task",
    "_coordinator._heartbeat_task",
    "_coordinator._commit_refresh_task",
    "_coordinator._reset_committed_task",
    "_fetcher._fetch_task",
)


async def settle(task: "asyncio.Future[Any]") -> bool:
    """Gives a task a little time to come to its end, then cancels it; whether it came to it.

    A client that is cancelled while it connects leaves the connection open.
    """
    done, _ = await asyncio.wait({task}, timeout=STOP_SECONDS)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return bool(done)


async def stop(client: Any) -> None:
    """Ends a producer or consumer of aiokafka."""
    if await settle(asyncio.ensure_future(client.stop())):
        return
    tasks = list(_running(client))
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=STOP_SECONDS)
    network = getattr(client, "client", None) or client._client
    await network.close()


def _running(client: Any) -> Iterator["asyncio.Task[Any]"]:
    for path in _TASKS:
        found = client
        for name in path.split("."):
            found = getattr(found, name, None)
        if found is not None:
            yield found
    yield from getattr(getattr(client, "_fetcher", None), "_pending_tasks", ())

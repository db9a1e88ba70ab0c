"""The life of a service process, the same for all: settings, start, serve, drain, stop.

async def build(parts: Parts, settings: Settings) -> None:
    log = await parts.enter(SqliteLog.open(settings.state_dir / "log.sqlite3"))
    store = await parts.enter(SqlitePersonas.open(settings.state_dir / "persona.sqlite3"))
    consumer = Consumer(log, TOPICS, "persona", EventHandler(store))
    parts.serve(add_PersonaServiceServicer_to_server, PersonaServicer(store, consumer))
    parts.background("consumer", consumer.run)

def main() -> int:
    return run(Settings, build)
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from dramatis.runtime.common_settings import Common
from dramatis.runtime.health import Health

T = TypeVar("T")
S = TypeVar("S", bound=Common)


class Parts(Protocol):
    """What a service's `build` hangs its parts on."""

    health: Health

    async def enter(self, part: AbstractAsyncContextManager[T]) -> T:
        """Opens a part now and closes it when the service stops, in reverse order."""
        ...

    def serve(self, add_to_server: Callable[[Any, Any], None], servicer: object) -> None:
        """Answers a gRPC service, with the generated `add_..._to_server` and its servicer."""
        ...

    def background(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Runs work beside the server until the service stops; if it raises, the service stops."""
        ...


Build = Callable[[Parts, S], Awaitable[None]]


def run(settings_class: type[S], build: Build[S]) -> int:
    """Runs a service until SIGTERM or SIGINT. Returns the exit code:

    0 asked to stop and stopped, 1 a part failed, 2 settings are wrong, 3 an address is in use.
    """
    raise NotImplementedError

"""The life of a service process, the same for all: settings, start, serve, drain, stop.

A service says what it is made of, and is run:

    async def build(parts: Parts, settings: Settings) -> None:
        log = await parts.enter(SqliteLog.open(settings.state_dir / FILE_NAME))
        store = await parts.enter(DatabasePersonas.open(settings.database("persona")))
        consumer = Consumer(log, TOPICS, "persona", EventHandler(store),
                            health=parts.condition("log"))
        parts.serve(add_PersonaServiceServicer_to_server, PersonaServicer(store, consumer))
        parts.background("consumer", consumer.run)

    def main() -> int:
        return run(Settings, build)
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import TypeVar

import structlog
import uvloop
from grpc_health.v1 import health_pb2_grpc

from dramatis.core.errors import DramatisError
from dramatis.runtime import garbage, http, logs, stdin, tracing
from dramatis.runtime.common_settings import Common, addresses
from dramatis.runtime.health import Health
from dramatis.runtime.health_servicer import HealthServicer
from dramatis.runtime.interceptors.identity import Identity
from dramatis.runtime.interceptors.limits import Limits
from dramatis.runtime.interceptors.wrap import Interceptors
from dramatis.runtime.parts import Parts
from dramatis.runtime.server import AddressInUseError, Server
from dramatis.runtime.settings import SettingsError, read, variable

STOPPED, FAILED, BAD_SETTINGS, ADDRESS_IN_USE = 0, 1, 2, 3
STARTED = "started"

S = TypeVar("S", bound=Common)
Build = Callable[[Parts, S], Awaitable[None]]

_logger = structlog.get_logger(__name__)


def run(settings_class: type[S], build: Build[S], environ: Mapping[str, str] | None = None) -> int:
    """Runs a service until SIGTERM or SIGINT.

    Args:
        settings_class: what it reads from the environment.
        build: opens its parts; while it runs, the server answers UNAVAILABLE and NOT_SERVING.
        environ: instead of this process's environment.

    Returns:
        The exit code: 0 asked to stop and stopped, 1 a part failed, 2 settings are wrong, 3 an
        address is in use. Where it is not 0, stderr says why.
    """
    environ = os.environ if environ is None else environ
    try:
        settings = read(settings_class, environ)
    except SettingsError as error:
        return _say(BAD_SETTINGS, *map(str, error.problems))
    logs.configure(settings.service, settings.log_level)
    if complaint := tracing.configure(settings.service, environ):
        _logger.warning(complaint)
    try:
        return uvloop.run(_live(settings, build))
    except AddressInUseError as error:
        return _say(ADDRESS_IN_USE, _advice(settings, error.address))
    except DramatisError as error:
        return _say(FAILED, error.message)


async def _live(settings: S, build: Build[S]) -> int:
    """From the first socket to the last one."""
    health = Health()
    health.require(STARTED)
    server = make_server(settings, health)
    async with http.serve(settings.http_address, http.application(health)) as http_port:
        grpc_port = await server.start(settings.grpc_address)
        async with AsyncExitStack() as stack:
            parts = Parts(server, health, stack)
            _on_signal(parts.stop)
            if settings.stop_with_stdin:
                stdin.on_closed(parts.stop)
            try:
                if await _finished(build(parts, settings), parts):
                    server.complete()
                    garbage.search_seldom()
                    health.set(STARTED, holds=True)
                    _logger.info("started", grpc_port=grpc_port, http_port=http_port)
                failed = await parts.wait()
                _logger.info("stopping", failed=failed)
                health.stop()
                await asyncio.sleep(settings.drain_wait_seconds)
                health.close()
                await server.stop(settings.drain_seconds)
            finally:
                await server.stop(0)
                await parts.cancel()
    return FAILED if failed else STOPPED


def make_server(settings: Common, health: Health) -> Server:
    """A server with the settings' interceptors, and health in it; not started."""
    identity = Identity(settings.api_keys, settings.anonymous_tenant)
    server = Server(Interceptors(identity, Limits(settings.max_calls_per_tenant)))
    server.add(
        health_pb2_grpc.add_HealthServicer_to_server,
        HealthServicer(health, server.services),
        public=True,
    )
    return server


def _on_signal(act: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, act)


async def _finished(work: Awaitable[None], parts: Parts) -> bool:
    """Whether the work came to its end before the service was asked to stop."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(parts.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        working.result()
        return True
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return False


def _advice(settings: Common, address: str) -> str:
    named = [each for each in addresses(type(settings)) if getattr(settings, each) == address]
    name = next(iter(named), "http_address")
    return (
        f"cannot listen at {address}: it is in use, or not an address of this machine; "
        f"stop what listens there or set {variable(type(settings), name)}"
    )


def _say(code: int, *lines: str) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return code

"""A replay on services of its own: started on an empty state folder, stopped at the end."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from dramatis.cli.adapters.clients import Connection
from dramatis.cli.adapters.grpc_services import GrpcServices
from dramatis.cli.backtest import job, report, sources, table
from dramatis.cli.backtest.job import Options, Prepared
from dramatis.cli.backtest.progress import Teller, teller
from dramatis.cli.backtest.report import Report
from dramatis.cli.fleet import SERVICES, Fleet, free_berths
from dramatis.cli.scratch import scratch
from dramatis.core.errors import DramatisError


def run(options: Options, data: Path | None, backing: Mapping[str, str], *, as_json: bool) -> None:
    """Replays the campaign in `data`, or Hillstrom where None, and shows the report.

    Args:
        options: what to replay, and how.
        data: the CSV.
        backing: settings of the services: where log and stores are.
        as_json: whether to print the report as JSON.

    Raises:
        DramatisError: spec, data or a service; the message says what to do.
        KeyboardInterrupt: ended from outside.
    """
    notices = Console(stderr=True, style="bold yellow")
    source = sources.find(
        data,
        sources.places(os.environ, Path.cwd()),
        options.out,
        lambda line: notices.print(line, markup=False),
    )
    prepared = job.prepare(options, source)
    console = Console(stderr=as_json)
    with teller(console, quiet=as_json) as tell:
        told = asyncio.run(_interruptible(_replay(prepared, options, backing, tell)))
    if told is None:
        raise KeyboardInterrupt
    if as_json:
        print(report.dumps(told))
        return
    table.show(told, console)
    console.print(f"report: {options.out / 'report.html'}", highlight=False)


async def _interruptible(replay: Coroutine[Any, Any, Report]) -> Report | None:
    """The replay, or None where Ctrl-C, SIGTERM or a closed terminal ended it, services included.

    Once is enough: a second Ctrl-C does not cut short how the services are stopped.
    """
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(replay)

    def end() -> None:
        if not task.cancelling():
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            loop.add_signal_handler(number, end)
    try:
        return await task
    except asyncio.CancelledError:
        return None


async def _replay(
    prepared: Prepared, options: Options, backing: Mapping[str, str], tell: Teller
) -> Report:
    """Starts the services with nothing known to them, replays, and stops them."""
    if prepared.source.generated:
        tell.say(prepared.source.note)
    state = Path(tempfile.mkdtemp(prefix="dramatis-"))
    tell.begin("starting the five services")
    try:
        async with (
            scratch(backing, state) as settings,
            Fleet(state, free_berths(), environ=settings) as fleet,
        ):
            told = await _through(fleet, prepared, options, tell)
    except Exception:
        tell.say(f"the services' logs are kept in {state / 'logs'}")
        raise
    except BaseException:  # interrupted: there is nothing to look into
        shutil.rmtree(state, ignore_errors=True)
        raise
    shutil.rmtree(state, ignore_errors=True)
    return told


async def _through(fleet: Fleet, prepared: Prepared, options: Options, tell: Teller) -> Report:
    """Replays once all services are ready; a service that ended explains a call that failed."""
    await fleet.ready(lambda name: None)
    addresses = {name: fleet.address(name) for name in SERVICES}
    async with Connection(addresses, fleet.key) as connection:
        services = GrpcServices(connection, options.seed, fleet.peak_rss_bytes)
        try:
            return await job.backtest(services, prepared, options, tell)
        except DramatisError:
            fleet.check()
            raise

"""The five services as processes of this machine: started, watched, drained."""

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

import psutil

from dramatis.cli.probe import serving
from dramatis.core.errors import DramatisError, Unavailable

SERVICES: Final = ("ingest", "persona", "simulator", "optimizer", "prioritizer")
FIRST_PORTS: Final = (7411, 7511)
"""Where the first service listens by default, gRPC and HTTP; the others follow on."""
EDGE: Final = ("ingest", 7611)
"""The service with an HTTP edge, and where that listens by default."""
READY_SECONDS: Final = 60.0
DRAIN_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Berth:
    """Where one service runs.

    Attributes:
        service: its name.
        grpc_address: host:port of its RPCs.
        http_address: host:port of /metrics, /healthz and /readyz.
        edge_address: host:port of the HTTP edge; empty where the service has none.
    """

    service: str
    grpc_address: str
    http_address: str
    edge_address: str = ""

    @property
    def addresses(self) -> Mapping[str, str]:
        """Where it listens, by the name that its settings have for it."""
        found = {"GRPC": self.grpc_address, "HTTP": self.http_address, "EDGE": self.edge_address}
        return {name: address for name, address in found.items() if address}


def default_berths() -> tuple[Berth, ...]:
    """The well-known loopback ports of the five services."""
    grpc_port, http_port = FIRST_PORTS
    return tuple(
        _berth(name, grpc_port + i, http_port + i, EDGE[1]) for i, name in enumerate(SERVICES)
    )


def free_berths() -> tuple[Berth, ...]:
    """Loopback ports that nothing listens on at the moment."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(2 * len(SERVICES) + 1)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        edge, *ports = [each.getsockname()[1] for each in sockets]
    pairs = zip(SERVICES, ports[::2], ports[1::2], strict=True)
    return tuple(_berth(name, a, b, edge) for name, a, b in pairs)


def _berth(service: str, grpc_port: int, http_port: int, edge_port: int) -> Berth:
    edge = f"127.0.0.1:{edge_port}" if service == EDGE[0] else ""
    return Berth(service, f"127.0.0.1:{grpc_port}", f"127.0.0.1:{http_port}", edge)


def busy(berths: Sequence[Berth]) -> list[str]:
    """Addresses that something else listens on."""
    wanted = [address for berth in berths for address in berth.addresses.values()]
    return [address for address in wanted if _listened(address)]


def is_address(text: str) -> bool:
    """Whether the text is a host and a port.

    >>> is_address("127.0.0.1:7411"), is_address("7411"), is_address("localhost:99999")
    (True, False, False)
    """
    host, _, port = text.rpartition(":")
    return bool(host) and port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16


def _listened(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError:
            return True
    return False


@dataclass
class Fleet:
    """All five services, with one state folder between them.

    Attributes:
        state_dir: the folder; logs of the services lie in its `logs`.
        berths: where they listen.
        tenant: whom `key` belongs to.
        key: API key of this fleet.
        environ: further DRAMATIS_ variables for all of them.
    """

    state_dir: Path
    berths: tuple[Berth, ...]
    tenant: str = "demo"
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    environ: Mapping[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict, init=False)
    _files: AsyncExitStack = field(default_factory=AsyncExitStack, init=False)

    async def __aenter__(self) -> Self:
        try:
            (self.state_dir / "logs").mkdir(parents=True, exist_ok=True)
            for berth in self.berths:
                self.start(berth)
        except OSError as error:
            await self.stop()
            raise Unavailable(
                f"cannot write to {self.state_dir}: {error.strerror}; name another folder "
                "with --state or make this one writable",
                reason="STATE_NOT_WRITABLE",
            ) from None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.stop()

    def start(self, berth: Berth) -> None:
        """Starts one service; anew, where it has ended. It ends with this process."""
        if ended := self.processes.get(berth.service):
            _let_go(ended)
        log = (self.state_dir / "logs" / f"{berth.service}.jsonl").open("ab")
        self._files.callback(log.close)
        upper = berth.service.upper()
        environ = {
            **os.environ,
            "DRAMATIS_STATE_DIR": str(self.state_dir),
            "DRAMATIS_SHARED_STATE": "true",
            "DRAMATIS_API_KEYS": f"{self.tenant}:{self.key}",
            "DRAMATIS_STOP_WITH_STDIN": "true",
            **self.environ,
            **{f"DRAMATIS_{upper}_{kind}_ADDRESS": at for kind, at in berth.addresses.items()},
        }
        if berth.service == "prioritizer":
            environ = {**self._persona_of(environ), **environ}
        command = [sys.executable, "-m", f"dramatis.{berth.service}"]
        self.processes[berth.service] = subprocess.Popen(  # noqa: S603
            command, env=environ, stdin=subprocess.PIPE, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip

    def _persona_of(self, environ: Mapping[str, str]) -> Mapping[str, str]:
        """How the prioritizer gets at large snapshots."""
        return {
            "DRAMATIS_PRIORITIZER_PERSONA_TARGET": self.address("persona"),
            "DRAMATIS_PRIORITIZER_PERSONA_KEYS": environ["DRAMATIS_API_KEYS"],
        }

    async def ready(self, tell: Callable[[str], None]) -> None:
        """Returns when all five say SERVING; tells the name of each as it does.

        Raises:
            DramatisError: a service ended, or not all were ready in time.
        """
        waiting = {berth.service: berth.grpc_address for berth in self.berths}
        deadline = asyncio.get_running_loop().time() + READY_SECONDS
        while waiting:
            self.check()
            for name, address in list(waiting.items()):
                if await serving(address):
                    del waiting[name]
                    tell(name)
            if asyncio.get_running_loop().time() > deadline:
                raise Unavailable(
                    f"not ready after {READY_SECONDS:.0f} s: {', '.join(waiting)}; "
                    f"see {self.state_dir / 'logs'}",
                    reason="NOT_READY",
                )
            await asyncio.sleep(0.05)

    def check(self) -> None:
        """Does nothing while all services run.

        Raises:
            DramatisError: one has ended; says what it said last.
        """
        ended = {name: each.poll() for name, each in self.processes.items()}
        for name, code in sorted(ended.items(), key=lambda item: not item[1]):
            if code is not None:
                last = _last_line(self.state_dir / "logs" / f"{name}.jsonl")
                raise DramatisError(
                    f"{name} {_ended(code)}; it said last: {last}", reason="SERVICE_ENDED"
                )

    def peak_rss_bytes(self) -> dict[str, int]:
        """Largest resident set of each process so far, or its present one as a stand-in."""
        return {name: _peak(process.pid) for name, process in self.processes.items()}

    def address(self, service: str) -> str:
        """Where a service's RPCs are."""
        return next(berth.grpc_address for berth in self.berths if berth.service == service)

    async def stop(self) -> None:
        """Drains and ends all services, callers before those they call; kills what hangs."""
        for process in reversed(self.processes.values()):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                await asyncio.to_thread(process.wait, DRAIN_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _let_go(process)
        await self._files.aclose()


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Closes our end of the pipe that tells a service that we are here."""
    if process.stdin:
        process.stdin.close()


def _ended(code: int) -> str:
    """How a process ended, in words.

    >>> _ended(2), _ended(-15), _ended(-9)
    ('ended with exit code 2', 'was killed by SIGTERM', 'was killed by SIGKILL (out of memory?)')
    """
    if code >= 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name
    return f"was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")


def _last_line(log: Path) -> str:
    """The last thing that a service logged; what happened, where that is a line of JSON."""
    lines = log.read_text(errors="replace").splitlines()
    last = lines[-1] if lines else "nothing"
    try:
        return str(json.loads(last)["event"])[:500]
    except (ValueError, KeyError, TypeError):
        return last[:500]


def _peak(pid: int) -> int:
    try:
        status: TextIO
        with Path(f"/proc/{pid}/status").open() as status:
            peak = next(line for line in status if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024
    except (OSError, StopIteration):
        try:
            return int(psutil.Process(pid).memory_info().rss)
        except psutil.Error:
            return 0

"""One service as a process on a broker, for tests that take the broker away."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import grpc

KEY = "acme-0123456789abcdef"
METADATA = (("authorization", f"Bearer {KEY}"),)
QUICK = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200)]


def resident_bytes(pid: int) -> int:
    """Memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


class Service:
    """A service of dramatis, on sockets of its own, until the block ends."""

    def __init__(self, name: str, state_dir: Path, settings: Mapping[str, str]) -> None:
        inherited = {each: value for each, value in os.environ.items() if "DRAMATIS" not in each}
        own = f"DRAMATIS_{name.upper()}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"dramatis.{name}"],
            env={
                **inherited,
                "DRAMATIS_STATE_DIR": str(state_dir),
                "DRAMATIS_API_KEYS": f"acme:{KEY}",
                f"{own}_GRPC_ADDRESS": "127.0.0.1:0",
                f"{own}_HTTP_ADDRESS": "127.0.0.1:0",
                f"{own}_DRAIN_WAIT_SECONDS": "0",
                f"{own}_DRAIN_SECONDS": "1",
                **settings,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        self.ports = self._started()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def channel(self) -> grpc.aio.Channel:
        """A channel to its gRPC port."""
        return grpc.aio.insecure_channel(f"127.0.0.1:{self.ports['grpc_port']}", options=QUICK)

    def _started(self) -> dict[str, int]:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line)
            if '"event": "started"' in line:
                found: dict[str, int] = json.loads(line)
                return found
        raise AssertionError("did not start: " + "".join(self.said))

    def _listen(self) -> None:
        assert self.process.stdout
        self.said += self.process.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._listener.join()
        assert self.process.stdout
        self.process.stdout.close()

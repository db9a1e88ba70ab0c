"""A real Kafka broker as a process: `deploy/dev/kafka` that tests start, kill, pause and end."""

import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "dev" / "kafka"
SOMETHING_MISSING = 69
START_SECONDS = 120


class Broker:
    """One broker; with the same folder and port it comes back with its records."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        """Starts it and waits until it listens; skips the test where it cannot be had."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._arguments = arguments
        self.bootstrap = ""
        self.start()

    def start(self) -> None:
        """Starts it, where it was before if it had a place."""
        port = self.bootstrap.rpartition(":")[2]
        command = [str(SCRIPT), "--dir", str(self.folder), *self._arguments]
        with (self.folder / "broker.log").open("ab") as log:
            self.process = subprocess.Popen(
                command + (["--port", port] if port else []),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self.process.stdout
        with self.process.stdout as output:
            self.bootstrap = output.readline().strip()
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            self._check(deadline)
            time.sleep(0.1)

    def kill(self) -> None:
        """Kills it without a chance to write anything."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends it in order."""
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Stops its clock: connections stay open and nothing answers."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Lets it go on."""
        self.process.send_signal(signal.SIGCONT)

    def _end(self, number: int) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _listens(self) -> bool:
        """The broker opens its port when it can serve."""
        if not self.bootstrap:
            return False
        host, _, port = self.bootstrap.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return False
        return True

    def _check(self, deadline: float) -> None:
        said = (self.folder / "broker.log").read_text(errors="replace")[-2000:]
        code = self.process.poll()
        if code == SOMETHING_MISSING:
            pytest.skip(f"{said.strip()}; or set DRAMATIS_KAFKA_BOOTSTRAP")
        if code is not None:
            raise RuntimeError(f"the broker ended with {code}: {said}")
        if time.monotonic() > deadline:
            self.kill()
            raise RuntimeError(f"the broker does not listen: {said}")

"""A real PostgreSQL server as a process: `deploy/dev/postgres` that tests start, kill and end."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "dev" / "postgres"
SOMETHING_MISSING = 69


class DatabaseServer:
    """One server; with a folder of its own it comes back with what was committed."""

    def __init__(self, log: Path, *arguments: str, data: Path | None = None) -> None:
        """Starts it and waits until it answers; skips the test where it cannot be had.

        Args:
            log: file for what it says.
            arguments: of the script.
            data: folder that the server's user can enter, so not one of pytest's, which are for
                the user alone that runs the tests; none: gone with the server.
        """
        self._log = log
        self._data = data
        self._arguments = [*arguments, *(["--dir", str(data)] if data else [])]
        self.dsn = ""
        self.start()

    def start(self) -> None:
        """Starts it, where it was before if it had a place."""
        port = self.dsn.rpartition(":")[2].partition("/")[0]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(SCRIPT), *self._arguments, *(["--port", port] if port else [])],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self.process.stdout
        with self.process.stdout as output:
            dsn = output.readline().strip()
        if not dsn:
            self._explain()
        self.dsn = dsn

    def kill(self) -> None:
        """Kills it without a chance to write anything; returns when all of it is gone."""
        assert self._data, "it would not come back"
        pid = (self._data / "postmaster.pid").read_text().split()[0]
        os.kill(int(pid), signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> None:
        """Ends it in order."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def _explain(self) -> None:
        said = self._log.read_text(errors="replace")[-2000:]
        code = self.process.wait(30)
        if code == SOMETHING_MISSING:
            pytest.skip(f"{said.strip()}; or set DRAMATIS_POSTGRES_DSN")
        raise RuntimeError(f"the server ended with {code}: {said}")

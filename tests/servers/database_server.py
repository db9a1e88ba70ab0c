"""A real PostgreSQL server as a process: `deploy/dev/postgres` that tests start, kill and end."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "dev" / "postgres"
SOMETHING_MISSING = 69


class DatabaseServer:
    """One server; with the same folder and port it comes back with what was committed."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        """Starts it and waits until it answers; skips the test where it cannot be had.

        Args:
            folder: for its data and its own log; the server's user has to be able to enter it.
            arguments: of the script.
        """
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for each in (folder, *folder.parents):
            if each.owner() == folder.owner():
                each.chmod(each.stat().st_mode | 0o011)
        self._arguments = arguments
        self.dsn = ""
        self.start()

    def start(self) -> None:
        """Starts it, where it was before if it had a place."""
        port = self.dsn.rpartition(":")[2].partition("/")[0]
        command = [str(SCRIPT), "--dir", str(self.folder / "data"), *self._arguments]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command + (["--port", port] if port else []),
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
        pid_file = self.folder / "data" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> None:
        """Ends it in order."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def _explain(self) -> None:
        said = (self.folder / "server.log").read_text(errors="replace")[-2000:]
        code = self.process.wait(30)
        if code == SOMETHING_MISSING:
            pytest.skip(f"{said.strip()}; or set DRAMATIS_POSTGRES_DSN")
        raise RuntimeError(f"the server ended with {code}: {said}")

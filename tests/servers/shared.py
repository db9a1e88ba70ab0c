"""One server for all workers of a test session: the first one starts it, the last one ends it."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def shared(folder: Path, start: Callable[[], tuple[str, int]]) -> Iterator[str]:
    """Yields the address of the server.

    Args:
        folder: the same for all workers, and theirs alone.
        start: starts the server and gives its address and process id.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / "users.json"
    with _lock(folder):
        address, pid, users = json.loads(state.read_text()) if state.exists() else (*start(), 0)
        state.write_text(json.dumps([address, pid, users + 1]))
    try:
        yield address
    finally:
        with _lock(folder):
            address, pid, users = json.loads(state.read_text())
            state.write_text(json.dumps([address, pid, users - 1]))
            if users == 1:
                state.unlink()
                _end(pid)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _end(pid: int) -> None:
    """Asks the process to end; it may be another worker's child."""
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and _runs(pid):
        time.sleep(0.05)
    if _runs(pid):
        os.kill(pid, signal.SIGKILL)


def _runs(pid: int) -> bool:
    try:
        if os.waitpid(pid, os.WNOHANG) != (0, 0):
            return False
    except ChildProcessError:  # another worker's, or reaped already
        pass
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"

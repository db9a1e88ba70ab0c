"""Whether the disk has room left: what an operator keeps for consents and erasures."""

import shutil
from collections.abc import Callable
from pathlib import Path

from dramatis.ingest import metrics


def spare(folder: Path, least_bytes: int) -> Callable[[], bool]:
    """Asks the disk of a folder whether so much is free; microseconds, on the event loop."""

    def measure() -> bool:
        free = shutil.disk_usage(folder).free
        metrics.DISK_FREE.set(free)
        return free >= least_bytes

    return measure if least_bytes else lambda: True

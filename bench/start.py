"""How long until all five services serve, beside one bare interpreter that only imports torch."""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np

from bench.support import report
from dramatis.cli.fleet import SERVICES, Fleet, free_berths

RUNS: Final = 3


async def ready() -> tuple[float, dict[str, float]]:
    """Seconds until all are SERVING on an empty state folder, and of each service."""
    with tempfile.TemporaryDirectory() as state:
        begun, seconds = time.perf_counter(), dict[str, float]()

        def note(name: str) -> None:
            seconds[name] = time.perf_counter() - begun

        async with Fleet(Path(state), free_berths()) as fleet:
            await fleet.ready(note)
            return max(seconds.values()), seconds


def torch() -> float:
    """Seconds that a bare interpreter takes to import torch, with the machine to itself."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return time.perf_counter() - begun


def main() -> None:
    """Starts everything a few times, in turns with the reference."""
    told = report.arguments(__doc__ or "")
    runs = [(asyncio.run(ready()), torch()) for _ in range(1 if told.quick else RUNS)]
    whole = float(np.median([total for (total, _), _ in runs]))
    bare = float(np.median([reference for _, reference in runs]))
    each = {
        f"{name}_ready_seconds": float(np.median([single[name] for (_, single), _ in runs]))
        for name in SERVICES
    }
    figures = {"up_ready_seconds": whole, "torch_import_seconds": bare, **each}
    report.publish(report.Report("start", {"up_vs_torch_import": whole / bare}, figures), told.json)


if __name__ == "__main__":
    main()

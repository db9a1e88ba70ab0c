"""How large snapshots are, how long writing and reading takes, and how late evidence is in one.

Sizes and seconds stand beside the same tables as float64 through zlib and np.savez_compressed, in
the same run. The delay is that of ingest and persona as processes, at 1,000 events/s.
"""

import asyncio
from typing import Final

import numpy as np

from bench.support import report
from bench.support.snapshot_delay import delays
from bench.support.snapshot_size import believed, measure

SMALL, LARGE = (64, 1_000), (512, 10_000)
STAGES: Final = (1, 2, 4)


def main() -> None:
    """Measures and reports."""
    told = report.arguments(__doc__ or "")
    rng = np.random.default_rng(0)
    figures: dict[str, float] = {}
    ratios: dict[str, float] = {}
    for personas, campaigns in (SMALL,) if told.quick else (SMALL, LARGE):
        for stages in STAGES:
            found = measure(believed(personas, campaigns, stages, rng))
            name = f"{personas}x{campaigns}x{stages}"
            figures |= {f"{name}_{key}": value for key, value in found.items()}
            ratios[f"{name}_size_vs_zlib"] = found["mb"] / found["float64_zlib_mb"]
            ratios[f"{name}_size_vs_npz"] = found["mb"] / found["float64_npz_mb"]
    late = asyncio.run(delays(10 if told.quick else 60, 0 if told.quick else 40_000, rng))
    figures["evidence_to_snapshot_seconds_p50"] = float(np.median(late))
    figures["evidence_to_snapshot_seconds_max"] = max(late)
    report.publish(report.Report("snapshots", ratios, figures), told.json)


if __name__ == "__main__":
    main()

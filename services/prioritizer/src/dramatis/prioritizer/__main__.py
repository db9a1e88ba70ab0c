"""Runs the prioritizer until it is asked to stop."""

import os
import sys
from typing import Final

from dramatis.prioritizer.settings import Settings
from dramatis.runtime.service import run

ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""The tables are small: more threads on one product of matrices wait for one another."""


def main() -> int:
    """Serves; returns the exit code."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    from dramatis.prioritizer.build import build  # noqa: PLC0415 - numpy reads them when imported

    return run(Settings, build)


if __name__ == "__main__":
    sys.exit(main())

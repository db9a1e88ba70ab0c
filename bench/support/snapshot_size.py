"""Snapshots of a size: as they are written, beside their tables as float64 by zlib and by npz."""

import io
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

import numpy as np

from bench.support import prioritizer_data
from dramatis.core.campaign import Stage
from dramatis.core.evidence import Axes
from dramatis.core.response import ResponseTable
from dramatis.core.snapshot import Snapshot
from dramatis.wire import snapshots

STAGES: Final = (Stage.OPEN, Stage.CLICK, Stage.VISIT, Stage.CONVERT)
TRIALS: Final = 100
"""Recipients per persona and campaign, on average: half a billion sends in 512 x 10,000 cells."""
SPREAD: Final = 0.25
"""Of the logits of rates between cells, beyond what campaign and persona explain."""
FEATURES: Final = 32
T = TypeVar("T")


def believed(personas: int, campaigns: int, stages: int, rng: np.random.Generator) -> Snapshot:
    """A snapshot whose cells have all been tried, some often, some hardly."""
    ids = [f"campaign-{at:05}" for at in range(campaigns - 1)]
    bare = prioritizer_data.snapshot("bench", personas, ids, FEATURES, rng)
    axes = Axes(bare.responses.axes.campaign_ids, STAGES[:stages], (None, *STAGES[: stages - 1]))
    return replace(bare, responses=_responses(axes, personas, rng))


def _responses(axes: Axes, personas: int, rng: np.random.Generator) -> ResponseTable:
    """Beta posteriors: chained stages, priors of the campaign's mean worth what the spread says."""
    cells = (personas, len(axes.campaign_ids))
    sent = TRIALS * rng.lognormal(0, 1, cells[1]) * rng.gamma(2.0, 0.5, personas)[:, None]
    trials = rng.poisson(sent)
    usual = rng.normal(-2.2, 0.4, cells[1]) + rng.normal(0, 0.3, personas)[:, None]
    alpha, beta = np.empty((2, *cells, len(axes.stages)))
    for stage in range(len(axes.stages)):
        rates = 1 / (1 + np.exp(-usual - rng.normal(0, SPREAD, cells)))
        successes = rng.binomial(trials, rates)
        mean = (successes.sum(axis=0) + 1) / (trials.sum(axis=0) + 10)
        weight = 1 / (0.1 * SPREAD**2)
        alpha[..., stage] = weight * mean + successes
        beta[..., stage] = weight * (1 - mean) + trials - successes
        trials = successes
    count = 50 + trials
    typical = 50 * np.exp(rng.normal(0, 0.3, cells[1]))
    spent = np.maximum(rng.normal(50 * trials, 30 * np.sqrt(trials)), 0)
    amounts = (50 * typical + spent) / count
    weights = np.full(len(axes.stages), 100.0)
    return ResponseTable(
        axes, alpha, beta, amounts, amounts / np.sqrt(count), weights, weights, weights, 50.0
    )


def measure(snapshot: Snapshot) -> dict[str, float]:
    """Megabytes and seconds of processor time, written and read, and of the two references."""
    (written, record), write = timed(lambda: snapshots.write(snapshot))
    _, read = timed(lambda: snapshots.to_snapshot(record))
    tables = snapshot.responses
    arrays = (tables.alpha, tables.beta, tables.amount_mean, tables.amount_error)
    raw = b"".join(each.tobytes() for each in arrays)
    by_zlib, zlib_seconds = timed(lambda: zlib.compress(raw, 1))
    _, unzlib_seconds = timed(lambda: zlib.decompress(by_zlib))
    npz, npz_seconds = timed(lambda: _npz(arrays))
    error = np.abs(written.responses.rates / tables.rates - 1).max()
    return {
        "mb": len(record) / 1e6,
        "write_cpu_seconds": write,
        "read_cpu_seconds": read,
        "float64_mb": len(raw) / 1e6,
        "float64_zlib_mb": len(by_zlib) / 1e6,
        "float64_zlib_cpu_seconds": zlib_seconds,
        "float64_unzlib_cpu_seconds": unzlib_seconds,
        "float64_npz_mb": npz / 1e6,
        "float64_npz_cpu_seconds": npz_seconds,
        "rate_error_max": float(error),
    }


def _npz(arrays: tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], ...]) -> int:
    file = io.BytesIO()
    np.savez_compressed(file, *arrays)
    return len(file.getvalue())


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What comes of it, and the seconds of processor time that it took."""
    begun = time.process_time()
    found = work()
    return found, time.process_time() - begun

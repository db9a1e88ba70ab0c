"""What estimators of many thin cells are judged by, and the two that are compared."""

import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from scipy.stats import beta

from bench.support.pooling_truths import Cells
from dramatis.core.arrays import Floats
from dramatis.core.campaign import Stage
from dramatis.core.evidence import Axes, EvidenceCounts
from dramatis.persona.domain import beliefs

PEER: Final = "numpyro==0.22.0"
ENVIRONMENT: Final = Path(__file__).resolve().parents[2] / "out" / "bench-numpyro"
SCRIPT: Final = Path(__file__).with_name("pooling_nuts.py")
SECONDS: Final = 3_000


@dataclass(frozen=True)
class Estimate:
    """Mean rates and the ends of their 90 % intervals, [P, C] each; what it took of processors."""

    rates: Floats
    lower: Floats
    upper: Floats
    cpu_seconds: float


def excess_loss(truth: Floats, rates: Floats) -> float:
    """Log-loss of one more response of each cell, above that of the truth."""
    off = truth * np.log(truth / rates) + (1 - truth) * np.log((1 - truth) / (1 - rates))
    return float(off.mean())


def coverage(truth: Floats, estimate: Estimate) -> float:
    """Share of the cells whose true rate is in the interval."""
    return float(((estimate.lower <= truth) & (truth <= estimate.upper)).mean())


def ours(cells: Cells) -> Estimate:
    """The posteriors of persona where no simulation has spoken."""
    personas, campaigns = cells.rates.shape
    axes = Axes(tuple(f"c{at:04d}" for at in range(campaigns)), (Stage.CLICK,), (None,))
    blank = np.zeros(cells.rates.shape)
    evidence = EvidenceCounts(
        axes, cells.trials[..., None], cells.successes[..., None], blank, blank, blank
    )
    began = time.process_time()
    table = beliefs.update(evidence, tuple(map(str, range(personas))), None)
    seconds = time.process_time() - began
    shapes = table.alpha[..., 0], table.beta[..., 0]
    lower, upper = beta.ppf(0.05, *shapes), beta.ppf(0.95, *shapes)
    return Estimate(table.rates[..., 0], lower, upper, seconds)


def environment() -> Path | None:
    """The Python that has NUTS, made and filled from PyPI where missing; None if that fails."""
    python = ENVIRONMENT / "bin" / "python"
    try:
        if not python.exists():
            venv.create(ENVIRONMENT, with_pip=True)
        have = [str(python), "-c", "import numpyro"]
        if subprocess.run(have, check=False, capture_output=True).returncode:
            subprocess.run(
                [python, "-m", "pip", "install", "-q", PEER], check=True, timeout=SECONDS
            )
    except (OSError, subprocess.SubprocessError) as error:
        print(f"no NUTS: {python} -m pip install {PEER} ({error})", file=sys.stderr)
        return None
    return python


def nuts(python: Path, cells: Cells, draws: int) -> Estimate:
    """The posteriors of NUTS, from so many draws after as many to warm up; one chain."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "cells.npz", Path(folder) / "found.npz"
        np.savez(given, trials=cells.trials, successes=cells.successes)
        subprocess.run([python, SCRIPT, given, found, str(draws)], check=True, timeout=SECONDS)
        told = np.load(found)
        return Estimate(told["rates"], told["lower"], told["upper"], float(told["seconds"]))

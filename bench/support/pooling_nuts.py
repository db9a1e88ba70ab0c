"""The reference of `bench.pooling`: the same cells by numpyro, in an environment of its own.

Run as a script by that environment's Python: cells in, posterior means and intervals out. Model:
logit(rate) = a + u[p] + v[c] + e[p, c], all normal with spreads that are learned too.
"""

import sys
import time
from typing import Any

import jax
import numpy as np
import numpyro
from numpyro import distributions as d
from numpyro.infer import (
    MCMC,
    NUTS,
)


def model(trials: Any, successes: Any) -> None:
    """The model; its rates are recorded."""
    personas, campaigns = trials.shape
    general = numpyro.sample("general", d.Normal(-2.2, 1.5))
    spreads = numpyro.sample("spreads", d.HalfNormal(1.0).expand([3]))
    persona = numpyro.sample("persona", d.Normal(0, 1).expand([personas, 1]))
    campaign = numpyro.sample("campaign", d.Normal(0, 1).expand([1, campaigns]))
    own = numpyro.sample("own", d.Normal(0, 1).expand([personas, campaigns]))
    logits = general + spreads[0] * persona + spreads[1] * campaign + spreads[2] * own
    numpyro.sample("seen", d.BinomialLogits(logits, total_count=trials), obs=successes)
    numpyro.deterministic("rates", jax.nn.sigmoid(logits))


def main(cells: str, found: str, draws: int) -> None:
    """Reads `cells` (npz: trials, successes), writes `found` (npz)."""
    given = np.load(cells)
    sampler = MCMC(NUTS(model), num_warmup=draws, num_samples=draws, progress_bar=False)
    began = time.process_time()
    sampler.run(jax.random.PRNGKey(0), given["trials"], given["successes"])
    rates = np.asarray(sampler.get_samples()["rates"])
    seconds = time.process_time() - began
    lower, upper = np.quantile(rates, [0.05, 0.95], axis=0)
    np.savez(found, rates=rates.mean(axis=0), lower=lower, upper=upper, seconds=seconds)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

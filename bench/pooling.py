"""Partial pooling of thin cells beside NUTS: excess log-loss, coverage and time on three truths.

The reference is numpyro's NUTS in an environment of its own, `out/bench-numpyro`, which is made
where it is missing.
"""

import itertools

import numpy as np

from bench.support import report
from bench.support.pooling_measures import coverage, environment, excess_loss, nuts, ours
from bench.support.pooling_truths import FORMS, draw

SEED = 2026


def measured(quick: bool) -> report.Report:
    """Runs the three truths; quick: the first, small, with few draws."""
    shape, draws = ((16, 60), 50) if quick else ((64, 500), 300)
    forms = dict(itertools.islice(FORMS.items(), 1 if quick else None))
    python = environment()
    ratios: dict[str, float] = {}
    figures: dict[str, float] = {}
    for name, form in forms.items():
        cells = draw(form, SEED, *shape)
        mine = ours(cells)
        figures[f"{name}_coverage_90"] = coverage(cells.rates, mine)
        figures[f"{name}_excess_loss"] = excess_loss(cells.rates, mine.rates)
        figures[f"{name}_cpu_seconds"] = mine.cpu_seconds
        if python is not None:
            theirs = nuts(python, cells, draws)
            loss = excess_loss(cells.rates, theirs.rates)
            ratios[f"{name}_loss_vs_nuts"] = figures[f"{name}_excess_loss"] / loss
            ratios[f"{name}_time_vs_nuts"] = mine.cpu_seconds / theirs.cpu_seconds
            figures[f"{name}_nuts_coverage_90"] = coverage(cells.rates, theirs)
    covered = [figures[f"{name}_coverage_90"] for name in forms]
    if ratios:
        ratios["pooling_loss_vs_nuts"] = max(ratios[f"{name}_loss_vs_nuts"] for name in forms)
        ratios["pooling_time_vs_nuts"] = max(ratios[f"{name}_time_vs_nuts"] for name in forms)
    figures["pooling_coverage_90"] = float(np.mean(covered))
    return report.Report("pooling", ratios, figures)


if __name__ == "__main__":
    report.run(__doc__ or "", measured)

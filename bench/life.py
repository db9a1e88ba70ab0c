"""How personas live: planted kinds found, one that emerges announced, a drift found, and errors.

The truth is planted; the references are the targets. Assignment is measured beside scikit-learn.
"""

from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from bench.support import persona_assign, persona_life, report

SEEDS: Final = range(100, 120)


def measured(quick: bool) -> report.Report:
    """Plants worlds of several seeds; quick: fewer and smaller ones."""
    seeds = SEEDS[:3] if quick else SEEDS
    recipients = 5_000 if quick else 20_000
    with threadpool_limits(1):
        assigned = persona_assign.measure(100_000 if quick else 1_000_000, 3)
        found = {
            apart: [persona_life.recovered(apart, recipients, s) for s in seeds]
            for apart in (6.0, 3.0)
        }
        errors = {
            apart: [persona_life.calibration(apart, recipients, s) for s in seeds]
            for apart in (3.0, 2.0)
        }
        announced = [persona_life.announced_after(recipients, s) for s in seeds]
        newcomers = 20_000 if quick else 100_000
        births = [persona_life.false_births(recipients, newcomers, s) for s in seeds[:10]]
        delays = [persona_life.delay(s) for s in (seeds if quick else range(100, 300))]
        events = 200_000 if quick else 1_000_000
        alarms = [persona_life.false_alarms(events, s) for s in seeds]
    ratios = {
        "assign_vs_sklearn": assigned.hard / assigned.reference,
        "soft_assign_vs_sklearn": assigned.soft / assigned.reference,
    }
    figures = {
        "assign_work_bytes": float(assigned.work_bytes),
        "rand_index_well_separated_worst": min(found[6.0]),
        "rand_index_hard_mean": float(np.mean(found[3.0])),
        "calibration_error_mean": float(np.mean(errors[3.0])),
        "calibration_error_hard_mean": float(np.mean(errors[2.0])),
        "emerging_events_worst": float(max(announced)),
        "false_births_per_100k": 1e5 * sum(births) / (len(births) * newcomers),
        "drift_events": float(np.median(delays)),
        "drift_within_2500_share": float(np.mean(np.array(delays) <= 2_500)),
        "false_alarms_per_million": 1e6 * sum(alarms) / (len(alarms) * events),
    }
    return report.Report("life", ratios, figures)


if __name__ == "__main__":
    report.run(__doc__ or "", measured)

"""What the decisions earn: the Hillstrom backtest on five objectives, beside peer learners.

Every case is one `dramatis demo` through the five real services. The reference is in the same run:
the best single campaign that the learning half would have named, and a LightGBM T-learner.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bench.support import report

SEEDS: Final = range(5)
LEARNER: Final = "T-learner (LightGBM)"
SHARES: Final = (0.1, 0.3, 0.5)


@dataclass(frozen=True)
class Objective:
    """What is to be earned, net of what a send costs."""

    outcome: str
    cost: float = 0.0

    @property
    def name(self) -> str:
        """Such as "spend less 0.5 per send"."""
        return f"{self.outcome} less {self.cost:g} per send" if self.cost else self.outcome


OBJECTIVES: Final = (
    Objective("visit"),
    Objective("visit", 0.05),
    Objective("conversion"),
    Objective("spend"),
    Objective("spend", 0.5),
)


def replay(seed: int, objective: Objective, *more: str) -> Mapping[str, Any]:
    """The report of one backtest."""
    with tempfile.TemporaryDirectory() as out:
        command = [
            sys.executable, "-m", "dramatis.cli.main", "demo", "--json", "--no-curve", "--out", out,
            "--seed", str(seed), "--objective", objective.outcome,
            "--cost-per-send", str(objective.cost), *more,
        ]  # fmt: skip
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told: Mapping[str, Any] = json.loads(done.stdout)
    return told


def gain(told: Mapping[str, Any], policy: str) -> float:
    """Percent of the best fixed policy's value that a policy earns on top."""
    values = told["policies"]
    best = values[told["best_fixed"]]["dr"]
    return float(100 * (values[policy]["dr"] / best - 1))


def calibration(told: Mapping[str, Any]) -> Mapping[str, float]:
    """Calibration errors of rates; none where the objective is an amount."""
    if not told:
        return {}
    ours, learner = told["dramatis"], told[LEARNER]
    return {
        "calibration": ours["error"],
        "learner_calibration": learner["error"],
        "chance": ours["chance"],
    }


def cases(seeds: range, objectives: tuple[Objective, ...]) -> Iterator[Mapping[str, float]]:
    """Yields what each case came to, and prints it as it comes."""
    head = f"{'objective':<26}{'seed':>5}{'dramatis':>10}{'learner':>10}{'coverage':>10}"
    print(f"{head}   95 % of the difference")
    for objective in objectives:
        for seed in seeds:
            told = replay(seed, objective)
            found = told["dramatis_vs_best_fixed"]
            lower, upper = found["ci"]
            case = {
                "gain": gain(told, "dramatis"),
                "learner": gain(told, LEARNER),
                "loss": float(upper < 0),
                "learner_loss": float(told["vs_best_fixed"][LEARNER]["ci"][1] < 0),
                "coverage": told["forecast"]["coverage_90"],
                **calibration(told["forecast"]["calibration"]),
                "rates": told["forecast"]["n"],
                "off": told["decisions_equal_numpy"]["max_abs_error"],
            }
            print(
                f"{objective.name:<26}{seed:>5}{case['gain']:>+9.2f}%{case['learner']:>+9.2f}%"
                f"{case['coverage']:>9.1%}   {lower:+.4f} to {upper:+.4f}",
                flush=True,
            )
            yield case


def budgets(seeds: range) -> Iterator[tuple[str, float]]:
    """Yields visits per 100 recipients where only a share may be sent to, mean over seeds."""
    for share in SHARES:
        visits = [
            replay(seed, Objective("visit"), "--budget", str(share))["policies"]["dramatis"]["dr"]
            for seed in seeds
        ]
        yield f"visit_at_{share * 100:.0f}", 100 * float(np.mean(visits))


def main() -> None:
    """Runs all cases; with --quick one seed of one objective."""
    told = report.arguments(__doc__ or "")
    seeds, objectives = (SEEDS, OBJECTIVES) if not told.quick else (range(1), OBJECTIVES[:1])
    found = list(cases(seeds, objectives))

    def mean(name: str) -> float:
        return float(np.mean([case[name] for case in found if name in case]))

    rates = sum(case["rates"] for case in found)
    figures = {
        "cases": float(len(found)),
        "mean_gain_pct": mean("gain"),
        "significant_losses": sum(case["loss"] for case in found),
        "learner_mean_gain_pct": mean("learner"),
        "learner_significant_losses": sum(case["learner_loss"] for case in found),
        "forecast_coverage_90": sum(c["coverage"] * c["rates"] for c in found) / rates,
        "forecast_rates": rates,
        "calibration_error": mean("calibration"),
        "learner_calibration_error": mean("learner_calibration"),
        "calibration_chance_error": mean("chance"),
        "decisions_max_abs_error": max(case["off"] for case in found),
        **({} if told.quick else dict(budgets(seeds))),
    }
    value = (1 + mean("gain") / 100) / (1 + mean("learner") / 100)
    made = report.Report("policy", {"value_vs_learner": value}, figures)
    report.publish(made, told.json)


if __name__ == "__main__":
    main()

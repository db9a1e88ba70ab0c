"""The replay as plain data: what report.json holds and everything else is drawn from.

Everything that differs between two runs with one seed stands under the keys of `TIMING`.
"""

import json
import math
import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from importlib.resources import files
from typing import Any, TypeAlias

import numpy as np

from dramatis.cli.backtest import forecasts, personas
from dramatis.cli.backtest.estimators import Interval, Value
from dramatis.cli.backtest.evaluate import AFTER, DRAMATIS, after
from dramatis.cli.backtest.run import Replay
from dramatis.cli.backtest.sources import Source

Report: TypeAlias = dict[str, Any]

VERSION = 1
TIMING = (
    "prioritize_ms",
    "events_per_second",
    "decisions_per_second",
    "wall_seconds",
    "seconds",
    "peak_rss_mb",
    "peak_rss_mb_by_process",
)


def schema() -> Any:
    """The JSON Schema (2020-12) of a report, as shipped."""
    text = files("dramatis.cli.backtest").joinpath("report_schema.json").read_text("utf-8")
    return json.loads(text)


def without_timings(report: Report) -> Report:
    """The part that is the same in every run with the same seed, data, spec and versions."""
    return {key: value for key, value in report.items() if key not in TIMING}


def dumps(report: Report) -> str:
    """JSON text with sorted keys; figures that are not numbers are null."""
    return json.dumps(report, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"


def assemble(replay: Replay, source: Source, sha256: str) -> Report:
    """The report of one replay."""
    data, last = replay.data, replay.stops[-1]
    spec = data.spec
    report = {
        "schema_version": VERSION,
        "dataset": spec.name,
        "generated": source.generated,
        "seed": replay.seed,
        "objective": spec.objective,
        "recipients": len(data.recipients),
        "data": _data(replay, source, sha256),
        "spec": _spec(replay),
        "policies": _policies(replay),
        "best_fixed": replay.verdict.best_fixed,
        "dramatis_vs_best_fixed": _gap(replay.verdict.versus[DRAMATIS]),
        "vs_best_fixed": {
            name: _gap(gap)
            for name, gap in replay.verdict.versus.items()
            if not name.startswith(AFTER)
        },
        "forecast": _forecast(replay),
        "learning_curve": _learning_curve(replay),
        "personas": personas.summarize(replay),
        "plan": _plan(replay),
        "sent": dict(zip(spec.arm_names, map(float, replay.verdict.sent), strict=True)),
        "suppressed": _suppressed(replay),
        "rungs": dict(sorted(last.decisions.rungs.items())),
        "ingested": {
            "accepted": replay.ingested.accepted,
            "rejected": replay.ingested.rejected,
            "reasons": dict(sorted(replay.ingested.reasons.items())),
        },
        "decisions_equal_numpy": asdict(replay.agreement),
        "versions": dict(sorted({**_versions(), **replay.footprint.versions}.items())),
        **_timings(replay),
    }
    clean: Report = _finite(report)
    return clean


def _data(replay: Replay, source: Source, sha256: str) -> Report:
    data = replay.data
    counts = np.bincount(data.responses.arm, minlength=len(data.spec.arms))
    return {
        "file": source.path.name,
        "source": source.note,
        "sha256": sha256,
        "rows": data.rows,
        "rejected": len(data.rejected),
        "rejected_reasons": dict(sorted(Counter(r.reason for r in data.rejected).items())),
        "missing_cells": {column: n for column, n in data.missing.items() if n},
        "arms": dict(zip(data.spec.arm_names, counts.tolist(), strict=True)),
        "learning": len(replay.split.learning),
        "judging": len(replay.split.judging),
        "notes": list(data.notes),
    }


def _spec(replay: Replay) -> Report:
    spec = replay.data.spec
    return {
        "stage": str(spec.target.stage),
        "value": spec.target.value,
        "currency": spec.currency,
        "budget": spec.budget,
        "costs": dict(zip(spec.arm_names, spec.costs, strict=True)),
        "propensity": dict(zip(spec.arm_names, spec.propensity or (), strict=True)),
        "features": {f.column: str(f.type) for f in spec.features},
    }


def _policies(replay: Replay) -> Report:
    values = replay.verdict.judged.values
    return {name: _value(v) for name, v in values.items() if not name.startswith(AFTER)}


def _value(value: Value) -> Report:
    return {
        "dr": value.dr.value,
        "dr_ci": _ci(value.dr),
        "snips": value.snips.value,
        "snips_ci": _ci(value.snips),
        "ips": value.ips.value,
        "ips_ci": _ci(value.ips),
        "share": value.share,
    }


def _ci(interval: Interval) -> list[float]:
    return [interval.lower, interval.upper]


def _gap(gap: Interval) -> Report:
    return {"difference": gap.value, "ci": _ci(gap)}


def _forecast(replay: Replay) -> Report:
    last = forecasts.score(replay.stops[-1].cells)
    first = forecasts.score(replay.stops[0].cells)
    alone = forecasts.score(replay.simulated)
    return {
        "coverage_90": last.coverage,
        "n": last.n,
        "coverage_90_closed": last.coverage_closed,
        "error": last.error,
        "chance_error": last.chance,
        "calibration": {n: asdict(c) for n, c in replay.verdict.calibrations.items()},
        "before_evidence": asdict(first),
        "simulation_alone": asdict(alone),
    }


def _learning_curve(replay: Replay) -> list[Report]:
    verdict = replay.verdict
    points = []
    for stop in replay.stops:
        value, score = verdict.judged.values[after(stop.recipients)], forecasts.score(stop.cells)
        points.append(
            {
                "recipients": stop.recipients,
                "dr": value.dr.value,
                "dr_ci": _ci(value.dr),
                "share": value.share,
                "vs_best_fixed": _gap(verdict.versus[after(stop.recipients)]),
                "forecast_error": score.error,
                "chance_error": score.chance,
                "coverage_90": score.coverage,
                "n": score.n,
            }
        )
    return points


def _plan(replay: Replay) -> Report:
    plan = replay.plan
    return {
        "value": plan.value,
        "baselines": dict(plan.baselines),
        "promoted": plan.promoted,
        "note": plan.note,
        "choices": [
            {
                "persona_id": c.persona_id,
                "arm": replay.data.spec.arm_names[c.arm],
                "stimulus": dict(c.stimulus),
                "value": c.value,
            }
            for c in plan.choices
        ],
    }


def _suppressed(replay: Replay) -> dict[str, int]:
    """Recipients held back by reason; those that a budget leaves out are counted here."""
    decisions = replay.stops[-1].decisions
    reasons = dict(decisions.reasons)
    if replay.data.spec.budget is not None:
        left_out = (decisions.arm > 0) & (replay.verdict.policy[:, 0] == 1)
        reasons["BUDGET"] = reasons.get("BUDGET", 0) + int(left_out.sum())
    return dict(sorted(reasons.items()))


def _versions() -> dict[str, str]:
    """Versions that the figures depend on, on this side of the port."""
    parts = ("lightgbm", "numpy", "scikit-learn", "scipy")
    return {"python": platform.python_version(), **{part: version(part) for part in parts}}


def _timings(replay: Replay) -> Report:
    latency = np.concatenate([s.decisions.latency_ms for s in replay.stops])
    decided = sum(len(s.decisions.arm) for s in replay.stops)
    deciding = sum(s.decisions.seconds for s in replay.stops)
    peaks = {"dramatis backtest": replay.own_peak_rss_bytes, **replay.footprint.peak_rss_bytes}
    p50, p99 = np.percentile(latency, [50, 99]) if len(latency) else (math.nan, math.nan)
    return {
        "prioritize_ms": {"p50": float(p50), "p99": float(p99), "calls": len(latency)},
        "events_per_second": _rate(replay.ingested.accepted, replay.ingested.seconds),
        "decisions_per_second": _rate(decided, deciding),
        "wall_seconds": replay.wall_seconds,
        "seconds": dict(replay.seconds),
        "peak_rss_mb": max(peaks.values()) / 2**20,
        "peak_rss_mb_by_process": {name: peak / 2**20 for name, peak in peaks.items()},
    }


def _rate(count: int, seconds: float) -> float | None:
    return count / seconds if seconds > 0 else None


def _finite(value: Any) -> Any:
    """The same with None for nan and infinities, which JSON does not have."""
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

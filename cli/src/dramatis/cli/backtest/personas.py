"""The personas of a replay as plain data: who they are, what was forecast, what they are sent."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from dramatis.cli.backtest import words
from dramatis.cli.backtest.forecasts import Cell
from dramatis.cli.backtest.run import Replay


def summarize(replay: Replay) -> list[dict[str, Any]]:
    """Largest first: traits, forecasts beside reality, and what they get."""
    last = replay.stops[-1]
    member = last.decisions.membership
    judged = replay.data.recipients.take(replay.split.judging)
    traits = words.describe(replay.data.spec.features, judged, member)
    names, known = _names(traits), {p.persona_id: p for p in replay.personas}
    sent = member.T @ replay.verdict.policy / np.maximum(member.sum(0), 1e-9)[:, None]
    personas = []
    for k in np.argsort(-member.sum(0), kind="stable"):
        persona_id = last.decisions.persona_ids[k]
        persona = known.get(persona_id)
        personas.append(
            {
                "persona_id": persona_id,
                "name": (persona.label if persona else "") or names[k],
                "weight": persona.weight if persona else 0.0,
                "share": float(member[:, k].mean()),
                "traits": [asdict(t) for t in traits[k]],
                "sent": dict(zip(replay.data.spec.arm_names, sent[k].tolist(), strict=True)),
                "forecasts": _cells(replay, last.cells, persona_id),
            }
        )
    return personas


def _names(traits: Sequence[Sequence[words.Trait]]) -> list[str]:
    """A title for each persona: two traits, more where that is another's title too."""
    names = ["" for _ in traits]
    for length in range(2, words.MOST_TRAITS + 1):
        taken = Counter(names)
        for k, found in enumerate(traits):
            if taken[names[k]] > 1 or not names[k]:
                names[k] = ", ".join(t.short for t in found[:length]) or "like everyone"
    counts = Counter(names)
    unique = [n if counts[n] == 1 else f"{n} ({k + 1})" for k, n in enumerate(names)]
    return [n[:1].upper() + n[1:] for n in unique]


def _cells(replay: Replay, cells: Sequence[Cell], persona_id: str) -> list[dict[str, Any]]:
    alone = {
        (c.forecast.arm, c.forecast.stage): c.forecast for c in _of(replay.simulated, persona_id)
    }
    found = []
    for cell in _of(cells, persona_id):
        forecast = cell.forecast
        before = alone.get((forecast.arm, forecast.stage))
        found.append(
            {
                "arm": replay.data.spec.arm_names[forecast.arm],
                "stage": str(forecast.stage),
                "rate": forecast.rate,
                "interval_90": [forecast.lower, forecast.upper],
                "expected_90": [cell.lower, cell.upper],
                "observed": cell.observed,
                "trials": cell.trials,
                "inside": cell.inside,
                "simulated": before.rate if before else None,
                "simulated_90": [before.lower, before.upper] if before else None,
            }
        )
    return found


def _of(cells: Sequence[Cell], persona_id: str) -> list[Cell]:
    return [c for c in cells if c.forecast.persona_id == persona_id]

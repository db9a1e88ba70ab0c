"""The report's four pictures."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from dramatis.cli.backtest.amounts import Amounts
from dramatis.cli.backtest.canvas import Canvas, Scale, shorten
from dramatis.cli.backtest.evaluate import DRAMATIS
from dramatis.cli.backtest.report import Report

WIDTH = 860.0
LABELS = 246.0
MOST_ROWS = 12
MOST_FORECASTS = 8
MOST_LETTERS = 28
"""Of a label on the left: wide letters too must fit into `LABELS`."""


def policies(report: Report, amounts: Amounts) -> Markup:
    """Every policy's value with its interval, the best on top, a line at the best fixed."""
    ranked = sorted(report["policies"].items(), key=lambda item: -item[1]["dr"])
    row, top, right = 34.0, 12.0, 150.0
    height = top + row * len(ranked) + 34
    canvas = Canvas(WIDTH, height, f"{amounts.title}, by policy, with 95 % intervals")
    ends = [bound for _, value in ranked for bound in value["dr_ci"]]
    x = Scale([e * amounts.scale for e in ends], LABELS, WIDTH - right)
    _axis(canvas, x, top, height - 28)
    reference = x(report["policies"][report["best_fixed"]]["dr"] * amounts.scale)
    canvas.line(reference, top, reference, height - 28, "reference")
    for i, (name, value) in enumerate(ranked):
        y, ours = top + row * (i + 0.5), name == DRAMATIS
        kind = "ours" if ours else "best" if name == report["best_fixed"] else "other"
        low, high = (x(bound * amounts.scale) for bound in value["dr_ci"])
        tip = f"{name}: {amounts.text(value['dr'])} ({amounts.interval(value['dr_ci'])})"
        canvas.text(LABELS - 14, y + 4.5, _label(name), "strong" if ours else "", "end")
        canvas.box(low, y - 5, high - low, 10, f"range {kind}", tip=tip)
        canvas.dot(x(value["dr"] * amounts.scale), y, 5.5, f"point {kind}", tip)
        canvas.text(
            WIDTH - right + 16, y + 4.5, amounts.text(value["dr"]), "strong" if ours else ""
        )
        canvas.text(WIDTH, y + 4.5, f"{value['share']:.0%} sent", "faint", "end")
    return canvas.svg()


def sent(report: Report) -> Markup:
    """What each persona and all recipients are sent, as bars of one length."""
    arms = list(report["sent"])
    rows = [("All recipients", 1.0, report["sent"])]
    rows += [(p["name"], p["share"], p["sent"]) for p in report["personas"][:MOST_ROWS]]
    row, top, right = 34.0, 34.0, 70.0
    canvas = Canvas(WIDTH, top + row * len(rows) + 8, "Share of each persona that is sent what")
    _legend(canvas, arms)
    for i, (name, share, shares) in enumerate(rows):
        y = top + row * (i + 0.5)
        canvas.text(LABELS - 14, y + 4.5, _label(name), "" if i else "strong", "end")
        canvas.text(WIDTH, y + 4.5, f"{share:.0%} of all", "faint", "end")
        x, length = LABELS, WIDTH - LABELS - right
        for a, arm in enumerate(arms):
            width = length * shares[arm]
            tip = f"{name}: {arm} {shares[arm]:.1%}"
            canvas.box(x, y - 11, width, 22, f"arm{_colour(a)}", tip=tip)
            if width > 46:
                kind, middle = f"inside on{_colour(a)}", x + width / 2
                canvas.text(middle, y + 4.5, f"{shares[arm]:.0%}", kind, "middle")
            x += width
    return canvas.svg()


def forecasts(report: Report, stage: str) -> Markup:
    """Forecast intervals with what then happened, for the largest personas."""
    groups = [
        (p["name"], [f for f in p["forecasts"] if f["stage"] == stage])
        for p in report["personas"][:MOST_FORECASTS]
    ]
    groups = [(name, cells) for name, cells in groups if cells]
    arms = list(report["sent"])
    row, gap, top = 19.0, 14.0, 34.0
    height = top + sum(row * len(cells) + gap for _, cells in groups) + 28
    canvas = Canvas(WIDTH, height, f"Forecast and actual {stage} rate by persona and campaign")
    ends = [
        100 * b for _, cells in groups for c in cells for b in (*c["expected_90"], c["observed"])
    ]
    x = Scale([*ends, 0.0], LABELS, WIDTH - 20)
    _legend(canvas, arms)
    _axis(canvas, x, top, height - 26, "%")
    y = top
    for name, cells in groups:
        canvas.text(LABELS - 14, y + gap / 2 + row * len(cells) / 2 + 4.5, _label(name), "", "end")
        for i, cell in enumerate(cells):
            _forecast(canvas, x, y + gap / 2 + row * (i + 0.5), cell, arms.index(cell["arm"]))
        y += row * len(cells) + gap
        canvas.line(0, y, WIDTH, y, "grid")
    return canvas.svg()


def _forecast(canvas: Canvas, x: Scale, y: float, cell: dict[str, Any], arm: int) -> None:
    low, high = (x(100 * bound) for bound in cell["expected_90"])
    tip = (
        f"{cell['arm']}: forecast {cell['rate']:.1%} ({cell['expected_90'][0]:.1%} to "
        f"{cell['expected_90'][1]:.1%}), actual {cell['observed']:.1%} of {cell['trials']:,}"
    )
    canvas.box(low, y - 5, high - low, 10, f"range arm{_colour(arm)}", tip=tip)
    canvas.line(
        x(100 * cell["rate"]), y - 5, x(100 * cell["rate"]), y + 5, f"mark arm{_colour(arm)}"
    )
    held = cell["expected_90"][0] - 1e-9 <= cell["observed"] <= cell["expected_90"][1] + 1e-9
    canvas.dot(x(100 * cell["observed"]), y, 4, "reality" if held else "reality missed", tip)


def learning(report: Report, amounts: Amounts) -> Markup:
    """Value and forecast error after learning from more and more recipients."""
    points = report["learning_curve"]
    canvas = Canvas(
        WIDTH, 300, "Policy value and forecast error as more recipients are learned from"
    )
    middle = WIDTH / 2
    value = [(amounts.scale * p["dr"], [amounts.scale * b for b in p["dr_ci"]]) for p in points]
    best = amounts.scale * report["policies"][report["best_fixed"]]["dr"]
    ends = [bound for _, interval in value for bound in interval]
    y = Scale([*ends, best], 246, 46)
    x = _steps(canvas, points, 52, middle - 30)
    canvas.text(0, 18, shorten(amounts.title, 58), "strong")
    _levels(canvas, y, 40, middle - 20)
    canvas.line(40, y(best), middle - 20, y(best), "reference")
    canvas.text(middle - 20, y(best) - 6, "best fixed policy", "faint", "end")
    band = [(px, y(i[1])) for px, (_, i) in zip(x, value, strict=True)]
    band += [(px, y(i[0])) for px, (_, i) in reversed(list(zip(x, value, strict=True)))]
    canvas.path(band, "band", closed=True)
    _trace(canvas, [(px, y(v)) for px, (v, _) in zip(x, value, strict=True)], "ours")
    _errors(canvas, points, middle + 30)
    return canvas.svg()


def _errors(canvas: Canvas, points: Sequence[dict[str, Any]], left: float) -> None:
    known = [p for p in points if p["forecast_error"] is not None]
    canvas.text(left, 18, "Mean error of the forecast rates, percentage points", "strong")
    if not known:
        return
    error = [100 * p["forecast_error"] for p in known]
    chance = [100 * p["chance_error"] for p in known]
    y = Scale([*error, *chance, 0.0], 246, 46)
    x = _steps(canvas, known, left + 52, WIDTH - 20)
    _levels(canvas, y, left + 40, WIDTH - 8)
    _trace(canvas, [(px, y(e)) for px, e in zip(x, error, strict=True)], "ours")
    canvas.path([(px, y(c)) for px, c in zip(x, chance, strict=True)], "chance")
    canvas.text(x[-1], y(chance[-1]) + 16, "chance alone", "faint", "end")


def _steps(
    canvas: Canvas, points: Sequence[dict[str, Any]], left: float, right: float
) -> list[float]:
    """Pixels of the checkpoints, evenly spaced, with their labels."""
    gap = (right - left) / max(len(points) - 1, 1)
    places = [left + i * gap for i in range(len(points))]
    for place, point in zip(places, points, strict=True):
        canvas.text(place, 268, f"{point['recipients']:,}", "faint", "middle")
    canvas.text((left + right) / 2, 290, "recipients learned from", "faint", "middle")
    return places


def _trace(canvas: Canvas, points: Sequence[tuple[float, float]], kind: str) -> None:
    canvas.path(points, f"trace {kind}")
    for px, py in points:
        canvas.dot(px, py, 4.5, f"point {kind}")


def _levels(canvas: Canvas, y: Scale, left: float, right: float) -> None:
    for tick in y.ticks(5):
        canvas.line(left, y(tick), right, y(tick), "grid")
        canvas.text(left - 6, y(tick) + 4, f"{tick:g}", "faint", "end")


def _axis(canvas: Canvas, x: Scale, top: float, bottom: float, unit: str = "") -> None:
    for tick in x.ticks():
        canvas.line(x(tick), top, x(tick), bottom, "grid")
        canvas.text(
            x(tick), bottom + 18, f"{tick:g}{' ' + unit if unit else ''}", "faint", "middle"
        )


def _legend(canvas: Canvas, arms: Sequence[str]) -> None:
    x = LABELS
    for a, arm in enumerate(arms):
        canvas.box(x, 3, 14, 14, f"arm{_colour(a)}")
        canvas.text(x + 20, 15, shorten(arm, 28))
        x += 20 + 7.6 * min(len(arm), 28) + 22


def _label(name: str) -> str:
    """What stands on the left of a row."""
    return shorten(name, MOST_LETTERS)


def _colour(arm: int) -> int:
    """Arm 0 is grey; beyond seven campaigns colours repeat, labels and tips tell them apart."""
    return arm if arm == 0 else (arm - 1) % 7 + 1

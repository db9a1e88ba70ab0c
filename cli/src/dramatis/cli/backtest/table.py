"""The report as a table on the terminal."""

from rich.console import Console
from rich.table import Table

from dramatis.cli.backtest.amounts import Amounts
from dramatis.cli.backtest.evaluate import DRAMATIS
from dramatis.cli.backtest.report import Report


def show(report: Report, console: Console) -> None:
    """Prints policies with intervals, and what else the report says, in a screenful."""
    amounts = Amounts.of(report)
    if report["generated"]:
        console.print("GENERATED DATA: no recipient in it ever existed.", style="bold red")
    console.print(_policies(report, amounts))
    for line in _lines(report, amounts):
        console.print(line, markup=False, highlight=False)


def _policies(report: Report, amounts: Amounts) -> Table:
    table = Table(
        title=f"{report['dataset']}: {amounts.title}",
        caption=f"doubly robust on the {report['data']['judging']:,} recipients not learned from; "
        "95 % bootstrap intervals, paired for the difference",
    )
    for name, justify in (("policy", "left"), ("value", "right"), ("95 %", "right"),
                          ("against best fixed", "right"), ("95 %", "right"),
                          ("sent to", "right")):  # fmt: skip
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    ranked = sorted(report["policies"].items(), key=lambda item: -item[1]["dr"])
    for name, value in ranked:
        gap = report["vs_best_fixed"][name]
        best = name == report["best_fixed"]
        table.add_row(
            name + (" (best fixed)" if best else ""),
            amounts.text(value["dr"]),
            amounts.interval(value["dr_ci"]),
            "" if best else amounts.signed(gap["difference"]),
            "" if best else amounts.interval(gap["ci"]),
            f"{value['share']:.1%}",
            style="bold" if name == DRAMATIS else None,
        )
    return table


def _lines(report: Report, amounts: Amounts) -> list[str]:
    forecast, same = report["forecast"], report["decisions_equal_numpy"]
    lines = []
    if forecast["n"]:
        lines.append(
            f"forecast: the 90 % intervals held {forecast['coverage_90']:.1%} of {forecast['n']} "
            f"rates; "
            f"mean error {forecast['error']:.2%}, of which chance {forecast['chance_error']:.2%}"
        )
    if forecast["calibration"]:
        errors = ", ".join(f"{n} {c['error']:.2%}" for n, c in forecast["calibration"].items())
        chance = forecast["calibration"][DRAMATIS]["chance"]
        lines.append(f"calibration error of recipients' rates: {errors}; chance alone {chance:.2%}")
    if len(report["learning_curve"]) > 1:
        curve = ", ".join(
            f"{point['recipients']:,}: {amounts.text(point['dr'])}"
            for point in report["learning_curve"]
        )
        lines.append(f"value after learning from so many recipients: {curve}")
    if report["suppressed"]:
        held = ", ".join(f"{reason} {n:,}" for reason, n in report["suppressed"].items())
        lines.append(f"held back: {held}")
    lines.append(
        f"decisions equal the posterior in numpy to {same['max_abs_error']:.1e} "
        f"({same['scores']:,} scores)"
    )
    lines.append(_timings(report))
    return lines


def _timings(report: Report) -> str:
    calls, events = report["prioritize_ms"], report["events_per_second"]
    parts = [f"{report['wall_seconds']:.1f} s", f"largest process {report['peak_rss_mb']:,.0f} MiB"]
    if events is not None:
        parts.append(f"{events:,.0f} events/s in")
    if calls["p50"] is not None:
        parts.append(f"Prioritize p50 {calls['p50']:.1f} ms, p99 {calls['p99']:.1f} ms a call")
    return "; ".join(parts)

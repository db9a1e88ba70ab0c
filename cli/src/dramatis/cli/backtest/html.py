"""The report as one HTML file that needs nothing else: no network, no script, no font."""

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dramatis.cli.backtest import charts
from dramatis.cli.backtest.amounts import Amounts
from dramatis.cli.backtest.evaluate import DRAMATIS
from dramatis.cli.backtest.report import Report

MOST_CARDS = 12
REASONS = {
    "CONSENT": "have not consented to marketing",
    "SUPPRESSION_LIST": "are on the suppression list",
    "CAP": "have reached their limit of messages",
    "QUIET_HOURS": "are in their quiet hours",
    "COOLDOWN": "were written to too recently",
    "HOLDOUT": "are held out to measure against",
    "LOW_VALUE": "no campaign is expected to earn more than sending nothing",
    "BETTER_LATER": "a later moment is expected to earn more",
    "INELIGIBLE": "no campaign is meant for them",
    "BUDGET": "others earn more and the budget is spent",
    "NO_DATA": "nothing is known about them",
}


def render(report: Report) -> str:
    """The page, drawn from the report alone."""
    amounts = Amounts.of(report)
    stage = _stage(report)
    page = Environment(
        loader=PackageLoader("dramatis.cli.backtest", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("report.html.j2")
    return page.render(
        report=report,
        amounts=amounts,
        ours=report["policies"][DRAMATIS],
        best=report["policies"][report["best_fixed"]],
        verdict=verdict(report, amounts),
        stage=stage,
        cards=report["personas"][:MOST_CARDS],
        reasons=REASONS,
        policies_chart=charts.policies(report, amounts),
        sent_chart=charts.sent(report),
        forecast_chart=charts.forecasts(report, stage) if stage else Markup(""),
        learning_chart=charts.learning(report, amounts),
    )


def verdict(report: Report, amounts: Amounts) -> str:
    """One sentence: did deciding per recipient pay?"""
    gap, best = report["dramatis_vs_best_fixed"], report["best_fixed"]
    low, high = gap["ci"]
    by = f"{amounts.signed(gap['difference'])} ({amounts.interval(gap['ci'])})"
    if low > 0:
        return f"Deciding per recipient would have earned more than {best}: {by}."
    if high < 0:
        return f"Deciding per recipient would have earned less than {best}: {by}."
    if low == high == 0:
        return f"Dramatis would have done the same as {best}."
    return f"No provable difference between deciding per recipient and {best}: {by}."


def _stage(report: Report) -> str:
    """The stage whose forecasts are drawn: the objective's, else the deepest that was judged."""
    judged = {f["stage"] for p in report["personas"] for f in p["forecasts"]}
    wanted = [report["spec"]["stage"], "convert", "visit", "click", "open"]
    return next((stage for stage in wanted if stage in judged), "")

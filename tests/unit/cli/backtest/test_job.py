"""A whole backtest, from files to files, against the services in numpy."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from dramatis.cli.backtest import html, job, progress, report, table
from dramatis.cli.backtest.job import Options
from dramatis.cli.backtest.ports import Services
from dramatis.cli.backtest.progress import Lines, Silent
from dramatis.cli.backtest.report import Report
from dramatis.cli.backtest.sources import Source
from dramatis.core.errors import Invalid


async def backtest(services: Services, csv_path: Path, options: Options) -> Report:
    prepared = job.prepare(options, Source(csv_path, False, "given with --data"))
    return await job.backtest(services, prepared, options, Silent())


@pytest.fixture
def options(spec_path: Path, tmp_path: Path) -> Options:
    return Options(spec_path, tmp_path / "out", seed=1)


async def test_a_backtest_finds_the_gain_that_is_in_the_data(services, csv_path, options) -> None:
    told = await backtest(services, csv_path, options)
    assert json.loads((options.out / "report.json").read_text()) == told
    Draft202012Validator(report.schema()).validate(told)
    assert (told["dataset"], told["objective"], told["seed"]) == ("Small campaign", "click", 1)
    assert (told["recipients"], told["data"]["learning"]) == (3_000, 1_500)
    assert told["best_fixed"] in {"Offer A to everyone", "Offer B to everyone"}
    learner = told["policies"]["T-learner (LightGBM)"]
    assert learner["dr"] > told["policies"][told["best_fixed"]]["dr"] > 0
    assert told["vs_best_fixed"]["T-learner (LightGBM)"]["ci"][0] > 0
    assert told["vs_best_fixed"][told["best_fixed"]]["difference"] == 0
    assert [p["recipients"] for p in told["learning_curve"]] == [0, 500, 1_500]
    assert told["learning_curve"][-1]["dr"] == told["policies"]["dramatis"]["dr"]
    assert (
        told["learning_curve"][0]["forecast_error"] > told["learning_curve"][-1]["forecast_error"]
    )
    assert told["decisions_equal_numpy"]["max_abs_error"] < 1e-12
    assert told["forecast"]["n"] == 4 * 3 * 2  # personas x arms x binary stages
    for found in told["forecast"]["calibration"].values():
        assert 0 < found["error"] < 0.1
    assert set(told["forecast"]["calibration"]) == {"dramatis", "T-learner (LightGBM)"}
    assert sum(told["sent"].values()) == pytest.approx(1)
    assert sum(p["share"] for p in told["personas"]) == pytest.approx(1)
    assert told["events_per_second"] == pytest.approx((1_500 + 2 * 1_500) / 1.5)
    assert told["prioritize_ms"] == {"p50": 2.0, "p99": 2.0, "calls": 9}
    assert told["peak_rss_mb"] >= 300


async def test_the_services_never_see_arm_or_outcome_of_the_judging_half(
    services, csv_path, options
) -> None:
    prepared = job.prepare(options, Source(csv_path, False, ""))
    await job.backtest(services, prepared, options, Silent())
    judged = set(services.decided[0].ids)
    assert len(judged) == 1_500
    assert not judged & set(services.enrolled.ids)
    assert not judged & set(services.seen)
    assert len(services.seen) == 1_500
    for recipients in services.decided:
        assert set(recipients.columns) == {"age", "spent", "loyalty", "region", "books", "joined"}


async def test_two_runs_with_one_seed_differ_in_timings_only(services, csv_path, options) -> None:
    one = await backtest(type(services)(), csv_path, options)
    other = await backtest(type(services)(), csv_path, options)
    assert one["wall_seconds"] != other["wall_seconds"]
    assert report.without_timings(one) == report.without_timings(other)
    assert set(one) - set(report.without_timings(one)) == set(report.TIMING)


async def test_another_seed_splits_differently(services, csv_path, options, spec_path) -> None:
    one = await backtest(type(services)(), csv_path, options)
    other = await backtest(type(services)(), csv_path, Options(spec_path, options.out, seed=2))
    assert one["policies"]["dramatis"] != other["policies"]["dramatis"]


async def test_a_budget_limits_every_policy_and_is_counted(
    services, csv_path, spec_path, tmp_path
) -> None:
    told = await backtest(services, csv_path, Options(spec_path, tmp_path / "out", budget=0.2))
    for name, policy in told["policies"].items():
        assert policy["share"] <= 0.2 + 1e-9, name
    assert "Offer A to a random 20%" in told["policies"]
    assert told["policies"]["random"]["share"] == pytest.approx(0.2)
    held = told["suppressed"]
    sent = round(told["policies"]["dramatis"]["share"] * 1_500)
    assert held["BUDGET"] + held.get("LOW_VALUE", 0) + sent == 1_500


async def test_a_dear_send_is_suppressed_with_its_reason(
    services, csv_path, spec_path, tmp_path
) -> None:
    options = Options(spec_path, tmp_path / "out", cost_per_send=10.0)
    told = await backtest(services, csv_path, options)
    assert told["suppressed"] == {"LOW_VALUE": 1_500}
    assert told["best_fixed"] == "nothing to anyone"
    assert told["dramatis_vs_best_fixed"] == {"difference": 0, "ci": [0, 0]}
    assert told["policies"]["dramatis"]["share"] == 0
    assert "the same as nothing to anyone" in html.render(told)


async def test_an_amount_is_valued_and_shown_as_money(
    services, csv_path, spec_path, tmp_path
) -> None:
    options = Options(spec_path, tmp_path / "out", objective="amount", cost_per_send=0.0)
    told = await backtest(services, csv_path, options)
    with csv_path.open() as file:
        amounts = [float(row["amount"] or 0) for row in csv.DictReader(file)]
    assert told["policies"]["random"]["dr"] == pytest.approx(0.5 * np.mean(amounts), rel=0.2)
    page = html.render(told)
    assert "Amount per recipient in EUR" in page
    assert "How many answered (convert)" in page


class Outside(HTMLParser):
    """Collects whatever a page would fetch, and checks that tags close."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.fetched += [f"{name}={value}" for name, value in attrs if name in {"src", "href"}]


async def test_the_page_is_self_contained_and_says_what_matters(
    services, csv_path, options
) -> None:
    told = await backtest(services, csv_path, options)
    page = (options.out / "report.html").read_text()
    outside = Outside()
    outside.feed(page)
    assert not outside.fetched
    assert not outside.tags & {"script", "link", "img", "iframe"}
    assert not re.search(r"url\(|@import|https?://", page)
    assert page.count("<svg") == 4
    for persona in told["personas"]:
        assert persona["name"] in page.replace("&#39;", "'")
    for name in told["policies"]:
        assert name in page
    assert "Generated data" not in page
    assert "Generated data" in html.render(told | {"generated": True})


async def test_names_from_the_data_are_escaped(services, csv_path, spec_path, tmp_path) -> None:
    spec_path.write_text(spec_path.read_text().replace("Offer A", "<b>A & 'Co'</b>"))
    told = await backtest(services, csv_path, Options(spec_path, tmp_path / "out"))
    page = html.render(told)
    assert "<b>A" not in page
    assert "&lt;b&gt;A &amp; &#39;Co&#39;&lt;/b&gt;" in page


async def test_the_table_shows_every_policy(services, csv_path, options) -> None:
    told = await backtest(services, csv_path, options)
    stream = io.StringIO()
    table.show(told | {"generated": True}, Console(file=stream, width=160))
    shown = stream.getvalue()
    for name in told["policies"]:
        assert name in shown
    assert "GENERATED" in shown
    assert "decisions equal the posterior in numpy" in shown


async def test_progress_tells_each_planned_step_once(services, csv_path, options) -> None:
    stream = io.StringIO()
    prepared = job.prepare(options, Source(csv_path, False, ""))
    await job.backtest(services, prepared, options, Lines(stream))
    steps = re.findall(r"\[(\d+)/(\d+)\]", stream.getvalue())
    assert [int(i) for i, _ in steps] == list(range(1, len(steps) + 1))
    assert {int(n) for _, n in steps} == {len(steps)}


@pytest.mark.parametrize(("terminal", "quiet"), [(True, False), (False, False), (False, True)])
def test_the_teller_suits_the_output(terminal: bool, quiet: bool) -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=80)
    with progress.teller(console, quiet=quiet) as tell:
        tell.plan(2)
        tell.begin("first")
        tell.say("look")
        tell.begin("second")
    assert ("look" in stream.getvalue()) is not quiet


def test_rejected_rows_are_listed_also_when_they_stop_the_run(
    csv_path: Path, spec_path: Path, options: Options
) -> None:
    spec_path.write_text(spec_path.read_text().replace(", empty: 0", ""))
    with pytest.raises(Invalid, match="more than max_rejected_share"):
        job.prepare(options, Source(csv_path, False, ""))
    listed = (options.out / "rejected.csv").read_text().splitlines()
    assert len(listed) > 1_000
    assert listed[1].split(",")[1:] == ["amount", "missing_outcome", ""]


def test_a_folder_that_cannot_be_written_to_is_told(csv_path: Path, spec_path: Path) -> None:
    with pytest.raises(Invalid, match="choose another --out"):
        job.prepare(Options(spec_path, csv_path / "out"), Source(csv_path, False, ""))


def test_a_negative_seed_is_told(csv_path: Path, spec_path: Path, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="seed"):
        job.prepare(Options(spec_path, tmp_path, seed=-1), Source(csv_path, False, ""))


def test_the_report_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(report.schema())


def test_figures_that_are_no_numbers_become_null() -> None:
    assert report._finite({"a": [float("nan"), 1.0], "b": float("inf")}) == {
        "a": [None, 1.0],
        "b": None,
    }


async def test_no_posterior_at_all_still_gives_a_report(services, csv_path, options) -> None:
    """Nothing can be judged when no persona is forecast: figures are null, the report stands."""

    class Mute(type(services)):
        async def forecast(self, *, with_evidence: bool) -> tuple[()]:
            return ()

    told = await backtest(Mute(), csv_path, options)
    assert told["forecast"]["coverage_90"] is None
    assert told["forecast"]["n"] == 0
    Draft202012Validator(report.schema()).validate(told)
    assert "Forecast and reality" not in (options.out / "report.html").read_text()


@pytest.mark.parametrize(
    "fault", [OSError(28, "No space left on device"), PermissionError(13, "no")]
)
async def test_a_full_disk_at_the_end_is_told(
    services, csv_path, options, monkeypatch, fault: OSError
) -> None:
    prepared = job.prepare(options, Source(csv_path, False, ""))

    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(Invalid, match="make room or choose another --out"):
        await job.backtest(services, prepared, options, Silent())


def test_steps_before_the_plan_are_counted() -> None:
    stream = io.StringIO()
    lines = Lines(stream)
    lines.begin("starting")
    lines.plan(2)
    lines.begin("first")
    lines.begin("second")
    assert re.findall(r"\[(.*?)\]", stream.getvalue()) == ["1", "2/3", "3/3"]

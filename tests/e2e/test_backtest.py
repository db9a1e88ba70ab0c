"""A campaign that nobody has seen, from CSV to report, through the five real services."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from dramatis.cli.backtest import report
from examples import made_up

RECIPIENTS = 8_000
ASKED = ("--seed", "3", "--objective", "clicked", "--cost-per-send", "0", "--json")


def backtest(data: Path, spec: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dramatis.cli.main", "backtest", "--data", data, "--spec", spec,
               "--out", out, *more]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("backtest")
    data, spec = made_up.write(folder, RECIPIENTS, seed=5)
    results = []
    for run in ("first", "second"):
        result = backtest(data, spec, folder / run, *ASKED)
        assert result.returncode == 0, result.stderr
        results.append(json.loads(result.stdout))
    assert json.loads((folder / "first" / "report.json").read_text()) == results[0]
    return {"folder": folder, "first": results[0], "second": results[1]}


def test_the_report_keeps_its_schema(told: dict[str, object]) -> None:
    jsonschema.validate(told["first"], report.schema())


def test_one_seed_gives_one_report(told: dict[str, object]) -> None:
    first, second = (report.without_timings(told[run]) for run in ("first", "second"))
    assert first == second


def test_the_campaign_is_told_as_it_was(told: dict[str, object]) -> None:
    first = told["first"]
    assert first["generated"] is False
    assert (first["dataset"], first["seed"], first["objective"]) == ("Four seasons", 3, "clicked")
    assert first["recipients"] == RECIPIENTS
    rejected = (told["folder"] / "first" / "rejected.csv").read_text()
    assert "winter" in rejected


def test_the_decisions_are_what_the_tables_say(told: dict[str, object]) -> None:
    same = told["first"]["decisions_equal_numpy"]
    assert same["recipients"] == RECIPIENTS // 2
    assert same["max_abs_error"] < 1e-6


def test_the_services_learn(told: dict[str, object]) -> None:
    """Who answers what was made to differ by age: here personalising pays, beyond chance."""
    assert told["first"]["dramatis_vs_best_fixed"]["ci"][0] > 0
    curve = told["first"]["learning_curve"]
    assert [point["recipients"] for point in curve] == [0, 500, 2_000, RECIPIENTS // 2]
    assert curve[-1]["forecast_error"] < curve[0]["forecast_error"]


def test_the_page_needs_nothing_else(told: dict[str, object]) -> None:
    page = (told["folder"] / "first" / "report.html").read_text()
    assert "<svg" in page
    assert [piece for piece in ("<script src", "<link", 'src="http') if piece in page] == []


@pytest.mark.parametrize(
    ("change", "told_of"),
    [
        (("clicked", "klicked"), "klicked"),
        (("control: none", "control: nobody"), "nobody"),
        (("objective: amount", "objective: revenue"), "revenue"),
    ],
)
def test_a_wrong_spec_is_told_with_its_place(
    tmp_path: Path, change: tuple[str, str], told_of: str
) -> None:
    data, spec = made_up.write(tmp_path, 200, seed=1)
    spec.write_text(spec.read_text().replace(*change))
    result = backtest(data, spec, tmp_path / "out")
    assert result.returncode == 2, result.stderr
    assert f"{spec.name}:" in result.stderr
    assert told_of in result.stderr
    assert "Traceback" not in result.stderr

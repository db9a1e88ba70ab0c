"""`dramatis backtest` and `dramatis demo`: a past campaign through the five services."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from dramatis.cli.backing import Kafka, Postgres, chosen

Seed = Annotated[int, typer.Option(min=0, help="Seed of split, personas, simulation, bootstrap.")]
Out = Annotated[Path, typer.Option(help="Folder for report.html, report.json and rejected.csv.")]
Objective = Annotated[str | None, typer.Option(help="Another outcome of the spec to earn.")]
Cost = Annotated[float | None, typer.Option(help="Cost of each send, instead of the spec's.")]
Budget = Annotated[float | None, typer.Option(help="Share of recipients that may be sent to.")]
Curve = Annotated[bool, typer.Option(help="Also judge after a few learning recipients; slower.")]
Json = Annotated[bool, typer.Option("--json", help="Print report.json and nothing else.")]


def backtest(
    data: Annotated[Path, typer.Option(help="CSV with one row per recipient.")],
    spec: Annotated[Path, typer.Option(help="YAML that says what the columns mean.")],
    seed: Seed = 0,
    out: Out = Path("out"),
    objective: Objective = None,
    cost_per_send: Cost = None,
    budget: Budget = None,
    curve: Curve = True,
    kafka: Kafka = None,
    postgres: Postgres = None,
    json: Json = False,
) -> None:
    """Replay a randomized past campaign through the five services and judge what they decide."""
    backing = chosen(kafka, postgres)
    _run(data, spec, seed, out, objective, cost_per_send, budget, curve, backing, json)


def demo(
    data: Annotated[
        Path | None,
        typer.Option(help="hillstrom.csv; found, downloaded or generated if not given."),
    ] = None,
    seed: Seed = 0,
    out: Out = Path("out/demo"),
    objective: Objective = None,
    cost_per_send: Cost = None,
    budget: Budget = None,
    curve: Curve = True,
    kafka: Kafka = None,
    postgres: Postgres = None,
    json: Json = False,
) -> None:
    """Replay the Hillstrom e-mail campaign: 64,000 recipients, three arms, visits and spend."""
    spec = Path(str(files("dramatis.cli.backtest").joinpath("specs", "hillstrom.yaml")))
    backing = chosen(kafka, postgres)
    _run(data, spec, seed, out, objective, cost_per_send, budget, curve, backing, json)


def _run(
    data: Path | None, spec: Path, seed: int, out: Path, objective: str | None,
    cost_per_send: float | None, budget: float | None, curve: bool,
    backing: Mapping[str, str], as_json: bool,
) -> None:  # fmt: skip
    # Imported late: help and version need not wait for scikit-learn and LightGBM.
    from dramatis.cli.backtest import session  # noqa: PLC0415
    from dramatis.cli.backtest.job import Options  # noqa: PLC0415

    options = Options(spec, out, seed, objective, cost_per_send, budget, curve)
    session.run(options, data, backing, as_json=as_json)

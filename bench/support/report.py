"""The one shape of every benchmark: a table for people, a JSON file for machines."""

import argparse
import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


def this_machine() -> Mapping[str, str | int]:
    """What this machine is."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": os.cpu_count() or 1,
        "processor": _processor(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


@dataclass(frozen=True, slots=True)
class Report:
    """What a benchmark found.

    Attributes:
        name: of the benchmark.
        ratios: numbers that mean the same on every machine, such as one throughput over another.
        figures: numbers of this machine, with the unit in the name.
        machine: where it ran.
    """

    name: str
    ratios: Mapping[str, float]
    figures: Mapping[str, float]
    machine: Mapping[str, str | int] = field(default_factory=this_machine)


def table(report: Report) -> str:
    """The report as people read it: one row per number, ratios first."""
    rows = [*report.ratios.items(), *report.figures.items()]
    width = max((len(name) for name, _ in rows), default=0)
    lines = [f"{name:<{width}}  {_shown(value):>12}" for name, value in rows]
    return "\n".join([f"bench.{report.name}", *lines])


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def arguments(doc: str, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """What every benchmark can be told: `quick` and `json`."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--quick", action="store_true", help="a smaller run, for a first look")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report here")
    return parser.parse_args(argv)


def run(doc: str, measured: Callable[[bool], Report]) -> None:
    """A benchmark as its command line says: `measured` is told whether to be quick."""
    told = arguments(doc)
    publish(measured(told.quick), told.json)


def publish(report: Report, json_path: Path | None) -> None:
    """Prints the report and, where asked to, writes it."""
    print(table(report))
    if json_path is not None:
        json_path.write_text(json.dumps(asdict(report), indent=2) + "\n")

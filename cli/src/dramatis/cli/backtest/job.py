"""One backtest from files to files: what the command does around the replay."""

import hashlib
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from dramatis.cli.backtest import dataset, html, report, run, spec_file
from dramatis.cli.backtest.dataset import Dataset, TooManyRejected
from dramatis.cli.backtest.folder import writing
from dramatis.cli.backtest.ports import Services
from dramatis.cli.backtest.progress import Teller
from dramatis.cli.backtest.report import Report
from dramatis.cli.backtest.sources import Source
from dramatis.core.errors import Invalid


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    Attributes:
        spec: file.
        out: folder of the results.
        seed: of the split and the bootstrap, 0 or more.
        objective: instead of the spec's; None keeps it.
        cost_per_send: of every campaign, instead of the spec's; None keeps them.
        budget: share in (0, 1], instead of the spec's; None keeps it.
        curve: whether to judge after a few learning recipients too.
    """

    spec: Path
    out: Path
    seed: int = 0
    objective: str | None = None
    cost_per_send: float | None = None
    budget: float | None = None
    curve: bool = True


@dataclass(frozen=True)
class Prepared:
    """A campaign that can be replayed.

    Attributes:
        data: read and checked.
        source: of the file.
        sha256: of the file.
    """

    data: Dataset
    source: Source
    sha256: str


def demo_spec() -> Path:
    """The shipped spec of the Hillstrom campaign."""
    return Path(str(files("dramatis.cli.backtest").joinpath("specs", "hillstrom.yaml")))


def prepare(options: Options, source: Source) -> Prepared:
    """Reads spec and data; writes `rejected.csv`, also when too much is rejected.

    Raises:
        Invalid: spec, data or folder cannot be used; the message says what to do.
    """
    if options.seed < 0:
        raise Invalid(f"the seed must be 0 or more, not {options.seed}")
    file = spec_file.read(options.spec)
    aimed = file.spec.aimed(options.objective, options.cost_per_send, options.budget)
    with writing(options.out):
        (options.out / "rejected.csv").touch()
    try:
        data = dataset.load(source.path, replace(file, spec=aimed))
    except TooManyRejected as error:
        with writing(options.out):
            dataset.write_rejected(error.rejected, options.out / "rejected.csv")
        raise
    with writing(options.out):
        dataset.write_rejected(data.rejected, options.out / "rejected.csv")
    return Prepared(data, source, hashlib.sha256(source.path.read_bytes()).hexdigest())


async def backtest(
    services: Services, prepared: Prepared, options: Options, tell: Teller
) -> Report:
    """Replays the campaign and writes `report.json` and `report.html`; the report."""
    replayed = await run.replay(services, prepared.data, options.seed, tell, curve=options.curve)
    told = report.assemble(replayed, prepared.source, prepared.sha256)
    with writing(options.out):
        (options.out / "report.json").write_text(report.dumps(told), encoding="utf-8")
        (options.out / "report.html").write_text(html.render(told), encoding="utf-8")
    return told

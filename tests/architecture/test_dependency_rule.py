"""Each contract of the dependency rule holds, and breaks where a fault is planted."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("ingest", "persona", "simulator", "optimizer", "prioritizer")
TREES = (
    "protos/python",
    "common/src",
    "engine/src",
    "cli/src",
    *tuple(f"services/{name}/src" for name in SERVICES),
)


@dataclass(frozen=True)
class Fault:
    """An import that a contract forbids, and the tree and module it is planted in."""

    contract: str
    tree: str
    module: str
    line: str


FAULTS = (
    Fault("services-apart", "services/ingest/src", "dramatis/ingest/settings.py", "import dramatis.persona.ports"),
    Fault("downwards", "common/src", "dramatis/core/campaign.py", "import dramatis.runtime.health"),
    Fault("downwards", "common/src", "dramatis/wire/times.py", "import dramatis.runtime.health"),
    Fault("downwards", "services/persona/src", "dramatis/persona/settings.py", "import dramatis.cli.exits"),
    Fault("rooms", "services/prioritizer/src", "dramatis/prioritizer/ports.py", "import dramatis.prioritizer.settings"),
    Fault("pure", "services/persona/src", "dramatis/persona/ports.py", "import sqlite3"),
    Fault("pure", "common/src", "dramatis/core/posterior.py", "import os"),
    Fault("pure", "services/optimizer/src", "dramatis/optimizer/ports.py", "import time"),
    Fault("contract-at-the-edge", "services/persona/src", "dramatis/persona/ports.py", "import dramatis.api.common.v1.stage_pb2"),
    Fault("no-torch", "services/persona/src", "dramatis/persona/settings.py", "import torch"),
    Fault("light", "services/prioritizer/src", "dramatis/prioritizer/settings.py", "import dramatis.core.posterior"),
)  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All sources in a folder where faults do no harm."""
    folder = tmp_path_factory.mktemp("sources")
    for tree in TREES:
        shutil.copytree(ROOT / tree, folder / tree, ignore=shutil.ignore_patterns("*.pyi"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Runs the linter on a folder's sources; on all contracts if none is named."""
    program = Path(sys.executable).with_name("lint-imports")
    chosen = [flag for contract in contracts for flag in ("--contract", contract)]
    paths = os.pathsep.join(str(folder / tree) for tree in TREES)
    return subprocess.run(
        [program, "--config", "pyproject.toml", "--no-cache", *chosen],
        cwd=folder, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.fixture
def planted(copy: Path, request: pytest.FixtureRequest) -> Iterator[Fault]:
    fault: Fault = request.param
    module = copy / fault.tree / fault.module
    healthy = module.read_text()
    module.write_text(f"{healthy}\n{fault.line}\n")
    yield fault
    module.write_text(healthy)


def test_the_rule_holds(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


@pytest.mark.parametrize("planted", FAULTS, ids=lambda f: f"{f.contract}-{f.line}", indirect=True)
def test_a_planted_fault_breaks_its_contract(copy: Path, planted: Fault) -> None:
    result = lint(copy, planted.contract)
    module = planted.module.removesuffix(".py").replace("/", ".")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "1 broken" in result.stdout
    assert module in result.stdout


def test_every_contract_has_a_fault() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    assert {contract["id"] for contract in contracts} == {fault.contract for fault in FAULTS}


def test_the_namespace_has_no_init() -> None:
    strays = [tree for tree in TREES if (ROOT / tree / "dramatis" / "__init__.py").exists()]
    assert strays == []

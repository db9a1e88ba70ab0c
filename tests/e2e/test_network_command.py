"""`dramatis network`: the network of a running persona, as a file."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from dramatis.cli.fleet import Fleet


def command(fleet: Fleet, out: Path, key: str) -> "subprocess.CompletedProcess[str]":
    (fleet.state_dir / "api-key").write_text(key)
    where = ["--to", fleet.address("persona"), "--state", str(fleet.state_dir)]
    return subprocess.run(
        [sys.executable, "-m", "dramatis.cli.main", "network", "--out", str(out), *where],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore")
def test_what_is_written_is_a_network(fleet: Fleet, tmp_path: Path) -> None:
    out = tmp_path / "personas.bif"
    done = command(fleet, out, fleet.key)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{out}: network ")
    model = import_module("pgmpy.readwrite").BIFReader(str(out)).get_model()
    assert model.check_model()
    assert "persona" in model.nodes()


def test_a_failure_leaves_no_file(fleet: Fleet, tmp_path: Path) -> None:
    done = command(fleet, tmp_path / "personas.bif", "nobodys-key")
    assert done.returncode == 1
    assert "key" in done.stderr.lower()
    assert list(tmp_path.iterdir()) == []
    nowhere = command(fleet, tmp_path / "missing/personas.bif", fleet.key)
    assert (nowhere.returncode, "cannot write" in nowhere.stderr) == (2, True)

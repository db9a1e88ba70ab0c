"""Each distribution can be installed alone: it declares what it imports, and the lock can satisfy it."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "common",
    "engine",
    "cli",
    *(f"services/{s}" for s in ("ingest", "persona", "simulator", "optimizer", "prioritizer")),
)
LOCKED = dict(
    re.findall(
        r"^([a-z0-9.-]+)==([^ ;\n]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE
    )
)
OWN = {"dramatis.api": "dramatis-api", "dramatis.core": "dramatis-common", "dramatis.wire": "dramatis-common",
       "dramatis.runtime": "dramatis-common", "dramatis.engine": "dramatis-engine", "dramatis.cli": "dramatis-cli",
       **{f"dramatis.{s}": f"dramatis-{s}" for s in ("ingest", "persona", "simulator", "optimizer", "prioritizer")}}  # fmt: skip


def declared(folder: str) -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
    optional = [
        each for group in project.get("optional-dependencies", {}).values() for each in group
    ]
    return {each.name: each for each in map(Requirement, [*project["dependencies"], *optional])}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(folder: str) -> set[frozenset[str]]:
    """For each import of a folder's modules the distributions that it may come from."""
    packages = sorted(
        p for p, d in OWN.items() if (ROOT / folder / "src" / Path(*p.split("."))).exists() and d
    )
    graph = grimp.build_graph(*OWN, include_external_packages=True, cache_dir=None)
    modules = {m for m in graph.modules if any(m == p or m.startswith(f"{p}.") for p in packages)}
    tops = {
        target for m in modules for target in graph.find_modules_directly_imported_by(m)
    } - modules
    names = packages_distributions()
    found: set[frozenset[str]] = set()
    for top in tops:
        if own := next((d for p, d in OWN.items() if top == p or top.startswith(f"{p}.")), None):
            found.add(frozenset({own}))
        elif top.split(".")[0] not in sys.stdlib_module_names and top.split(".")[0] != "google":
            found.add(frozenset(map(canonical, names[top.split(".")[0]])))
    return found


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_imported_is_declared(folder: str) -> None:
    name = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]["name"]
    known = {canonical(each) for each in declared(folder)} | {name}
    assert [set(each) for each in imported(folder) if not each & known] == []


@pytest.mark.parametrize("folder", [*FOLDERS, "protos"])
def test_the_lock_satisfies_what_is_declared(folder: str) -> None:
    for requirement in declared(folder).values():
        if not requirement.name.startswith("dramatis-"):
            assert requirement.specifier.contains(LOCKED[canonical(requirement.name)]), requirement


def test_the_lock_names_no_address() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text()

"""The examples in docstrings of the domain hold."""

import doctest
import importlib
import pkgutil
from types import ModuleType

import pytest

from dramatis.ingest import domain

MODULES = [
    importlib.import_module(each.name)
    for each in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}.")
]


@pytest.mark.parametrize("module", MODULES, ids=lambda each: each.__name__.rpartition(".")[2])
def test_examples(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0

"""The examples in docstrings of the network hold."""

import doctest
import importlib
import pkgutil
from types import ModuleType

import pytest

from dramatis.persona.domain import network

MODULES = [
    importlib.import_module(each.name)
    for each in pkgutil.iter_modules(network.__path__, f"{network.__name__}.")
]


@pytest.mark.parametrize("module", MODULES, ids=lambda each: each.__name__.rpartition(".")[2])
def test_examples(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0

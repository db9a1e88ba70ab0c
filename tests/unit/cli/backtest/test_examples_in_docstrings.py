import doctest

import pytest

from dramatis.cli.backtest import cells, estimators, forecasts, split


@pytest.mark.parametrize("module", [cells, estimators, forecasts, split])
def test_examples_are_true(module) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0

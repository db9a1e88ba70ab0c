"""What a process logs of an error names places, never people."""

import doctest
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from dramatis.runtime import logs, traces


@pytest.fixture
def configured() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers, root.level
    logs.configure("test", "info")
    yield
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_examples_hold() -> None:
    assert doctest.testmod(traces).failed == 0


def fail() -> None:
    try:
        raise KeyError("ann-1")
    except KeyError as error:
        try:
            raise ValueError("no ann-2")
        except ValueError as other:
            raise ExceptionGroup("about ann-3", [other]) from error


@pytest.mark.parametrize("ours", [True, False], ids=["our own logger", "a library's"])
@pytest.mark.usefixtures("configured")
def test_an_error_is_logged_without_its_words(
    capsys: pytest.CaptureFixture[str], ours: bool
) -> None:
    try:
        fail()
    except ExceptionGroup as error:
        if ours:
            structlog.get_logger("dramatis.x").exception("broke")
            structlog.get_logger("dramatis.x").error("broke", exc_info=error)
        else:
            logging.getLogger("other").exception("broke")
    text = capsys.readouterr().err
    assert "ann" not in text
    for line in map(json.loads, text.splitlines()):
        types = [each for each in line["where"] if " " not in each]
        assert sorted(types) == ["ExceptionGroup", "KeyError", "ValueError"]
        assert any(each.endswith(" fail") and "test_traces.py" in each for each in line["where"])

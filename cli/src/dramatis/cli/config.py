"""A file of DRAMATIS_ settings."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path

import yaml

from dramatis.cli.fleet import SERVICES
from dramatis.core.errors import Invalid
from dramatis.runtime.settings import describe


def read_config(path: Path) -> Mapping[str, str]:
    """DRAMATIS_ variables from a YAML mapping; the services check the values.

    Raises:
        Invalid: not readable, no mapping, or a name that no service knows.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Invalid(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Invalid(f"{path}: is not UTF-8 text") from None
    except yaml.YAMLError as error:
        raise Invalid(f"{path} is not YAML: {error}") from None
    if not isinstance(content, dict) or not all(str(k).startswith("DRAMATIS_") for k in content):
        raise Invalid(f"{path}: expected lines such as DRAMATIS_LOG_LEVEL: debug")
    given = {str(name): str(value) for name, value in content.items()}
    if unknown := [name for name in given if name not in variables()]:
        hints = [f"{name}: no service has such a setting{_nearest(name)}" for name in unknown]
        raise Invalid("\n".join(f"{path}: {hint}" for hint in hints))
    return given


@cache
def variables() -> frozenset[str]:
    """The variables of all settings of all services."""
    return frozenset(
        row.variable
        for service in SERVICES
        for row in describe(import_module(f"dramatis.{service}.settings").Settings)
    )


def _nearest(name: str) -> str:
    near = get_close_matches(name, variables(), 1)
    return f", did you mean {near[0]}?" if near else "; see docs/configuration.md"

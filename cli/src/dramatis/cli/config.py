"""A file of DRAMATIS_ settings."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from dramatis.core.errors import Invalid


def read_config(path: Path) -> Mapping[str, str]:
    """DRAMATIS_ variables from a YAML mapping; the services check the values.

    Raises:
        Invalid: not readable, no mapping, or a name that does not begin with DRAMATIS_.
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
    return {str(name): str(value) for name, value in content.items()}

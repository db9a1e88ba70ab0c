"""Versions of dramatis and of what it stands on."""

import platform
from importlib import metadata
from typing import Final

DISTRIBUTIONS: Final = (
    "dramatis-api", "dramatis-common", "dramatis-engine", "dramatis-ingest", "dramatis-persona",
    "dramatis-simulator", "dramatis-optimizer", "dramatis-prioritizer", "dramatis-cli",
    "grpcio", "protobuf", "numpy", "scikit-learn", "pgmpy", "torch", "stable-baselines3",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Version by distribution, Python first; "missing" where one is not installed."""
    found = {"python": platform.python_version()}
    for name in DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    return found

"""Where everything must be tested, a test that is skipped has failed."""

import os
from collections.abc import Generator

import pytest

pytest_plugins = ["tests.servers.homes", "tests.servers.kafka", "tests.servers.postgres"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under DRAMATIS_REQUIRE_ALL=1, as in CI, a skip is a failure with the skip's own reason."""
    report = yield
    if os.environ.get("DRAMATIS_REQUIRE_ALL") == "1" and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, but DRAMATIS_REQUIRE_ALL=1: {report.longrepr}"
    return report

"""Each door of the HTTP edge for a minute under requests that nobody should send."""

import os

import pytest

from tests.integration.ingest.edge_fuzz import ROUTES, fuzz_for

SECONDS = float(os.environ.get("DRAMATIS_FUZZ_SECONDS", "60"))


@pytest.mark.parametrize("route", ROUTES)
def test_a_minute_of_nonsense(route: str) -> None:
    fuzz_for(SECONDS, route, print)

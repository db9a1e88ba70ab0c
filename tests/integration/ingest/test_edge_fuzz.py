"""Each door for a moment under requests that nobody should send; tests/chaos does it for a minute."""

from collections.abc import Iterator

import pytest

from tests.integration.ingest.edge_fuzz import ROUTES, Sender, edge_in_a_thread, fuzz

EXAMPLES = 40


@pytest.fixture(scope="module")
def sender() -> Iterator[Sender]:
    with edge_in_a_thread() as made:
        yield made


@pytest.mark.parametrize("route", ROUTES)
def test_whatever_comes_it_is_no_fault_of_ours(sender: Sender, route: str) -> None:
    fuzz(sender, route, EXAMPLES)

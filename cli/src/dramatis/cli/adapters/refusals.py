"""What ingest refused, page after page."""

from collections.abc import AsyncIterator
from typing import Final, NamedTuple

from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.cli.adapters.clients import IngestConnection

PAGE: Final = 1_000


class Refusal(NamedTuple):
    """One way in which items were refused or made less on one day, and how many."""

    day: str
    kind: str
    rule: str
    what: str
    field: str
    items: int


async def refusals(connection: IngestConnection, since: str, until: str) -> AsyncIterator[Refusal]:
    """Yields them by day, from the first to the last; empty days are without bound.

    Raises:
        DramatisError: what ingest says.
    """
    asked = ingest_pb2.ListRefusalsRequest(page_size=PAGE, start_day=since, end_day=until)
    while True:
        page = await connection.call(connection.stub.ListRefusals, asked)
        for each in page.refusals:
            yield Refusal(each.day, each.kind, each.rule, each.what, each.field, each.items)
        if not page.next_page_token:
            return
        asked.page_token = page.next_page_token

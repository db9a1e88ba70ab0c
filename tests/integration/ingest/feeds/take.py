"""Reading sources in tests."""

from collections.abc import Sequence
from contextlib import aclosing

from dramatis.ingest.adapters.feeds.source import Source
from dramatis.ingest.domain.feeds.item import Batch, Entry


async def batches(source: Source, number: int, cursor: str = "") -> Sequence[Batch]:
    """The next batches of a source."""
    found: list[Batch] = []
    async with aclosing(source.batches(cursor)) as stream:
        async for batch in stream:
            found.append(batch)
            if len(found) == number:
                break
    return found


async def entries(source: Source, number: int, cursor: str = "") -> tuple[Sequence[Entry], str]:
    """The next entries of a source, at least so many, and the cursor after them."""
    found: list[Entry] = []
    async with aclosing(source.batches(cursor)) as stream:
        async for batch in stream:
            found += batch.entries
            if len(found) >= number:
                return found, batch.cursor
    raise AssertionError("the source ended")

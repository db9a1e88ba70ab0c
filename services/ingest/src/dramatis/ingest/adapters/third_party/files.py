"""A third party's file: asked whether it changed, fetched whole, read in lots.

Of those who do not allow it nothing is kept. What is fetched lies in a file without a name, which
ends with the process.
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from dramatis.ingest.adapters import event_schema
from dramatis.ingest.adapters.feeds.rss import conditions
from dramatis.ingest.adapters.feeds.web import NOT_MODIFIED, Web
from dramatis.ingest.adapters.third_party import cells, tables
from dramatis.ingest.adapters.third_party.party_file import Described
from dramatis.ingest.domain.third_party import Lot, Row
from dramatis.runtime.clock import Clock

T = TypeVar("T")
LOT: Final = 500
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Files:
    """Reads one file, again and again, as `Source` reads feeds."""

    web: Web
    described: Described
    clock: Clock

    async def batches(self, cursor: str) -> AsyncGenerator[Lot, None]:
        """Yields the file in lots whenever it changed, and now and then though it did not.

        The cursor holds the validators of the last file that was read to its end, and when. It is
        read again once in a while for those who have allowed it since, and so that nothing ends
        that its source still says.

        Raises:
            Unavailable, Exhausted: it cannot be had, or read, now.
        """
        while True:
            async with self._fetched(cursor if self._fresh(cursor) else "") as (file, after):
                if file is None:
                    yield Lot((), cursor)
                else:
                    async with aclosing(_lots(file, self.described, cursor)) as lots:
                        async for lot in lots:
                            yield lot
                    cursor = after
                    yield Lot((), cursor)
            await asyncio.sleep(self.described.interval.total_seconds())

    def _fresh(self, cursor: str) -> bool:
        """Whether the last reading is young enough to do."""
        if not cursor:
            return False
        read = datetime.fromisoformat(json.loads(cursor)["read"])
        return self.clock() - read < min(self.described.party.ttl / 4, DAY)

    @asynccontextmanager
    async def _fetched(self, cursor: str) -> AsyncIterator[tuple[BinaryIO | None, str]]:
        """The file, None where it did not change, and the cursor after it."""
        if self.described.path is not None:
            with _opened(self.described.path, cursor) as found:
                yield found[0], self._cursor({"etag": found[1]})
            return
        with tempfile.TemporaryFile() as file:
            asked = {**conditions(cursor), **self.described.headers}
            page = await self.web.save(
                self.described.address, file, self.described.max_bytes, asked
            )
            file.seek(0)
            told = {"etag": page.headers.get("etag", "")}
            told["modified"] = page.headers.get("last-modified", "")
            yield None if page.status == NOT_MODIFIED else file, self._cursor(told)

    def _cursor(self, validators: Mapping[str, str]) -> str:
        return json.dumps({"modified": "", **validators, "read": self.clock().isoformat()})


@contextmanager
def _opened(path: Path, cursor: str) -> Iterator[tuple[BinaryIO | None, str]]:
    """A local file, None where it is the one of the cursor; and its validator."""
    try:
        seen = path.stat()
        etag = f"{seen.st_mtime_ns}-{seen.st_size}-{seen.st_ino}"
        file = None if cursor and json.loads(cursor)["etag"] == etag else path.open("rb")
    except OSError as error:
        raise tables.broken(f"it cannot be opened: {error.strerror}") from None
    with file or nullcontext():
        yield file, etag


async def _lots(file: BinaryIO, described: Described, cursor: str) -> AsyncGenerator[Lot, None]:
    """Yields what is in a file, with the cursor before it; read by another thread."""
    columns = [described.key, *described.columns]
    with closing(tables.rows(file, described.form, columns)) as found:
        while some := await _elsewhere(lambda: list(islice(found, LOT))):
            yield _lot(described, iter(some), cursor)


async def _elsewhere(work: Callable[[], T]) -> T:
    """The result of work by another thread, which has always ended when this does."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    finally:
        if not task.done():
            await asyncio.wait({task})


def _lot(described: Described, some: Iterator[tables.Cells | None], cursor: str) -> Lot:
    rows, faults = [], []
    for each in some:
        row = None if each is None else _row(described, each)
        if row is None:
            faults.append("bad_row")
        else:
            rows.append(row)
    return Lot(rows, cursor, faults)


def _row(described: Described, found: tables.Cells) -> Row | None:
    """What a row says; None where it has no recipient, or a cell that is not of its kind."""
    key = found.get(described.key)
    recipient_id = "" if key is None else str(key).strip()
    try:
        recipient_id.encode()
        values = {
            column.attribute: value
            for name, column in described.columns.items()
            if (value := cells.read(column.kind, found.get(name))) is not None
        }
    except (ValueError, OverflowError):
        return None
    return None if event_schema.id_fault(recipient_id, "") else Row(recipient_id, values)

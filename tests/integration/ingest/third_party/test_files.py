"""Files of third parties from a real server and a real disk."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.responses import Response

from dramatis.core.errors import Unavailable
from dramatis.ingest.adapters.feeds.pace import Pace
from dramatis.ingest.adapters.feeds.web import Limits, Web
from dramatis.ingest.adapters.third_party.files import Files
from dramatis.ingest.adapters.third_party.party_file import Column, Described
from dramatis.ingest.domain.feeds.connector import Name
from dramatis.ingest.domain.third_party import Lot, Party, Row, Told
from tests.integration.ingest.feeds.servers import Feed, raw, web
from tests.unit.ingest.fakes import NOW

PARTY = Party(Name("acme", "datahouse"), ("*",), timedelta(days=30))
CSV = b"id,income\n" + b"".join(b"r%d,%d\n" % (each, each) for each in range(1_200))


def described(address: str = "", path: Path | None = None, form: str = "csv") -> Described:
    columns = {"income": Column("dh_income", "number")}
    soon = timedelta(milliseconds=20)
    headers = {"authorization": "Bearer t0ken"}
    return Described(PARTY, address, path, form, "id", columns, soon, 1 << 20, headers)


@pytest.fixture
async def outside() -> AsyncIterator[Web]:
    limits = Limits(answer_seconds=0.5, whole_seconds=2.0, file_seconds=2.0)
    async with httpx2.AsyncClient() as client:
        yield Web(client, lambda: NOW, Pace(), limits)


async def read(files: Files, number: int, cursor: str = "") -> list[Lot]:
    """The next lots."""
    found: list[Lot] = []
    async with aclosing(files.batches(cursor)) as lots:
        async for lot in lots:
            found.append(lot)
            if len(found) == number:
                break
    return found


async def fails(outside: Web, address: str, form: str = "csv") -> str:
    with pytest.raises(Unavailable) as caught:
        await read(Files(outside, described(address, form=form), lambda: NOW), 1)
    return caught.value.reason


async def test_a_file_is_read_whole_and_then_only_if_it_changed(outside: Web) -> None:
    feed = Feed(CSV)
    async with web(feed.app()) as address:
        files = Files(outside, described(f"{address}/feed"), lambda: NOW)
        lots = await read(files, 5)
        rows = [row for lot in lots for row in lot.rows]
        assert rows[1_199] == Row("r1199", {"dh_income": Told("number", 1199.0)})
        assert [len(lot.rows) for lot in lots] == [500, 500, 200, 0, 0]
        assert [bool(lot.cursor) for lot in lots] == [False, False, False, True, True]
        assert [each.get("if-none-match") for each in feed.asked] == [None, '"1"']
        assert feed.asked[0]["authorization"] == "Bearer t0ken"
        feed.body, feed.etag = b"id,income\nr1,5\n", '"2"'
        assert (await read(files, 1, lots[-1].cursor))[0].rows[0].recipient_id == "r1"


async def test_once_in_a_while_it_is_read_though_it_did_not_change(outside: Web) -> None:
    feed, now = Feed(CSV), NOW
    async with web(feed.app()) as address:
        files = Files(outside, described(f"{address}/feed"), lambda: now)
        cursor = (await read(files, 4))[-1].cursor
        now += timedelta(hours=23)
        assert not (await read(files, 1, cursor))[0].rows
        now += timedelta(hours=1)
        assert len((await read(files, 1, cursor))[0].rows) == 500


async def test_a_local_file(tmp_path: Path, outside: Web) -> None:
    path = tmp_path / "people.csv"
    files = Files(outside, described(path=path), lambda: NOW)
    with pytest.raises(Unavailable, match="No such file"):
        await read(files, 1)
    path.write_bytes(b"id,income\nr1,1\n,2\nr3,x\nr4\n")
    lots = await read(files, 3)
    assert [row.recipient_id for row in lots[0].rows] == ["r1"]
    assert lots[0].broken == ["bad_row"] * 3
    assert not lots[2].rows
    fresh = tmp_path / "new.csv"
    fresh.write_bytes(b"id,income\nr5,1\n")
    fresh.rename(path)
    assert (await read(files, 1, lots[-1].cursor))[0].rows[0].recipient_id == "r5"


async def test_half_a_parquet_file(outside: Web) -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"id": ["r1"] * 9_999, "income": [1.0] * 9_999}), file)
    whole = file.getvalue()
    feed = Feed(whole[: len(whole) // 2])
    async with web(feed.app()) as address:
        assert await fails(outside, f"{address}/feed", "parquet") == "BROKEN_FILE"
        feed.body = whole
        files = Files(outside, described(f"{address}/feed", form="parquet"), lambda: NOW)
        assert len((await read(files, 1))[0].rows) == 500


async def test_a_file_that_is_too_large(outside: Web) -> None:
    feed = Feed(CSV * 200)
    async with web(feed.app()) as address:
        assert await fails(outside, f"{address}/feed") == "TOO_LARGE"
        few = replace(described(f"{address}/feed"), max_bytes=len(feed.body))
        assert len((await read(Files(outside, few, lambda: NOW), 1))[0].rows) == 500


async def test_servers_that_are_slow_or_end_early_or_refuse(outside: Web) -> None:
    async def early(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\nid,income\nr1,1\n")
        await writer.drain()

    async def slow(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\nid,income\n")
        await writer.drain()
        await asyncio.sleep(30)

    async with raw(early) as address:
        assert await fails(outside, address) == "UNREACHABLE"
    async with raw(slow) as address:
        assert await fails(outside, address) == "TIMEOUT"
    feed = Feed(answers=[Response(status_code=403), Response(status_code=500)])
    async with web(feed.app()) as address:
        assert await fails(outside, f"{address}/feed") == "REFUSED"
        assert await fails(outside, f"{address}/feed") == "SERVER_ERROR"

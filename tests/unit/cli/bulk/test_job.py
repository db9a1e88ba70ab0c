"""The run of a file against an ingest in memory that may go away at any chunk."""

import csv
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dramatis.api.common.v1 import item_pb2
from dramatis.cli.adapters.chunk_results import settle
from dramatis.cli.adapters.row_events import EventMaker
from dramatis.cli.bulk import job, sidecar
from dramatis.cli.bulk.csv_rows import CsvSource
from dramatis.cli.bulk.job import TooManyRejected
from dramatis.cli.bulk.mapping import Cell, EventMapping, Kinds
from dramatis.cli.bulk.meter import Silent
from dramatis.cli.bulk.ports import Chunk, Done, Fate
from dramatis.cli.bulk.sidecar import Job, Standing
from dramatis.core.errors import Conflict, DramatisError, Exhausted, Invalid, Unavailable

MAPPING = EventMapping(Cell("who"), Cell("at"), Kinds("what", "", {"buy": "order.completed"}))
JOB = Job("f00d", "beef", "127.0.0.1:7411")
DENIED = item_pb2.ItemResult(
    outcome=item_pb2.ITEM_OUTCOME_REJECTED,
    error=item_pb2.Error(
        code=7,
        reason="PROFILING_DENIED",
        message="no",
        metadata={"field": "events[0].order.amount"},
    ),
)


class Memory:
    """Accepts each event once; goes away after some chunks; denies one recipient."""

    def __init__(self) -> None:
        self.accepted: list[str] = []
        self.chunks_left = 1_000

    async def send(self, chunks: Iterator[Chunk]) -> AsyncIterator[Done]:
        for chunk in chunks:
            exceptions = []
            for index, event in enumerate(chunk.items):
                if event.recipient_id == "denied":
                    exceptions.append((index, DENIED))
                elif event.event_id in self.accepted:
                    outcome = item_pb2.ITEM_OUTCOME_DUPLICATE
                    exceptions.append((index, item_pb2.ItemResult(outcome=outcome)))
                else:
                    self.accepted.append(event.event_id)
            if not self.chunks_left:  # durable, but nobody hears of it
                raise Unavailable("gone")
            self.chunks_left -= 1
            yield settle(chunk, exceptions)


def write(path: Path, rows: int, bad: int = 0) -> CsvSource:
    lines = ["who,at,what"]
    for number in range(1, rows + 1):
        who = "denied" if number == 7 else "" if number <= bad else f"r{number % 10}"
        lines.append(f"{who},2026-01-01,buy")
    path.write_text("\n".join(lines))
    return CsvSource(path, "", "utf-8")


async def run(
    source: CsvSource, sender: Memory, standing: Standing, folder: Path, share: float = 0.01
) -> Standing:
    places = folder / "progress.json", folder / "rejects.csv"
    maker = EventMaker(MAPPING, JOB.file)
    return await job.ingest(source, maker, sender, standing, places, share, Silent())


def rejected(folder: Path) -> list[list[str]]:
    with (folder / "rejects.csv").open(newline="") as file:
        return list(csv.reader(file))


async def test_each_row_is_counted_once(tmp_path: Path) -> None:
    ingest = Memory()
    standing = await run(write(tmp_path / "a.csv", 2_500, bad=3), ingest, Standing(JOB), tmp_path)
    assert standing.finished
    assert standing.place.row == 2_500
    assert (standing.count(Fate.ACCEPTED), standing.count(Fate.REJECTED)) == (2_496, 4)
    assert standing.reasons == {"missing": 3, "PROFILING_DENIED": 1}
    assert rejected(tmp_path) == [
        ["row", "line", "field", "reason", "message"],
        *([["1", "2", "3"][i], str(i + 2), "who", "missing", "missing"] for i in range(3)),
        ["7", "8", "order.amount", "PROFILING_DENIED", "no"],
    ]
    assert sidecar.load(tmp_path / "progress.json") == standing


@pytest.mark.parametrize("left", [0, 1, 2, 4])
async def test_a_run_that_broke_goes_on(tmp_path: Path, left: int) -> None:
    ingest, source = Memory(), write(tmp_path / "a.csv", 4_500, bad=3)
    ingest.chunks_left = left
    with pytest.raises(Unavailable):
        await run(source, ingest, Standing(JOB), tmp_path)
    standing = sidecar.load(tmp_path / "progress.json") or Standing(JOB)
    assert standing.place.row == 1_000 * left
    with (tmp_path / "rejects.csv").open("a") as file:
        file.write("what a crash left behind")
    ingest.chunks_left = 1_000
    standing = await run(source, ingest, standing, tmp_path)
    assert len(ingest.accepted) == len(set(ingest.accepted)) == 4_496
    assert standing.count(Fate.ACCEPTED) + standing.count(Fate.DUPLICATE) == 4_496
    assert [each[0] for each in rejected(tmp_path)] == ["row", "1", "2", "3", "7"]


async def test_a_mapping_that_does_not_fit_stops(tmp_path: Path) -> None:
    ingest = Memory()
    with pytest.raises(
        TooManyRejected, match=r"19 of 1,000 rows .* row 1 \(line 2\), column 'who'"
    ):
        await run(write(tmp_path / "a.csv", 3_000, bad=20), ingest, Standing(JOB), tmp_path)
    assert ingest.accepted == []
    standing = await run(
        write(tmp_path / "a.csv", 3_000, bad=20), ingest, Standing(JOB), tmp_path, share=0.02
    )
    assert standing.reasons["missing"] == 19


async def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "a.csv", 10)

    class Nested(Memory):
        async def send(self, chunks: Iterator[Chunk]) -> AsyncIterator[Done]:
            with pytest.raises(Conflict, match="another run"):
                await run(source, Memory(), Standing(JOB), tmp_path, share=1)
            async for done in super().send(chunks):
                yield done

    assert (await run(source, Nested(), Standing(JOB), tmp_path, share=1)).finished


def test_a_sidecar_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    assert sidecar.load(path) is None
    for content in ("", "[]", "{}", json.dumps({"job": {"file": "x"}})):
        path.write_text(content)
        with pytest.raises(Invalid, match="move it away"):
            sidecar.load(path)


def test_items_that_ingest_has_no_room_for_are_sent_again() -> None:
    busy = item_pb2.ItemResult(
        outcome=item_pb2.ITEM_OUTCOME_REJECTED, error=item_pb2.Error(code=8, message="later")
    )
    with pytest.raises(Exhausted, match="later") as caught:
        settle(Chunk(1, Standing(JOB).place, items=[1]), [(0, busy)])
    assert isinstance(caught.value, DramatisError)

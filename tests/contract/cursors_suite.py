"""What any memory of connectors must do. An adapter's test class derives from `CursorsSuite`."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dramatis.core.errors import Conflict
from dramatis.ingest.domain.feeds.connector import Name
from dramatis.ingest.domain.feeds.world_signal import SignalKind
from dramatis.ingest.ports import Cursors, Noted, Progress

NOW = datetime(2026, 5, 1, 12, 0, 0, 250_000, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
NEWS = Name("acme", "news")


def note(signal_id: str = "s1", **fields: object) -> Noted:
    told = Noted(
        signal_id, SignalKind.NEWS, "economy", "rss/news", NOW, f"key of {signal_id}", "", b"\0\xff"
    )
    return replace(told, **fields)  # type: ignore[arg-type]


class CursorsSuite:
    """The contract; derived classes give the fixture `cursors`."""

    @pytest.fixture
    async def cursors(self) -> AsyncIterator[Cursors]:
        raise NotImplementedError
        yield  # noqa: PT022 - derived ones close what they open

    async def test_one_process_runs_a_connector(self, cursors: Cursors) -> None:
        assert await cursors.lease(NEWS, "a", NOW, LATER)
        assert not await cursors.lease(NEWS, "b", NOW, LATER)
        assert await cursors.lease(NEWS, "a", NOW, LATER)
        assert await cursors.lease(Name("beta", "news"), "b", NOW, LATER)

    async def test_another_takes_over_when_the_time_is_up(self, cursors: Cursors) -> None:
        assert await cursors.lease(NEWS, "a", NOW, LATER)
        assert await cursors.lease(NEWS, "b", LATER, LATER + timedelta(minutes=1))
        assert not await cursors.lease(NEWS, "a", LATER, LATER + timedelta(minutes=1))

    async def test_a_lease_that_was_given_back_is_free(self, cursors: Cursors) -> None:
        await cursors.lease(NEWS, "a", NOW, LATER)
        await cursors.release(NEWS, "b")  # not theirs to give
        assert not await cursors.lease(NEWS, "b", NOW, LATER)
        await cursors.release(NEWS, "a")
        assert await cursors.lease(NEWS, "b", NOW, LATER)

    async def test_goes_on_where_it_was(self, cursors: Cursors) -> None:
        assert await cursors.cursor(NEWS) == ""
        await cursors.lease(NEWS, "a", NOW, LATER)
        await cursors.save(Progress(NEWS, "a", "17 é\U0001f600"))
        await cursors.save(Progress(NEWS, "a", "18 é\U0001f600"))
        assert await cursors.cursor(NEWS) == "18 é\U0001f600"
        assert await cursors.cursor(Name("beta", "news")) == ""
        await cursors.release(NEWS, "a")
        assert await cursors.cursor(NEWS) == "18 é\U0001f600"

    async def test_who_lost_the_lease_saves_nothing(self, cursors: Cursors) -> None:
        await cursors.lease(NEWS, "a", NOW, LATER)
        await cursors.save(Progress(NEWS, "a", "1"))
        await cursors.lease(NEWS, "b", LATER, LATER + timedelta(minutes=1))
        with pytest.raises(Conflict):
            await cursors.save(Progress(NEWS, "a", "2", [note()]))
        assert await cursors.cursor(NEWS) == "1"
        assert await cursors.recent("acme", 10) == []
        with pytest.raises(Conflict):
            await cursors.save(Progress(Name("acme", "never leased"), "a", "2"))

    async def test_finds_what_was_noted(self, cursors: Cursors) -> None:
        await cursors.lease(NEWS, "a", NOW, LATER)
        mine = [note("s1", author="ann"), note("s2", author="ann", key="k2"), note("s3")]
        await cursors.save(Progress(NEWS, "a", "1", mine))
        assert await cursors.noted("acme", {"k2"}, ()) == [mine[1]]
        assert await cursors.noted("acme", (), {"ann"}) == mine[:2]
        assert await cursors.noted("acme", {"key of s3"}, {"ann"}) == mine
        assert await cursors.noted("acme", {"k2"}, {"ann"}) == mine[:2]
        assert await cursors.noted("acme", (), {""}) == []
        assert await cursors.noted("beta", {"k2"}, {"ann"}) == []

    async def test_what_was_noted_stays_as_it_is_until_withdrawn(self, cursors: Cursors) -> None:
        await cursors.lease(NEWS, "a", NOW, LATER)
        await cursors.save(Progress(NEWS, "a", "1", [note("s1"), note("s2")]))
        await cursors.save(Progress(NEWS, "a", "2", [note("s1", topic="other")]))
        assert await cursors.recent("acme", 10) == [note("s1"), note("s2")]
        await cursors.save(Progress(NEWS, "a", "3", (), {"s1"}))
        assert await cursors.recent("acme", 10) == [note("s2")]

    async def test_the_newest_come_oldest_first(self, cursors: Cursors) -> None:
        await cursors.lease(NEWS, "a", NOW, LATER)
        told = [note(f"s{n}", time=NOW + timedelta(seconds=n)) for n in range(5)]
        await cursors.save(Progress(NEWS, "a", "1", [told[3], told[0], told[4], told[1], told[2]]))
        assert await cursors.recent("acme", 3) == told[2:]
        assert await cursors.recent("beta", 3) == []

    async def test_forgets_what_is_old(self, cursors: Cursors) -> None:
        await cursors.lease(NEWS, "a", NOW, LATER)
        await cursors.save(Progress(NEWS, "a", "1", [note("s1"), note("s2", time=LATER)]))
        assert await cursors.forget_noted(LATER) == 1
        assert await cursors.recent("acme", 10) == [note("s2", time=LATER)]
        assert await cursors.cursor(NEWS) == "1"

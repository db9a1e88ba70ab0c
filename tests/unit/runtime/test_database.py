"""The same promises on both databases; what only one of them can do is below."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from dramatis.core.errors import Invalid, Unavailable
from dramatis.runtime import oldest_reader, positions, seen_events, sql
from dramatis.runtime.database import Database, Transaction, open_database
from dramatis.runtime.event_log import Overtaken
from dramatis.runtime.home import Home, PostgresHome, SqliteHome
from dramatis.runtime.log_token import LogToken

HISTORIES = Path(__file__).parent / "histories"
NOW = datetime(2026, 1, 1, 12, 0, 0, 123_457, tzinfo=UTC)

COUNTS = sa.Table(
    "counts",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Integer),
)
NUMBERED = sa.Table(
    "numbered",
    sa.MetaData(),
    sa.Column("number", sql.BIG, primary_key=True),
    sa.Column("time", sql.Utc, nullable=False),
)


def add(tx: Transaction, name: str) -> None:
    tx.execute(sa.insert(COUNTS).values(name=name, value=0))


def names(tx: Transaction) -> list[str]:
    return list(tx.scalars(sa.select(COUNTS.c.name).order_by(COUNTS.c.name)))


def revision(tx: Transaction) -> str | None:
    return tx.scalar(sa.text("SELECT version_num FROM alembic_version"))


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    if request.param == "sqlite":
        return SqliteHome(tmp_path / "deep" / "store.sqlite3", readers=2)
    return PostgresHome(request.getfixturevalue("postgres_database"), "store")


@pytest.fixture
async def database(home: Home) -> AsyncIterator[Database]:
    async with open_database(home, HISTORIES / "one") as database:
        yield database


async def test_writes_are_there_after_reopening(home: Home) -> None:
    async with open_database(home, HISTORIES / "one") as database:
        await database.write(lambda tx: add(tx, "a"))
        assert await database.read(names) == ["a"]
    async with open_database(home, HISTORIES / "two") as database:
        assert await database.read(names) == ["a"]
    with pytest.raises(Unavailable, match="newer release") as caught:
        async with open_database(home, HISTORIES / "one"):
            pass
    assert caught.value.reason == "NEWER_DATABASE"


async def test_a_release_runs_on_what_the_next_one_has_added(home: Home) -> None:
    async with open_database(home, HISTORIES / "one") as old:
        await old.write(lambda tx: add(tx, "a"))
        async with open_database(home, HISTORIES / "gentle") as new:
            await old.write(lambda tx: add(tx, "b"))
            async with open_database(home, HISTORIES / "one") as started_again:
                await started_again.write(lambda tx: add(tx, "c"))
            assert await new.read(names) == ["a", "b", "c"]
    async with open_database(home, HISTORIES / "gentle") as new:
        assert await new.read(revision) == "0002"


async def test_a_release_that_cannot_run_on_it_is_refused_and_changes_nothing(home: Home) -> None:
    async with open_database(home, HISTORIES / "harsh") as newest:
        await newest.write(lambda tx: add(tx, "a"))
        for older in ("one", "gentle", "two"):
            with pytest.raises(Unavailable, match=r"revision 0003 and needs 0003") as caught:
                async with open_database(home, HISTORIES / older):
                    pass
            assert caught.value.reason == "NEWER_DATABASE"
        assert await newest.read(revision) == "0003"
        assert await newest.read(names) == ["a"]


async def test_an_upgrade_that_broke_off_lets_no_older_one_in(home: Home) -> None:
    async with open_database(home, HISTORIES / "gentle") as database:
        await database.write(lambda tx: oldest_reader.save(tx, "0003"))
    with pytest.raises(Unavailable, match="newer release"):
        async with open_database(home, HISTORIES / "gentle"):
            pass
    async with open_database(home, HISTORIES / "harsh") as database:
        assert await database.read(revision) == "0003"


async def test_several_that_start_at_once_make_one_schema(home: Home) -> None:
    async def start(number: int) -> None:
        async with open_database(home, HISTORIES / "two") as database:
            await database.write(lambda tx: add(tx, str(number)))

    await asyncio.gather(*map(start, range(4)))
    async with open_database(home, HISTORIES / "two") as database:
        assert await database.read(names) == list("0123")


async def test_one_failing_write_leaves_its_group_alone(database: Database) -> None:
    def fail(tx: Transaction) -> None:
        add(tx, "half")
        raise Invalid("no")

    works = [database.write(lambda tx, n=n: add(tx, f"n{n}")) for n in range(5)]
    works.insert(2, database.write(fail))
    works.insert(4, database.write(lambda tx: add(tx, "n0")))
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    assert [type(each) for each in outcomes if each] == [Invalid, IntegrityError]
    assert await database.read(names) == [f"n{n}" for n in range(5)]


async def test_a_failing_write_alone_leaves_nothing(database: Database) -> None:
    def fail(tx: Transaction) -> None:
        add(tx, "half")
        raise Invalid("no")

    with pytest.raises(Invalid):
        await database.write(fail)
    assert await database.read(names) == []


async def test_writes_that_wait_follow_in_order(database: Database) -> None:
    running, release = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        running.set()
        release.wait()

    first = asyncio.create_task(database.write(hold))
    await asyncio.to_thread(running.wait)
    works = [database.write(lambda tx, n=n: add(tx, str(n))) for n in range(200)]
    unfinished = asyncio.gather(*works, database.write(lambda tx: len(names(tx))))
    await asyncio.sleep(0)
    release.set()
    assert await first is None
    assert (await unfinished)[-1] == 200


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(Unavailable, match="read-only"):
        await database.read(lambda tx: add(tx, "a"))


async def test_reads_run_beside_one_another_and_beside_a_write(database: Database) -> None:
    meet = threading.Barrier(3, timeout=10)
    waiting = [
        database.read(lambda tx: meet.wait()),
        database.read(lambda tx: meet.wait()),
        database.write(lambda tx: meet.wait()),
    ]
    await asyncio.gather(*waiting)


async def test_a_read_sees_one_state(database: Database) -> None:
    begun, written = threading.Event(), threading.Event()

    def twice(tx: Transaction) -> tuple[list[str], list[str]]:
        before = names(tx)
        begun.set()
        written.wait(10)
        return before, names(tx)

    reading = asyncio.create_task(database.read(twice))
    await asyncio.to_thread(begun.wait, 10)
    await database.write(lambda tx: add(tx, "a"))
    written.set()
    assert await reading == ([], [])


async def test_work_does_not_hold_up_the_event_loop(database: Database) -> None:
    threads = {await database.write(lambda tx: threading.get_ident())}
    threads.add(await database.read(lambda tx: threading.get_ident()))
    assert threading.get_ident() not in threads


async def test_closed_is_unavailable(home: Home) -> None:
    async with open_database(home, HISTORIES / "one") as database:
        pass
    with pytest.raises(Unavailable, match="closed"):
        await database.write(names)


async def test_numbers_count_up_and_times_are_exact(database: Database) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))

    def work(tx: Transaction) -> list[int]:
        statement = sql.insert(tx, NUMBERED).returning(NUMBERED.c.number)
        return [tx.scalars(statement, {"time": each}).one() for each in (NOW, elsewhere)]

    assert await database.write(work) == [1, 2]
    found = await database.read(lambda tx: list(tx.scalars(sa.select(NUMBERED.c.time))))
    assert found == [NOW, NOW]
    assert {each.utcoffset() for each in found} == {timedelta(0)}
    with pytest.raises(sa.exc.StatementError, match="no time zone"):
        await database.write(
            lambda tx: tx.execute(sa.insert(NUMBERED), {"time": NOW.replace(tzinfo=None)})
        )


async def test_lists_hold_anything(database: Database) -> None:
    odd = "a'\"\\\n{}[],é\U0001f600"

    def work(tx: Transaction) -> list[tuple[str, int]]:
        given = sql.rows([(odd, 1), ("17", 2), (odd, 3)], name=sa.Text, value=sa.Integer)
        statement = sql.insert(tx, COUNTS).from_select(["name", "value"], given)
        tx.execute(statement.on_conflict_do_nothing())
        wanted = sql.values([odd, "18"])
        found = tx.execute(sa.select(COUNTS).where(COUNTS.c.name.in_(sa.select(wanted.c.value))))
        return [(name, value) for name, value in found]

    assert await database.write(work) == [(odd, 1)]
    assert await database.read(names) == ["17", odd]


async def test_an_upsert_overwrites(database: Database) -> None:
    def work(tx: Transaction) -> int:
        for value in (1, 2):
            tx.execute(sql.upsert(tx, COUNTS), [{"name": "a", "value": value}])
        return tx.scalars(sa.select(COUNTS.c.value)).one()

    assert await database.write(work) == 2


async def test_positions_only_move_forward(database: Database) -> None:
    token = LogToken({("t", 0): 5, ("t", 1): 2})
    await database.write(lambda tx: positions.save(tx, "g", token))
    await database.write(lambda tx: positions.save(tx, "g", LogToken({("t", 1): 2})))
    with pytest.raises(Overtaken):
        await database.write(
            lambda tx: positions.save(tx, "g", LogToken({("t", 0): 3, ("t", 1): 9}))
        )
    assert await database.read(lambda tx: positions.load(tx, "g")) == token
    assert await database.read(lambda tx: positions.load(tx, "h")) == LogToken()


async def test_an_event_is_first_once(database: Database) -> None:
    first = await database.write(lambda tx: seen_events.first(tx, ["a", "b", "a"], NOW))
    later = NOW + timedelta(hours=1)
    second = await database.write(lambda tx: seen_events.first(tx, ["b", "c"], later))
    assert (first, second) == ({"a", "b"}, {"c"})
    assert await database.write(lambda tx: seen_events.forget(tx, later)) == 2
    assert await database.write(lambda tx: seen_events.first(tx, ["a", "c"], later)) == {"a"}


async def test_an_old_release_refuses_the_file(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with open_database(SqliteHome(path), HISTORIES / "one"):
        pass
    file = sqlite3.connect(path)
    assert file.execute("PRAGMA user_version").fetchone()[0] > 100
    file.close()


async def test_a_commit_that_is_refused_for_anothers_sake_is_done_again(
    postgres_database: str,
) -> None:
    """Both have seen that the other's row is not there, and written their own: one has to yield."""
    home = PostgresHome(postgres_database, "store")
    written = threading.Barrier(2)
    seen: list[tuple[str, list[str]]] = []

    def work(tx: Transaction, name: str) -> list[str]:
        found = names(tx)
        add(tx, name)
        first = name not in {each for each, _ in seen}
        seen.append((name, found))
        if first:
            written.wait(10)
        return found

    async with (
        open_database(home, HISTORIES / "one") as one,
        open_database(home, HISTORIES / "one") as two,
    ):
        found = await asyncio.gather(
            one.write(lambda tx: work(tx, "a")), two.write(lambda tx: work(tx, "b"))
        )
        assert sorted(map(len, found)) == [0, 1]
        assert len(seen) == 3
        assert await one.read(names) == ["a", "b"]

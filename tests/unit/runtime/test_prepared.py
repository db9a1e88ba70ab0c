from datetime import UTC, datetime

import sqlalchemy as sa

from dramatis.runtime import sql
from dramatis.runtime.database import Transaction, open_database
from dramatis.runtime.home import Home
from dramatis.runtime.prepared import Prepared
from tests.unit.runtime.test_database import HISTORIES, NUMBERED

NOW = datetime(2026, 1, 1, 12, 0, 0, 123_457, tzinfo=UTC)
ADD = Prepared(lambda tx: sql.upsert(tx, NUMBERED))
AFTER = Prepared(
    lambda tx: (
        sa.select(NUMBERED.c.number, NUMBERED.c.time)
        .where(NUMBERED.c.number > sa.bindparam("after", type_=sa.Integer))
        .order_by(NUMBERED.c.number)
        .limit(2)
    )
)
FORGET = Prepared(lambda tx: sa.delete(NUMBERED).where(NUMBERED.c.time < sa.bindparam("before")))


async def test_it_says_the_same_on_both(home: Home) -> None:
    def work(tx: Transaction) -> object:
        ADD(tx, number=1, time=NOW)
        ADD.many(tx, [{"number": each, "time": NOW} for each in (2, 3, 4)])
        ADD.many(tx, [])
        return AFTER(tx, after=1)

    async with open_database(home, HISTORIES / "one") as database:
        assert await database.write(work) == [(2, NOW), (3, NOW)]
        assert await database.read(lambda tx: AFTER(tx, after=3)) == [(4, NOW)]
        assert await database.write(lambda tx: FORGET(tx, before=NOW)) == []
        assert await database.read(lambda tx: AFTER(tx, after=3)) == [(4, NOW)]

"""Rows that are added to a table unless they are there: hundreds at once, the quickest way.

SQLite takes them one by one through the driver: from one statement over all of them it writes
twice the bytes. PostgreSQL takes them as one text: each statement is a round trip.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Integer, Table, Text, bindparam

from dramatis.runtime.prepared import Prepared
from dramatis.runtime.sql import BIG, Column, Insert, insert, packed, rows


class Adding:
    """Adds rows of texts and integers to one table.

    >>> import sqlalchemy as sa
    >>> table = sa.Table("t", sa.MetaData(), sa.Column("name", Text, primary_key=True))
    >>> with sa.create_engine("sqlite://").connect() as tx:
    ...     table.create(tx)
    ...     Adding(table)(tx, [("a",), ("b",), ("a",)])
    ...     tx.execute(sa.select(table)).all()
    [('a',), ('b',)]
    """

    def __init__(self, table: Table) -> None:
        """Makes the statements when they are first executed."""
        self._table = table
        self._each = Prepared(lambda tx: insert(tx, table).on_conflict_do_nothing())
        self._all = Prepared(self._from_one_text)

    def __call__(self, tx: Connection, lines: Sequence[Sequence[object]]) -> None:
        """Adds the rows, each in the order of the table's columns.

        Sorted by the primary key they touch each page of the table once.
        """
        if tx.dialect.name == "sqlite":
            self._each.lines(tx, lines)
        else:
            self._all(tx, given=packed(lines))

    def _from_one_text(self, tx: Connection) -> Insert:
        columns = {each.name: _kind(each.type) for each in self._table.columns}
        given = rows(bindparam("given", type_=Text), **columns)
        names = given.selected_columns.keys()
        return insert(tx, self._table).from_select(names, given).on_conflict_do_nothing()


def _kind(kind: Column) -> Column:
    """What a value is cast to that came as a part of the text."""
    return BIG if isinstance(kind, Integer) else Text

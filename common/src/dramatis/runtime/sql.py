"""What SQLite and PostgreSQL say differently, so that a statement is written once for both.

Lists travel into a statement as one JSON text: a statement that runs once over a thousand ids
takes neither the time nor the round trips of a thousand statements.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    REAL,
    BigInteger,
    BindParameter,
    Connection,
    DateTime,
    Dialect,
    FromClause,
    Integer,
    Select,
    Table,
    Text,
    cast,
    literal,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

Insert = postgresql.Insert | sqlite.Insert
Column = TypeEngine[Any] | type[TypeEngine[Any]]

NAME: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""A text that is ordered by its bytes, on both, as Python orders it too."""
BIG: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A 64 bit integer. As the only primary key it counts up by itself, on both."""


class Utc(TypeDecorator[datetime]):
    """A moment, aware, in UTC, to the microsecond: timestamptz, in SQLite seconds since 1970."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What the column is."""
        return dialect.type_descriptor(REAL() if dialect.name == "sqlite" else self.impl_instance)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To the database; a moment without a zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.timestamp() if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromtimestamp(value, UTC)
        moment: datetime = value
        return moment.astimezone(UTC)


class UtcText(TypeDecorator[datetime]):
    """A moment as `Utc`, where release 0.1.0 wrote it into SQLite as ISO 8601 text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What the column is."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else self.impl_instance)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To the database; a moment without a zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC).isoformat() if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromisoformat(value)
        moment: datetime = value
        return moment.astimezone(UTC)


def insert(tx: Connection, table: Table) -> Insert:
    """An insert of the transaction's own dialect: it has `on_conflict_do_nothing` and `_update`."""
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)


def upsert(tx: Connection, table: Table) -> Insert:
    """An insert that overwrites the row that has the same primary key."""
    statement = insert(tx, table)
    keys = [each.name for each in table.primary_key]
    changed = {each.name: statement.excluded[each.name] for each in table.c if not each.primary_key}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def execute_many(tx: Connection, statement: Insert, rows: Sequence[Sequence[object]]) -> None:
    """Inserts rows whose values are in the order of the table's columns, as the driver takes them.

    SQLAlchemy makes a dict of each row and looks at each value of it: for thousands of rows that
    takes longer than the database does. No value may need a conversion, as those of `Utc` do.
    """
    if rows:
        names = [each.name for each in statement.table.columns]
        compiled = statement.compile(dialect=tx.dialect, column_keys=names)
        assert compiled.positiontup == names, "parameters in another order than the columns"
        tx.exec_driver_sql(str(compiled), [tuple(each) for each in rows])


def erase_bytes(tx: Connection) -> None:
    """What this transaction deletes is overwritten with zeros, where the database leaves it lying.

    PostgreSQL frees it by itself, with the next vacuum.
    """
    if tx.dialect.name == "sqlite":
        tx.execute(text("PRAGMA secure_delete = ON"))


def values(items: Iterable[str] | BindParameter[str]) -> FromClause:
    """The texts as rows of one column, `value`.

    Args:
        items: the texts; or, for a statement that is made once, the parameter for `packed` texts.

    >>> from sqlalchemy import column
    >>> wanted = select(values(["r1", "r2"]).c.value)
    >>> statement = select(column("known")).where(column("recipient_id").in_(wanted))
    """
    return _Texts(_parameter(items)).table_valued("value")


def rows(items: Iterable[Sequence[object]] | BindParameter[str], **columns: Column) -> Select[Any]:
    """Rows of texts and numbers: to insert from, or as a `subquery()` to join.

    Args:
        items: the rows; or, for a statement that is made once, the parameter for `packed` rows.
        columns: names and types, in the rows' order.

    >>> from sqlalchemy import Text
    >>> rows([("a", 1), ("b", 2)], name=Text, count=BIG).subquery().c.keys()
    ['name', 'count']
    """
    each = _Arrays(_parameter(items)).table_valued("value")
    taken = [
        cast(each.c.value.op("->>")(literal_column(str(at))), kind).label(name)
        for at, (name, kind) in enumerate(columns.items())
    ]
    return select(*taken).where(true())  # SQLite cannot tell ON CONFLICT from a join without it


def packed(items: Iterable[object]) -> str:
    """The texts or rows as the one text that travels."""
    return json.dumps(list(items))


def _parameter(items: Iterable[object] | BindParameter[str]) -> BindParameter[str]:
    return items if isinstance(items, BindParameter) else literal(packed(items), Text)


class _Texts(FunctionElement[str]):
    """The elements of a JSON array of texts."""

    inherit_cache = True


class _Arrays(FunctionElement[str]):
    """The elements of a JSON array of arrays."""

    inherit_cache = True


@compiles(_Texts, "sqlite")
@compiles(_Arrays, "sqlite")
def _sqlite(element: FunctionElement[str], compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Texts, "postgresql")
def _texts(element: _Texts, compiler: SQLCompiler, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    return f"jsonb_array_elements_text(CAST({text} AS JSONB))"


@compiles(_Arrays, "postgresql")
def _arrays(element: _Arrays, compiler: SQLCompiler, **options: Any) -> str:
    return f"jsonb_array_elements(CAST({compiler.process(element.clauses, **options)} AS JSONB))"

"""Statements that every call needs: made and compiled once for each database.

SQLAlchemy spends a tenth of a millisecond on each execution. PostgreSQL's answer takes longer than
that; SQLite's is there in a hundredth, so there the compiled text goes to the driver itself.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.sql.compiler import SQLCompiler

Parameters = Mapping[str, Any]
Convert = Callable[[Any], Any]


class Prepared:
    """One statement; its parameters are named by `bindparam`, or are a table's columns.

    >>> import sqlalchemy as sa
    >>> double = Prepared(lambda tx: sa.select(2 * sa.bindparam("number", type_=sa.Integer)))
    >>> with sa.create_engine("sqlite://").connect() as tx:
    ...     double(tx, number=21)
    [(42,)]
    """

    def __init__(self, make: Callable[[Connection], Executable]) -> None:
        """Makes the statement when it is first executed.

        Args:
            make: what it is in this transaction's dialect; see `sql.insert`.
        """
        self._make = make
        self._statements: dict[str, Executable] = {}
        self._sqlite: _Compiled | None = None

    def __call__(self, tx: Connection, **parameters: Any) -> Sequence[tuple[Any, ...]]:
        """Executes it and returns the rows, if it has any."""
        if tx.dialect.name == "sqlite":
            return self._compiled(tx).execute(_driver(tx), parameters)
        result = tx.execute(self._statement(tx), parameters)
        return [tuple(row) for row in result] if result.returns_rows else []

    def many(self, tx: Connection, parameters: Sequence[Parameters]) -> None:
        """Executes it for each of these; does nothing where there are none."""
        if not parameters:
            return
        if tx.dialect.name == "sqlite":
            self._compiled(tx).execute_many(_driver(tx), parameters)
        else:
            tx.execute(self._statement(tx), parameters)

    def lines(self, tx: Connection, lines: Sequence[Sequence[object]]) -> None:
        """The same on SQLite, of values in the order of the parameters, as SQLite has them."""
        _driver(tx).executemany(self._compiled(tx).text, lines)

    def _statement(self, tx: Connection) -> Executable:
        name = tx.dialect.name
        if name not in self._statements:
            self._statements[name] = self._make(tx)
        return self._statements[name]

    def _compiled(self, tx: Connection) -> "_Compiled":
        if self._sqlite is None:
            self._sqlite = _Compiled.of(self._statement(tx), tx.dialect)
        return self._sqlite


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What sqlite3 needs to execute a statement.

    Attributes:
        text: with a question mark for each parameter.
        names: of the parameters, in that order, with what each becomes on its way.
        constants: parameters that are part of the statement.
        columns: what the values of each column become on their way back; empty: nothing does.
    """

    text: str
    names: Sequence[tuple[str, Convert | None]]
    constants: Parameters
    columns: Sequence[Convert | None]

    @classmethod
    def of(cls, statement: Executable, dialect: Dialect) -> "_Compiled":
        compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        names = compiled.positiontup or []
        ways = [compiled.binds[name].type.dialect_impl(dialect) for name in names]
        columns = [
            each.type.dialect_impl(dialect).result_processor(dialect, None)
            for each in getattr(statement, "exported_columns", ())
        ]
        return cls(
            str(compiled),
            [(name, way.bind_processor(dialect)) for name, way in zip(names, ways, strict=True)],
            {name: value for name, value in compiled.params.items() if value is not None},
            columns if any(columns) else [],
        )

    def execute(
        self, connection: sqlite3.Connection, parameters: Parameters
    ) -> Sequence[tuple[Any, ...]]:
        found = connection.execute(self.text, self._values(parameters)).fetchall()
        if not self.columns:
            return found
        return [
            tuple(
                convert(value) if convert else value
                for convert, value in zip(self.columns, row, strict=True)
            )
            for row in found
        ]

    def execute_many(
        self, connection: sqlite3.Connection, parameters: Sequence[Parameters]
    ) -> None:
        connection.executemany(self.text, map(self._values, parameters))

    def _values(self, parameters: Parameters) -> Sequence[Any]:
        given = {**self.constants, **parameters}
        return [convert(given[name]) if convert else given[name] for name, convert in self.names]


def _driver(tx: Connection) -> sqlite3.Connection:
    connection = tx.connection.driver_connection
    assert isinstance(connection, sqlite3.Connection)
    return connection

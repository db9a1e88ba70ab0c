"""Rows of a file as events of the contract."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor

from dramatis.api.common.v1 import event_pb2
from dramatis.cli.adapters.attribute_cells import fill
from dramatis.cli.adapters.event_words import FIELDS, KINDS, MAPS, PARTS, words
from dramatis.cli.bulk import cells
from dramatis.cli.bulk.cells import Cells, Unreadable
from dramatis.cli.bulk.mapping import Cell, EventMapping, Kinds
from dramatis.cli.bulk.rows import Row

Set = Callable[[event_pb2.Event, Cells], None]
_INTEGERS: Final = {
    FieldDescriptor.CPPTYPE_INT32: 31,
    FieldDescriptor.CPPTYPE_INT64: 63,
}


class EventMaker:
    """Makes events as a mapping says.

    Args:
        mapping: what the columns mean.
        digest: of the file, hexadecimal; the row's number and it name an event without an id.
    """

    def __init__(self, mapping: EventMapping, digest: str) -> None:
        self._mapping, self._digest = mapping, digest
        self._kinds: dict[str, str] = {}
        setters = {name: _setter(name, cell) for name, cell in mapping.fields.items()}
        self._setters = {
            payload: [
                set_
                for name, set_ in setters.items()
                if name.partition(".")[0] in (*PARTS, payload)
            ]
            for payload, _ in KINDS.values()
        }

    def make(self, row: Row) -> event_pb2.Event | None:
        """The event of a row; None where the mapping leaves it out.

        Raises:
            Unreadable: a cell is missing or not what the mapping says.
        """
        kind = self._kind(row.cells)
        if not kind:
            return None
        mapping, (payload, number) = self._mapping, KINDS[kind]
        event = event_pb2.Event(
            event_id=self._id(row),
            recipient_id=_needed(cells.text(row.cells, mapping.recipient), mapping.recipient),
        )
        event.event_time.FromDatetime(_needed(cells.moment(row.cells, mapping.time), mapping.time))
        part = getattr(event, payload)
        part.SetInParent()
        if number:
            part.kind = number
        for set_ in self._setters[payload]:
            set_(event, row.cells)
        return event

    def _id(self, row: Row) -> str:
        if not self._mapping.id:
            return f"{self._digest}-{row.place.row}"
        parts = [cells.plain(cells.raw(row.cells, each), each) for each in self._mapping.id]
        for column, part in zip(self._mapping.id, parts, strict=True):
            if part is None:
                raise Unreadable(column, "missing")
        return "/".join(map(str, parts))

    def _kind(self, row: Cells) -> str:
        """The kind of a row; "" where it is left out."""
        kinds = self._mapping.kind
        if kinds.fixed:
            return kinds.fixed
        text = cells.plain(cells.raw(row, kinds.column), kinds.column) or ""
        if text not in self._kinds:
            self._remember(text, kinds)
        kind = self._kinds[text]
        if not kind and not kinds.skip_others:
            raise Unreadable(kinds.column, "unknown_kind" if text else "missing", text)
        return kind

    def _remember(self, text: str, kinds: Kinds) -> None:
        if len(self._kinds) >= 4_096:  # a column of ids: their patterns are few, they are not
            self._kinds.clear()
        patterns = kinds.patterns.items() if text else ()
        fitting = (kind for each, kind in patterns if fnmatchcase(text, each))
        self._kinds[text] = next(fitting, "")


def _needed(value: Any, cell: Cell) -> Any:
    if value is None:
        raise Unreadable(cell.column, "missing")
    return value


def _setter(name: str, cell: Cell) -> Set:
    """Sets one field of an event from a row; leaves it out where the cell is empty."""
    part, _, field = name.partition(".")
    for begin in MAPS:
        if name.startswith(begin):
            key, holder = name.removeprefix(begin), begin.removesuffix(".").partition(".")[2]
            return lambda event, row: fill(getattr(getattr(event, part), holder), key, row, cell)
    read = _reader(FIELDS[name], cell)

    def set_(event: event_pb2.Event, row: Cells) -> None:
        value = read(row)
        if value is not None:
            _put(getattr(event, part), field, value)

    return set_


def _put(part: Any, field: str, value: Any) -> None:
    match value:
        case list():
            getattr(part, field).extend(value)
        case {"micros": micros, "currency": currency}:
            amount = getattr(part, field)
            amount.micros, amount.currency_code = micros, currency
        case {"seconds": seconds}:
            getattr(part, field).FromNanoseconds(round(seconds * 10**9))
        case _:
            setattr(part, field, value)


def _reader(field: FieldDescriptor, cell: Cell) -> Callable[[Cells], Any]:
    """Reads a cell as the type of a field."""
    if field.is_repeated:
        return lambda row: cells.texts(row, cell) or None
    if field.message_type is not None:
        return _READERS[field.message_type.name](cell)
    if field.enum_type is not None:
        known = words(field.enum_type)
        return lambda row: _enum(row, cell, known)
    if bits := _INTEGERS.get(field.cpp_type):
        return lambda row: _integer(row, cell, bits)
    return _SCALARS[field.cpp_type](cell)


def _enum(row: Cells, cell: Cell, known: Any) -> int | None:
    text = cells.text(row, cell)
    if text is not None and text.lower() not in known:
        raise Unreadable(cell.column, "unknown_word", text)
    return None if text is None else known[text.lower()]


def _integer(row: Cells, cell: Cell, bits: int) -> int | None:
    value = cells.number(row, cell)
    if value is not None and (value != value.to_integral_value() or abs(value) >= 1 << bits):
        raise Unreadable(cell.column, "not_a_whole_number", value)
    return None if value is None else int(value)


def _float(cell: Cell) -> Callable[[Cells], float | None]:
    def read(row: Cells) -> float | None:
        value = cells.number(row, cell)
        return None if value is None else float(value)

    return read


def _money(cell: Cell) -> Callable[[Cells], dict[str, object] | None]:
    def read(row: Cells) -> dict[str, object] | None:
        micros = cells.micros(row, cell)
        if micros is None:
            return None
        code = cell.currency_column
        currency = cells.plain(cells.raw(row, code), code) if code else cell.currency
        return {"micros": micros, "currency": currency or cell.currency}

    return read


def _duration(cell: Cell) -> Callable[[Cells], dict[str, object] | None]:
    def read(row: Cells) -> dict[str, object] | None:
        seconds = cells.number(row, cell)
        if seconds is not None and abs(seconds) > 315_576_000_000:
            raise Unreadable(cell.column, "too_large", seconds)
        return None if seconds is None else {"seconds": seconds}

    return read


_READERS: Final[dict[str, Callable[[Cell], Callable[[Cells], Any]]]] = {
    "Money": _money,
    "Duration": _duration,
}
_SCALARS: Final[dict[int, Callable[[Cell], Callable[[Cells], Any]]]] = {
    FieldDescriptor.CPPTYPE_STRING: lambda cell: lambda row: cells.text(row, cell),
    FieldDescriptor.CPPTYPE_BOOL: lambda cell: lambda row: cells.truth(row, cell),
    FieldDescriptor.CPPTYPE_DOUBLE: _float,
}

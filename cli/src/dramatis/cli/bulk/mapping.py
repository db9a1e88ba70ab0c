"""What the columns of a file mean."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

DEFAULT_REJECTED_SHARE = 0.01


@dataclass(frozen=True)
class Cell:
    """Where a value comes from, and how its text is to be read.

    Attributes:
        column: its name; "" where `value` is the same for all rows.
        value: of all rows, instead of a column.
        prefix: put before the text.
        words: text of the file -> what it means.
        format: of a time: "iso", "seconds", "milliseconds", or as `strptime` has it.
        zone: IANA zone of times that name none.
        decimal: sign before the decimals.
        currency: ISO 4217 code; "" for the tenant's own.
        currency_column: column with that code; "" for none.
        times: column that a number is multiplied by; "" for none.
        unsigned: whether a minus is dropped.
        separator: between the items of a list.
        type: of an attribute's value.
        order: of a rank: words, least first; empty where the cell is a number.
    """

    column: str = ""
    value: str | None = None
    prefix: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    format: str = "iso"
    zone: str = "UTC"
    decimal: str = "."
    currency: str = ""
    currency_column: str = ""
    times: str = ""
    unsigned: bool = False
    separator: str = ";"
    type: str = "category"
    order: tuple[str, ...] = ()

    @property
    def columns(self) -> Iterator[str]:
        """Yields the columns that it looks at."""
        yield from filter(None, (self.column, self.currency_column, self.times))


@dataclass(frozen=True)
class Kinds:
    """What happened: the same in all rows, or by the text of a column.

    Attributes:
        column: "" where all rows are `fixed`.
        fixed: the kind of all rows.
        patterns: text or pattern -> kind; the first that fits.
        skip_others: whether rows that none fits are left out, rather than rejected.
    """

    column: str = ""
    fixed: str = ""
    patterns: Mapping[str, str] = field(default_factory=dict)
    skip_others: bool = False

    @property
    def all(self) -> Sequence[str]:
        """Every kind that a row may turn out to be."""
        return [self.fixed] if self.fixed else list(self.patterns.values())


@dataclass(frozen=True)
class EventMapping:
    """Rows that are events; `fields` by path in the event, such as "order.amount"."""

    recipient: Cell
    time: Cell
    kind: Kinds
    id: tuple[str, ...] = ()
    fields: Mapping[str, Cell] = field(default_factory=dict)

    @property
    def columns(self) -> Iterator[str]:
        """Yields the columns that it looks at."""
        for cell in (self.recipient, self.time, *self.fields.values()):
            yield from cell.columns
        yield from filter(None, (self.kind.column, *self.id))


@dataclass(frozen=True)
class ConsentMapping:
    """A column that holds what recipients said about one purpose and data type."""

    purpose: str
    data_type: str
    column: str
    states: Mapping[str, str]
    time: Cell
    source: str = ""
    proof: str = ""
    third_party: str = ""

    @property
    def columns(self) -> Iterator[str]:
        """Yields the columns that it looks at."""
        yield from filter(None, (self.column, self.proof, *self.time.columns))


@dataclass(frozen=True)
class RecipientMapping:
    """Rows that are recipients; `attributes` by name."""

    recipient: Cell
    time_zone: Cell | None = None
    attributes: Mapping[str, Cell] = field(default_factory=dict)
    consents: tuple[ConsentMapping, ...] = ()

    @property
    def columns(self) -> Iterator[str]:
        """Yields the columns that it looks at."""
        zone = [self.time_zone] if self.time_zone else []
        for cell in (self.recipient, *zone, *self.attributes.values()):
            yield from cell.columns
        for consent in self.consents:
            yield from consent.columns


Meaning: TypeAlias = EventMapping | RecipientMapping


@dataclass(frozen=True)
class FileMapping:
    """A whole mapping file.

    Attributes:
        rows: what each row is.
        delimiter: of a CSV; "" to find out.
        encoding: of a CSV or JSONL file.
        max_rejected_share: more rows than this that cannot be read stop the run, in [0, 1].
        digest: of the mapping file, hexadecimal.
    """

    rows: Meaning
    delimiter: str
    encoding: str
    max_rejected_share: float
    digest: str

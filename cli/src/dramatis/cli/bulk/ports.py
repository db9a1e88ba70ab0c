"""What bulk ingest needs of the services."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from dramatis.cli.bulk.rows import Place, Row


class Fate(StrEnum):
    """What became of a row."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not accepted.

    Attributes:
        row: its number, from 1.
        line: on which it begins; 0 where there are no lines.
        field: column, or field of the contract, at fault; "" for the row as a whole.
        reason: for programs: lower_snake_case where it could not be read, else ingest's.
        message: for people.
    """

    row: int
    line: int
    field: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows in a sequence, made into messages.

    Attributes:
        number: of its first row; the same rows always make the same chunk.
        end: of its last row.
        rows: that became a message.
        items: [rows] the messages.
        rejects: rows that could not be read.
        skipped: how many the mapping leaves out.
    """

    number: int
    end: Place
    rows: Sequence[Row] = ()
    items: Sequence[Any] = ()
    rejects: Sequence[Reject] = ()
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """A chunk that is durable.

    Attributes:
        chunk: what was sent.
        fates: how many rows became what, those too that could not be read.
        rejects: rows that could not be read or were not accepted, in order.
    """

    chunk: Chunk
    fates: Mapping[Fate, int] = field(default_factory=dict)
    rejects: Sequence[Reject] = ()


class Sender(Protocol):
    """Brings chunks to ingest."""

    def send(self, chunks: Iterator[Chunk]) -> AsyncIterator[Done]:
        """Yields the chunks in order, each once it is durable; takes them a few ahead.

        Waits and sends again while ingest is away or asks for patience.

        Raises:
            Unavailable: it has been so for too long.
            DramatisError: ingest refuses the call as a whole.
        """
        ...


class Maker(Protocol):
    """Makes messages of rows."""

    def make(self, row: Row) -> Any:
        """The message of a row; None where the mapping leaves it out.

        Raises:
            Unreadable: a cell is missing or not what the mapping says.
        """
        ...

"""What an event says, while admission may still make it say less, or a little more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Named:
    """A value by a name that the caller chose.

    Attributes:
        parent: "recipient_updated.attributes" or "site.properties".
        name: of the value.
        source: the third party that it is from; empty for the tenant's own.
        category: its text; empty where it is a number, a time or the like.
    """

    parent: str
    name: str
    source: str
    category: str

    @property
    def path(self) -> str:
        """Where it is."""
        return f"{self.parent}.{self.name}"


class Draft(Protocol):
    """An event's content, by paths of the contract such as "context.country_code".

    A path is `payload.field`; of a named value it is `payload.field.name`.
    """

    def value(self) -> bytes:
        """The event as it is now, serialised."""
        ...

    def has(self, path: str) -> bool:
        """Whether the field is filled."""
        ...

    def text(self, path: str) -> str:
        """The text in a field."""
        ...

    def put(self, path: str, value: str | int) -> None:
        """Fills a field, instead of what was in it."""
        ...

    def drop(self, path: str) -> None:
        """Empties a field, or takes a named value out."""
        ...

    def context(self) -> Sequence[str]:
        """Paths of the filled fields of the context."""
        ...

    def names(self) -> Sequence[Named]:
        """The values by name, as they are now."""
        ...

    def texts(self) -> Sequence[tuple[str, str]]:
        """Path and text of every filled text, but the ids of event and recipient.

        One of a list has its place as the last part of its path.
        """
        ...

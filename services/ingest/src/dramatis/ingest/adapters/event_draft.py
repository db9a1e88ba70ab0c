"""An event of the contract as admission changes it."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from dramatis.api.common.v1 import event_pb2, recipient_pb2
from dramatis.ingest.domain.draft import Named

_NAMED: Final = {"recipient_updated": "attributes", "site": "properties"}


class EventDraft:
    """A `Draft` on a message, which it changes."""

    __slots__ = ("_event", "_payload", "_value")

    def __init__(self, event: event_pb2.Event, payload: str) -> None:
        self._event = event
        self._payload = payload
        self._value: bytes | None = None

    def value(self) -> bytes:
        """See `Draft`."""
        if self._value is None:
            self._value = self._event.SerializeToString()
        return self._value

    def has(self, path: str) -> bool:
        """See `Draft`."""
        part, _, field = path.partition(".")
        return any(f"{each.name}" == field for each, _ in getattr(self._event, part).ListFields())

    def text(self, path: str) -> str:
        """See `Draft`."""
        part, _, field = path.partition(".")
        return str(getattr(getattr(self._event, part), field))

    def put(self, path: str, value: str | int) -> None:
        """See `Draft`."""
        part, field, *place = path.split(".", 2)
        message = getattr(self._event, part)
        if place:
            getattr(message, field)[int(place[0])] = value
        else:
            setattr(message, field, value)
        self._value = None

    def drop(self, path: str) -> None:
        """See `Draft`."""
        part, field, *name = path.split(".", 2)
        message = getattr(self._event, part)
        if name:
            del getattr(message, field)[name[0]]
        else:
            message.ClearField(field)
        self._value = None

    def context(self) -> Sequence[str]:
        """See `Draft`."""
        if not self._event.HasField("context"):
            return ()
        return [f"context.{field.name}" for field, _ in self._event.context.ListFields()]

    def names(self) -> Sequence[Named]:
        """See `Draft`."""
        field = _NAMED.get(self._payload)
        if field is None:
            return ()
        values: Any = getattr(getattr(self._event, self._payload), field)
        parent = f"{self._payload}.{field}"
        return [_named(parent, name, value) for name, value in values.items()] if values else ()

    def texts(self) -> Sequence[tuple[str, str]]:
        """See `Draft`."""
        return [
            found
            for part in ("attribution", "context", self._payload)
            if self._event.HasField(part)  # type: ignore[arg-type]
            for found in _texts(part, getattr(self._event, part))
        ]


def _named(parent: str, name: str, value: recipient_pb2.AttributeValue) -> Named:
    return Named(parent, name, value.source, value.category)


def _texts(part: str, message: Any) -> Iterator[tuple[str, str]]:
    for field, value in message.ListFields():
        if isinstance(value, str):
            yield f"{part}.{field.name}", value
        elif field.is_repeated and field.type == field.TYPE_STRING:
            for place, text in enumerate(value):
                yield f"{part}.{field.name}.{place}", text

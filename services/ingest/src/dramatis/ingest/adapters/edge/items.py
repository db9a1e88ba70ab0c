"""A webhook's body, item by item: one that cannot be read never harms the others."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from dramatis.core.errors import Invalid
from dramatis.ingest.adapters.edge.errors import TooLarge
from dramatis.ingest.adapters.edge.fields import Json, mapping
from dramatis.ingest.adapters.edge.messages import Item, Told
from dramatis.ingest.app.breath import breathing

MAX_ITEMS: Final = 10_000

Read = Callable[[Json], Sequence[Told]]
"""What one item says; raises Invalid where it cannot be read."""


async def each(values: Sequence[Any], read: Read) -> Sequence[Item]:
    """The items, read; others get their turn in between.

    Raises:
        TooLarge: they are too many.
    """
    if len(values) > MAX_ITEMS:
        raise TooLarge(f"a batch has at most {MAX_ITEMS:,} items", field="body")
    return [Item(value, _read(value, read)) async for some in breathing(values) for value in some]


def _read(value: Any, read: Read) -> Sequence[Told] | Invalid:
    try:
        return read(mapping(value, "item"))
    except Invalid as error:
        return error

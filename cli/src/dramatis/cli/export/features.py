"""A picture of all features: what is held of every recipient now, beside those of earlier days."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dramatis.cli.export import parts, position
from dramatis.cli.export.columns import feature_schema
from dramatis.cli.export.parts import Batch
from dramatis.cli.export.position import Standing

ROWS: Final = 200_000
"""A part is written after so many."""
Pages = AsyncIterator[Sequence[Mapping[str, Any]]]


async def take(
    folder: Path, standing: Standing, pages: Pages, now: datetime, part_rows: int = ROWS
) -> Standing:
    """Writes the rows into the folder of today, and then says that they are there.

    What a run left behind that was killed before it said so is removed first.
    """
    parts.drop_from(folder, standing.parts)
    batch, after = Batch(feature_schema()), standing
    async for rows in pages:
        for row in rows:
            batch.add(now.date(), row)
        if batch.rows >= part_rows:
            after, batch = _write(folder, after, batch), Batch(feature_schema())
    if batch.rows:
        after = _write(folder, after, batch)
    position.save(folder, after)
    return after


def _write(folder: Path, standing: Standing, batch: Batch) -> Standing:
    batch.write(folder, standing.parts)
    return standing.after(standing.position, batch.rows)

"""A file into ingest: from where the last run ended, to its own end."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dramatis.cli.bulk import sidecar
from dramatis.cli.bulk.chunks import chunked
from dramatis.cli.bulk.meter import Meter
from dramatis.cli.bulk.ports import Chunk, Fate, Maker, Sender
from dramatis.cli.bulk.rejects import RejectsFile
from dramatis.cli.bulk.rows import Source
from dramatis.cli.bulk.sidecar import Standing
from dramatis.core.errors import Invalid


class TooManyRejected(Invalid):
    """More rows than the mapping allows cannot be read."""

    default_reason = "TOO_MANY_REJECTED"


async def ingest(
    source: Source,
    maker: Maker,
    sender: Sender,
    standing: Standing,
    places: tuple[Path, Path],
    max_rejected_share: float,
    meter: Meter,
) -> Standing:
    """Sends what is not durable yet; returns how it stands at the end of the file.

    Args:
        source: the file.
        maker: makes messages of its rows.
        sender: brings them to ingest.
        standing: where to begin.
        places: of the sidecar and of the rejects.
        max_rejected_share: of the rows read so far, in [0, 1].
        meter: hears of the progress.

    Raises:
        TooManyRejected: the mapping does not fit the file; what was sent before is durable.
        DramatisError: ingest could not be reached, or the file could not be read.
    """
    progress, rejects_path = places
    begun = standing.place.row
    with RejectsFile.open(rejects_path, standing.rejects_bytes) as rejects:
        chunks = chunked(source.rows(standing.place), maker)
        allowed = _guarded(chunks, standing, max_rejected_share)
        async for done in sender.send(allowed):
            standing = standing.after(done, rejects.write(done.rejects))
            sidecar.save(progress, standing)
            share = standing.place.offset / source.size if source.size else 1.0
            rejected = standing.count(Fate.REJECTED)
            meter.update(share, standing.place.row - begun, rejected)
    standing = replace(standing, finished=True)
    sidecar.save(progress, standing)
    return standing


def _guarded(chunks: Iterator[Chunk], before: Standing, most: float) -> Iterator[Chunk]:
    """Yields the chunks as long as they can be read, but for a few rows."""
    unread = sum(n for why, n in before.reasons.items() if why.islower())
    for chunk in chunks:
        unread += len(chunk.rejects)
        if unread > most * chunk.end.row:
            first = chunk.rejects[0]
            raise TooManyRejected(
                f"{unread:,} of {chunk.end.row:,} rows cannot be read, more than "
                f"max_rejected_share = {most:g} of the mapping; such as row {first.row}"
                f"{f' (line {first.line})' if first.line else ''}"
                f"{f', column {first.field!r}' if first.field else ''}: {first.message}"
            )
        yield chunk

"""Chunks of recipients over `UpsertRecipients`, one after the other: the last row of each holds."""

from collections.abc import AsyncIterator, Iterator

from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.cli.adapters.chunk_results import settle
from dramatis.cli.adapters.clients import IngestConnection
from dramatis.cli.adapters.patience import Patience
from dramatis.cli.bulk.ports import Chunk, Done
from dramatis.core.errors import Retryable


class RecipientSender:
    """A `Sender` of recipients.

    Args:
        connection: to ingest.
        patience: with it.
        series: of file and mapping; with a chunk's number it names the request, so that the same
            chunk has one effect.
    """

    def __init__(self, connection: IngestConnection, patience: Patience, series: str) -> None:
        self._on, self._patience, self._series = connection, patience, series

    async def send(self, chunks: Iterator[Chunk]) -> AsyncIterator[Done]:
        """See `Sender`."""
        for chunk in chunks:
            yield await self._sent(chunk)

    async def _sent(self, chunk: Chunk) -> Done:
        if not chunk.items:
            return settle(chunk, ())
        request = ingest_pb2.UpsertRecipientsRequest(
            request_id=f"{self._series}-{chunk.number}", recipients=chunk.items
        )
        while True:
            try:
                answer = await self._on.call(self._on.stub.UpsertRecipients, request)
                done = settle(chunk, enumerate(answer.results))
            except Retryable as error:
                await self._patience.wait(error)
            else:
                self._patience.moved()
                return done

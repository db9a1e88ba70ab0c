"""Chunks of events over `StreamEvents`, several windows ahead."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import grpc

from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.cli.adapters.chunk_results import settle
from dramatis.cli.adapters.clients import SECONDS, IngestConnection, ours
from dramatis.cli.adapters.patience import Patience
from dramatis.cli.bulk.ports import Chunk, Done
from dramatis.core.errors import Retryable, Unavailable

WINDOWS: Final = 4
"""Chunks that may be on their way."""


class EventSender:
    """A `Sender` of events. After a break all that was not answered is sent again, in order."""

    def __init__(self, connection: IngestConnection, patience: Patience) -> None:
        self._on, self._patience = connection, patience

    async def send(self, chunks: Iterator[Chunk]) -> AsyncIterator[Done]:
        """See `Sender`."""
        unanswered: deque[Chunk] = deque()
        finished = False
        while not finished:
            try:
                async for done in self._stream(unanswered, chunks):
                    self._patience.moved()
                    yield done
                finished = True
            except Retryable as error:
                await self._patience.wait(error)

    async def _stream(
        self, unanswered: deque[Chunk], chunks: Iterator[Chunk]
    ) -> AsyncIterator[Done]:
        """Yields chunks as they are answered, until there are no more or the stream breaks."""
        await self._knock()
        call = self._on.stub.StreamEvents(metadata=self._on.metadata)
        try:
            sequence = 0
            for chunk in unanswered:
                sequence = await _write(call, chunk, sequence)
            while True:
                while len(unanswered) < WINDOWS and (fresh := next(chunks, None)):
                    unanswered.append(fresh)
                    sequence = await _write(call, fresh, sequence)
                if not unanswered:
                    return
                done = await _answered(call, unanswered[0])
                unanswered.popleft()
                yield done
        finally:
            call.cancel()

    async def _knock(self) -> None:
        """Finds out whether ingest lets us in: a stream that it refuses does not say why."""
        request = ingest_pb2.ListCampaignsRequest(page_size=1)
        await self._on.call(self._on.stub.ListCampaigns, request)


async def _write(call: Any, chunk: Chunk, sequence: int) -> int:
    """Writes a chunk if anything is in it; returns the last sequence."""
    if not chunk.items:
        return sequence
    request = ingest_pb2.StreamEventsRequest(sequence=sequence + 1, events=chunk.items)
    try:
        await call.write(request)
    except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
        raise Unavailable("the stream to ingest broke", reason="STREAM_BROKE") from None
    return sequence + 1


async def _answered(call: Any, chunk: Chunk) -> Done:
    if not chunk.items:
        return settle(chunk, ())
    try:
        with ours():
            answer = await asyncio.wait_for(call.read(), SECONDS)
            if answer is grpc.aio.EOF:
                raise Unavailable("ingest ended the stream", reason="STREAM_ENDED")
    except TimeoutError:
        raise Unavailable(f"ingest did not answer within {SECONDS:g} s") from None
    return settle(chunk, ((each.index, each.result) for each in answer.exceptions))

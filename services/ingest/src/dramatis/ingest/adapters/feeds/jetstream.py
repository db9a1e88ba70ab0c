"""Bluesky's Jetstream: a WebSocket of all public posts, from any recent moment on."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from dramatis.core.errors import DramatisError, Exhausted, Unavailable
from dramatis.ingest.adapters.feeds.gather import gathered
from dramatis.ingest.adapters.feeds.jetstream_messages import POSTS, Event, read
from dramatis.ingest.domain.feeds.item import Batch

ADDRESS: Final = "wss://jetstream2.us-east.bsky.network/subscribe"
REWIND_US: Final = 5_000_000  # what comes twice is one signal, what is missed is lost
MAX_FRAME_BYTES: Final = 1 << 20
AHEAD: Final = 64  # frames read ahead of us


@dataclass(frozen=True, slots=True)
class Jetstream:
    """A `Source` of all posts in public.

    Attributes:
        address: of the endpoint `subscribe`.
        user_agent: who asks.
        silence_seconds: a server that says nothing for so long is dead; it usually says something
            every few milliseconds.
        connect_seconds: for it to take us in.
    """

    address: str
    user_agent: str
    silence_seconds: float = 60.0
    connect_seconds: float = 15.0

    async def batches(self, cursor: str) -> AsyncGenerator[Batch, None]:
        """See `Source`. The cursor is the microsecond of the last event."""
        query = [("wantedCollections", POSTS), ("maxMessageSizeBytes", str(MAX_FRAME_BYTES))]
        if cursor:
            query.append(("cursor", str(int(cursor) - REWIND_US)))
        try:
            async with (
                self._connect(f"{self.address}?{urlencode(query)}") as socket,
                aclosing(gathered(self._frames(socket))) as batches,
            ):
                async for frames in batches:
                    batch = _batch(frames, cursor)
                    cursor = batch.cursor
                    yield batch
        except (OSError, TimeoutError, WebSocketException) as error:
            raise _failure(error) from None
        raise Unavailable("the server ended the stream", reason="STREAM_ENDED")

    def _connect(self, address: str) -> connect:
        return connect(
            address,
            user_agent_header=self.user_agent,
            compression=None,
            open_timeout=self.connect_seconds,
            close_timeout=1.0,
            max_size=MAX_FRAME_BYTES,
            max_queue=AHEAD,
        )

    async def _frames(self, socket: ClientConnection) -> AsyncIterator[str | bytes]:
        while True:
            try:
                async with asyncio.timeout(self.silence_seconds):
                    frame = await socket.recv()
            except ConnectionClosed as closed:
                if closed.rcvd is not None and closed.rcvd.code in (1000, 1001):
                    return
                raise
            yield frame


def _batch(frames: Sequence[str | bytes], cursor: str) -> Batch:
    events: list[Event] = []
    broken: list[str] = []
    for frame in frames:
        try:
            events.append(read(frame))
        except (ValueError, RecursionError):
            broken.append("broken_frame")
    latest = max((each.time_us for each in events), default=0)
    cursor = str(max(latest, int(cursor or 0))) if events else cursor
    return Batch([each.entry for each in events if each.entry], cursor, broken)


def _failure(error: Exception) -> DramatisError:
    if isinstance(error, TimeoutError):
        return Unavailable("the server says nothing", reason="TIMEOUT")
    if isinstance(error, InvalidStatus) and error.response.status_code == 429:
        return Exhausted("asked too often", reason="RATE_LIMITED", retry_after_seconds=60.0)
    kind = type(error).__name__
    return Unavailable(f"the connection failed: {kind}", reason="UNREACHABLE")

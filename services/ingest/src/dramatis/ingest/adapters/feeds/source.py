"""The shape of every connector's protocol part."""

from collections.abc import AsyncGenerator
from typing import Protocol

from dramatis.ingest.domain.feeds.item import Batch


class Source(Protocol):
    """Speaks one protocol."""

    def batches(self, cursor: str) -> AsyncGenerator[Batch, None]:
        """Yields what is new after the cursor, for ever; waits as long as is polite between.

        A batch is asked for only after the one before was taken in. Empty batches say that the
        source was reached.

        Raises:
            Unavailable, Exhausted: the source cannot be read now; try from the last cursor, not
                before the error's `retry_after_seconds`.
        """
        ...

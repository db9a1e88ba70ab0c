"""What ingest says of the items of a chunk."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from dramatis.api.common.v1 import item_pb2
from dramatis.cli.bulk.ports import Chunk, Done, Fate, Reject
from dramatis.core.errors import Exhausted

FATES: Final = {
    item_pb2.ITEM_OUTCOME_ACCEPTED: Fate.ACCEPTED,
    item_pb2.ITEM_OUTCOME_DUPLICATE: Fate.DUPLICATE,
    item_pb2.ITEM_OUTCOME_REJECTED: Fate.REJECTED,
    item_pb2.ITEM_OUTCOME_QUARANTINED: Fate.QUARANTINED,
}
RETRYABLE: Final = frozenset({8, 14})
"""RESOURCE_EXHAUSTED and UNAVAILABLE, as codes of google.rpc.Code."""


def settle(chunk: Chunk, exceptions: Iterable[tuple[int, item_pb2.ItemResult]]) -> Done:
    """The chunk with the fate of each row; those that are not excepted were accepted.

    Raises:
        Exhausted: some are to be sent again later, with the rest of the chunk.
    """
    fates = Counter({Fate.SKIPPED: chunk.skipped, Fate.REJECTED: len(chunk.rejects)})
    fates[Fate.ACCEPTED] = len(chunk.items)
    rejects = list(chunk.rejects)
    for index, result in exceptions:
        if result.error.code in RETRYABLE:
            raise Exhausted(result.error.message, reason=result.error.reason)
        fate = FATES[result.outcome]
        fates[Fate.ACCEPTED] -= 1
        fates[fate] += 1
        if fate in {Fate.REJECTED, Fate.QUARANTINED}:
            row, error = chunk.rows[index], result.error
            path = error.metadata.get("field", "").partition("].")[2]
            rejects.append(Reject(row.place.row, row.line, path, error.reason, error.message))
    return Done(chunk, fates, sorted(rejects, key=lambda each: each.row))

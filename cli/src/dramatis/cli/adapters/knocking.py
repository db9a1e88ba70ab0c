"""Events that were set aside, handed to ingest once more."""

from collections.abc import Callable, Sequence
from typing import Final

from google.protobuf.message import DecodeError

from dramatis.api.common.v1 import event_pb2, item_pb2
from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.cli.adapters.clients import IngestConnection

IN: Final = frozenset({item_pb2.ITEM_OUTCOME_ACCEPTED, item_pb2.ITEM_OUTCOME_DUPLICATE})
UNREADABLE: Final = "UNREADABLE"


class Door:
    """Ingest, for several tenants.

    Args:
        address: host:port.
        key_of: the API key of a tenant.
    """

    def __init__(self, address: str, key_of: Callable[[str], str]) -> None:
        self._address, self._key_of = address, key_of

    async def knock(self, tenant: str, request_id: str, values: Sequence[bytes]) -> Sequence[str]:
        """Why each event was not let in; "" for those that were.

        Raises:
            Invalid: there is no key of the tenant.
            DramatisError: what ingest says of the call as a whole.
        """
        events = [_event(value) for value in values]
        sound = [event for event in events if event is not None]
        if not sound:
            return [UNREADABLE] * len(values)
        request = ingest_pb2.PublishEventsRequest(request_id=request_id, events=sound)
        async with IngestConnection(self._address, self._key_of(tenant)) as connection:
            answer = await connection.call(connection.stub.PublishEvents, request)
        results = iter(answer.results)
        return [UNREADABLE if event is None else _why(next(results)) for event in events]


def _event(value: bytes) -> event_pb2.Event | None:
    try:
        return event_pb2.Event.FromString(value)
    except DecodeError:
        return None


def _why(result: item_pb2.ItemResult) -> str:
    return "" if result.outcome in IN else result.error.reason

"""Payloads of records as people can read them."""

from typing import Any, Final

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from dramatis.api.common.v1 import campaign_pb2, consent_pb2, event_pb2, signal_pb2
from dramatis.api.optimizer.v1 import optimizer_pb2
from dramatis.api.persona.v1 import persona_pb2, snapshot_pb2
from dramatis.api.simulator.v1 import simulator_pb2
from dramatis.cli.adapters.shown import as_data

KNOWN: Final = (
    campaign_pb2, consent_pb2, event_pb2, signal_pb2, optimizer_pb2, persona_pb2, snapshot_pb2,
    simulator_pb2,
)  # fmt: skip
"""Imported so that the pool knows their messages."""
SHOWN_BYTES: Final = 256


def readable(type_name: str, value: bytes) -> dict[str, Any]:
    """The message in a payload; its first bytes in hexadecimal where it cannot be read."""
    try:
        message_type = descriptor_pool.Default().FindMessageTypeByName(type_name)
        return as_data(message_factory.GetMessageClass(message_type).FromString(value))
    except (KeyError, DecodeError):
        return {"unreadable": type_name, "bytes": len(value), "begin": value[:SHOWN_BYTES].hex()}

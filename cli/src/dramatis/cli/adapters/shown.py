"""Messages of the contract as data that people can read."""

from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message


def as_data(message: Message) -> dict[str, Any]:
    """Names as in the contract, enums by name, times as text."""
    return MessageToDict(message, preserving_proto_field_name=True)

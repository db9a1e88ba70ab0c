"""What is kept of an item that could not be used: enough to see why, no address of anybody.

Of names that are known to hold neither addresses nor words of people the values stay; of all
others only their kind does.
"""

import json
from typing import Any, Final

from dramatis.ingest.adapters.edge.messages import CAMPAIGN, DECISION, RECIPIENT
from dramatis.ingest.domain.addresses import is_email

MAX_ITEMS: Final = 50
MAX_TEXT: Final = 128
MAX_DEPTH: Final = 4
KEPT: Final = frozenset(
    {
        RECIPIENT, CAMPAIGN, DECISION,
        "event", "type", "timestamp", "sg_event_id", "sg_message_id", "sg_machine_open",
        "id", "severity", "message-id",
        "RecordType", "Type", "MessageID", "ID", "DeliveredAt", "BouncedAt", "ReceivedAt",
        "ChangedAt", "SuppressSending",
        "eventType", "notificationType", "messageId", "bounceType",
    }
)  # fmt: skip


def of(item: Any) -> bytes:
    """What is kept of an item, as JSON."""
    return json.dumps(_keep(item, MAX_DEPTH, known=False)).encode()


def _keep(value: Any, depth: int, *, known: bool) -> Any:
    if isinstance(value, dict) and depth:
        pairs = list(value.items())[:MAX_ITEMS]
        return {_word(name): _keep(each, depth - 1, known=name in KEPT) for name, each in pairs}
    if isinstance(value, list) and depth:
        return [_keep(each, depth - 1, known=known) for each in value[:MAX_ITEMS]]
    if isinstance(value, dict | list) or not known:
        return f"<{type(value).__name__}>"
    return _word(value) if isinstance(value, str) else value


def _word(text: str) -> str:
    return "<address>" if is_email(text) else text[:MAX_TEXT]

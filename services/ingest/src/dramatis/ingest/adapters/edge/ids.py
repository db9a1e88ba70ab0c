"""Ids of events that their senders did not name as we do."""

import hashlib
import json

from dramatis.ingest.adapters.event_schema import MAX_ID

_DIGEST_BYTES = 16


def of(source: str, *parts: object) -> str:
    """The same id for the same parts, whatever they are; says where they are from.

    >>> of("postmark", "Open", "m1") == of("postmark", "Open", "m1")
    True
    """
    written = json.dumps(parts, sort_keys=True).encode()
    return f"{source}:{hashlib.blake2b(written, digest_size=_DIGEST_BYTES).hexdigest()}"


def given(source: str, name: str) -> str:
    """The id that somebody gave, where it may be one; else a digest of it.

    >>> given("sendgrid", "a1"), given("", "b2")
    ('sendgrid:a1', 'b2')
    """
    whole = f"{source}:{name}" if source else name
    return whole if len(whole) <= MAX_ID and "\0" not in whole else of(source or "id", name)

"""Records about recipients as they lie in the log: pseudonyms outside, all else under a seal.

Outside: topic, the key `tenant/pseudonym`, a pseudonym of the event id, and headers that name
nobody. Under the seal: the key, the event id, all other headers and the value, as they were.
"""

import json
from dataclasses import replace
from struct import Struct
from typing import Final

from dramatis.core.errors import Invalid
from dramatis.runtime import topics
from dramatis.runtime.event_log import Headers, NewRecord, Record
from dramatis.runtime.keyring import cipher
from dramatis.runtime.keyring.names import Names, Who

SEALED: Final = "dramatis_sealed"
"""Header of what lies under a seal."""
BROKEN: Final = "dramatis_unreadable"
"""Header of what could not be opened: passed on as it is, for people to look at."""
TOMBSTONE: Final = "~"
"""Before the pseudonym in the key of a record that says: this recipient is forgotten."""

_CLEAR: Final = frozenset(
    {"ce_specversion", "ce_type", "ce_source", "ce_time", "content-type", "traceparent",
     "tracestate", "dramatis_reason", "dramatis_group", "dramatis_topic", "dramatis_partition",
     "dramatis_offset"}
)  # fmt: skip
_KEY, _EVENT, _ID = "dramatis_key", "dramatis_event_id", "ce_id"
_LENGTHS: Final = Struct(">HHI")
MOST: Final = 0xFFFF
"""Longest key and event id, in bytes."""


def key_about(record: NewRecord | Record) -> str:
    """The key that says whom a record is about; empty where it is about nobody.

    A dead letter is about whom the record was that it is made of.
    """
    if record.topic in topics.PERSONAL:
        return record.key
    if record.topic == topics.DEAD_LETTERS.name:
        source = record.headers.get("dramatis_topic", "")
        return record.headers.get(_KEY, "") if source in topics.PERSONAL else ""
    return ""


def who(names: Names, key: str) -> Who:
    """The tenant and the pseudonym of the recipient in a key `tenant/recipient`."""
    tenant, _, recipient_id = key.partition("/")
    return tenant, names.pseudonym(tenant, recipient_id)


def seal(record: NewRecord, about: Who, key: bytes, names: Names) -> NewRecord:
    """The record as it is written.

    Args:
        record: as the service made it.
        about: whom it is about.
        key: of the recipient.
        names: for the pseudonym of its event id.

    Raises:
        Invalid: key or event id is too long.
    """
    outer_key, event_id, headers, hidden = _outside(record, about, names)
    place = _place(record.topic, outer_key, about, event_id)
    value = cipher.seal(key, _pack(record, hidden), place)
    return NewRecord(record.topic, outer_key, event_id, value, headers)


def bury(record: NewRecord, about: Who, names: Names) -> NewRecord:
    """What is written of a record about somebody who was erased: that there was one.

    In a compacted topic it is the tombstone.
    """
    key, event_id, headers, _ = _outside(record, about, names)
    return NewRecord(record.topic, key, event_id, b"", headers)


def _outside(
    record: NewRecord, about: Who, names: Names
) -> tuple[str, str, dict[str, str], dict[str, str]]:
    """Key, event id and headers of the outside of a record, and the headers that belong inside."""
    tenant, pseudonym = about
    key, event_id = f"{tenant}/{pseudonym}", names.event(tenant, record.event_id)
    headers, hidden = {SEALED: "1"}, {}
    for name, text in record.headers.items():
        if name in _CLEAR:
            headers[name] = text
        elif name == _ID:
            headers[_ID] = event_id
            if text != record.event_id:
                hidden[_ID] = text
        else:
            hidden[name] = text
    if record.topic in topics.PERSONAL:
        return key, event_id, headers, hidden
    headers[_KEY] = key
    return record.key, event_id, headers, hidden


def who_sealed(record: Record) -> Who:
    """Whom a sealed record is about."""
    key = record.key if record.topic in topics.PERSONAL else record.headers.get(_KEY, "")
    tenant, _, pseudonym = key.partition("/")
    return tenant, pseudonym


def unseal(record: Record, about: Who, key: bytes) -> Record:
    """The record as the service made it, where it now lies.

    Raises:
        Damaged: it is not what was sealed.
    """
    place = _place(record.topic, record.key, about, record.event_id)
    inside = cipher.unseal(key, record.value, place)
    return _unpack(record, inside)


def tombstone(record: Record, about: Who) -> Record:
    """The record that says of somebody: forgotten."""
    tenant, pseudonym = about
    headers = {name: text for name, text in record.headers.items() if name != SEALED}
    return replace(record, key=f"{tenant}/{TOMBSTONE}{pseudonym}", value=b"", headers=headers)


def broken(record: Record, error: Invalid) -> Record:
    """The record as it lies there, and why it could not be opened."""
    return replace(record, headers=_renamed(record.headers, SEALED, BROKEN), fault=error)


def restored(record: NewRecord) -> NewRecord:
    """A record about nobody as it is; one that could not be opened, back in its topic, sealed."""
    if BROKEN not in record.headers or record.topic not in topics.PERSONAL:
        return record
    return replace(record, headers=_renamed(record.headers, BROKEN, SEALED))


def _renamed(headers: Headers, before: str, after: str) -> Headers:
    return {after if name == before else name: text for name, text in headers.items()}


def _place(topic: str, key: str, about: Who, event_id: str) -> bytes:
    """What a value is sealed for: it opens in no other topic, for nobody else, as nothing else."""
    return f"{topic}\0{key}\0{about[0]}/{about[1]}\0{event_id}".encode()


def _pack(record: NewRecord, hidden: Headers) -> bytes:
    """Everything of a record but its topic and its clear headers."""
    key, event_id = record.key.encode(), record.event_id.encode()
    if len(key) > MOST or len(event_id) > MOST:
        raise Invalid(f"key and event id have at most {MOST:,} bytes", field="key")
    headers = json.dumps(hidden).encode() if hidden else b""
    lengths = _LENGTHS.pack(len(key), len(event_id), len(headers))
    return b"".join((lengths, key, event_id, headers, record.value))


def _unpack(record: Record, inside: bytes) -> Record:
    keys, ids, heads = _LENGTHS.unpack_from(inside)
    ids += (start := _LENGTHS.size + keys)
    heads += ids
    event_id = inside[start:ids].decode()
    headers = dict(record.headers)
    del headers[SEALED]
    if _ID in headers:
        headers[_ID] = event_id
    if heads > ids:
        headers |= json.loads(inside[ids:heads])
    key = (
        record.key
        if record.topic not in topics.PERSONAL
        else inside[_LENGTHS.size : start].decode()
    )
    return Record(
        record.topic, record.partition, record.offset, record.time, key, event_id,
        inside[heads:], headers,
    )  # fmt: skip

"""What release 0.1.0 wrote into the log's file about recipients, brought under a seal.

A compacted topic must be: its newest record of a key takes the place of the one before, and with
pseudonyms the keys are others. Records of the other topics stay as they are; they can be read.
"""

from collections.abc import Sequence

from dramatis.runtime import sealed_record, topics
from dramatis.runtime.event_log import EventLog, NewRecord, Record
from dramatis.runtime.keyring.ring import Keyring
from dramatis.runtime.sealed_log import SealedLog
from dramatis.runtime.sqlite_log import SqliteLog

AT_ONCE = 500
TOPIC = topics.CONSENTS.name


async def seal(inner: EventLog, keyring: Keyring) -> int:
    """Seals what is not yet sealed in `consents`; several processes may do so at once.

    Returns:
        How many records that were.

    Raises:
        Unavailable: log or keys cannot be used; what was done stays done.
    """
    done = 0
    if isinstance(inner, SqliteLog):
        while old := await inner.lacking(TOPIC, sealed_record.SEALED, AT_ONCE):
            await _replace(inner, keyring, old)
            done += len(old)
    return done


async def _replace(inner: SqliteLog, keyring: Keyring, old: Sequence[Record]) -> None:
    """A record that was written since then, with pseudonyms, is the newer one."""
    keys = {each.key: "/".join(sealed_record.who(keyring.names, each.key)) for each in old}
    for each in old:
        if not each.value:  # that release erased them: its own ledger tells no pseudonym
            tenant, _, recipient_id = each.key.partition("/")
            await keyring.erase(tenant, recipient_id, each.time)
    newer = await inner.held(TOPIC, keys.values())
    left = [
        NewRecord(each.topic, each.key, each.event_id, each.value, each.headers)
        for each in old
        if keys[each.key] not in newer
    ]
    if left:
        await SealedLog(inner, keyring).append(left)
    await inner.remove(old)

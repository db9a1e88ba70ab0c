"""Pseudonyms for the rows that release 0.1.0 wrote, once."""

from sqlalchemy import bindparam, select, update

from dramatis.persona.adapters.tables import NAMED, RECIPIENTS, UNPROFILED
from dramatis.runtime import seen_events
from dramatis.runtime.database import Transaction
from dramatis.runtime.keyring.names import Names


def name_all(tx: Transaction, names: Names) -> None:
    """Recipients, those who may not be profiled, and events that were seen; or does nothing."""
    if tx.scalar(select(NAMED.c.only_row)) is not None:
        return
    _name_recipients(tx, names)
    _name_unprofiled(tx, names)
    _name_events(tx, names)
    tx.execute(NAMED.insert(), {"only_row": 1})


def _name_recipients(tx: Transaction, names: Names) -> None:
    at = RECIPIENTS.c
    found = tx.execute(select(at.tenant, at.recipient_id)).all()
    mine = (at.tenant == bindparam("whose"), at.recipient_id == bindparam("who"))
    if found:
        tx.execute(
            update(RECIPIENTS).where(*mine).values(pseudonym=bindparam("name")),
            [{"whose": t, "who": r, "name": names.pseudonym(t, r)} for t, r in found],
        )


def _name_unprofiled(tx: Transaction, names: Names) -> None:
    """Until now their own ids are where the pseudonyms belong."""
    found = tx.execute(select(UNPROFILED)).all()
    tx.execute(UNPROFILED.delete())
    if found:
        tx.execute(
            UNPROFILED.insert(),
            [
                {"tenant": t, "pseudonym": names.pseudonym(t, who), "erased": erased}
                for t, who, erased in found
            ],
        )


def _name_events(tx: Transaction, names: Names) -> None:
    """Until now they are called tenant/event."""
    table = seen_events.TABLE
    found = tx.execute(select(table.c.event_id, table.c.seen_at)).all()
    tx.execute(table.delete())
    named = {names.event(*each.partition("/")[::2]): seen_at for each, seen_at in found}
    if named:
        tx.execute(
            table.insert(), [{"event_id": each, "seen_at": time} for each, time in named.items()]
        )

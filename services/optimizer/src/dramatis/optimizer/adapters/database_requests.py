"""Which requests came before, and what each was about; kept in the transaction of the effect."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, select

from dramatis.core.request import Request, reused
from dramatis.optimizer.adapters.tables import REQUESTS
from dramatis.runtime.database import Transaction

LENGTH_0_1_0: Final = 64
"""Of the digests of release 0.1.0, which were made in another way: such a one matches anything."""


def find(tx: Transaction, request: Request) -> str | None:
    """What the request was about when it came before; None if it never did.

    Raises:
        Invalid: the id was used for something else.
    """
    at = REQUESTS.c
    mine = select(at.digest, at.subject).where(
        at.tenant == request.tenant,
        at.method == request.method,
        at.request_id == request.request_id,
    )
    row = tx.execute(mine).one_or_none()
    if row is None:
        return None
    if row.digest != request.digest.hex() and len(row.digest) != LENGTH_0_1_0:
        raise reused()
    return str(row.subject)


def keep(tx: Transaction, request: Request, subject: str, now: datetime) -> None:
    """From now on the request came before."""
    row = {
        "tenant": request.tenant,
        "method": request.method,
        "request_id": request.request_id,
        "digest": request.digest.hex(),
        "subject": subject,
        "asked_at": now,
    }
    tx.execute(REQUESTS.insert(), row)


def forget(tx: Transaction, before: datetime) -> int:
    """Drops the requests that came before then and returns how many."""
    return tx.execute(delete(REQUESTS).where(REQUESTS.c.asked_at < before)).rowcount

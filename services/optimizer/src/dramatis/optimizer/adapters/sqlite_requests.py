"""Which requests came before, and what each was about; kept in the transaction of the effect."""

from dramatis.core.request import Request, reused
from dramatis.runtime.sqlite import Transaction

SCHEMA = """
CREATE TABLE requests (
    tenant TEXT NOT NULL,
    method TEXT NOT NULL,
    request_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (tenant, method, request_id)
) WITHOUT ROWID;
"""


def find(tx: Transaction, request: Request) -> str | None:
    """What the request was about when it came before; None if it never did.

    Raises:
        Invalid: the id was used for something else.
    """
    row = tx.execute(
        "SELECT digest, subject FROM requests WHERE tenant = ? AND method = ? AND request_id = ?",
        (request.tenant, request.method, request.request_id),
    ).fetchone()
    if row is None:
        return None
    return check(request, row[0], row[1])


def keep(tx: Transaction, request: Request, subject: str) -> None:
    """From now on the request came before."""
    tx.execute(
        "INSERT INTO requests VALUES (?, ?, ?, ?, ?)",
        (request.tenant, request.method, request.request_id, request.digest.hex(), subject),
    )


def check(request: Request, digest: str, subject: str) -> str:
    """The subject, if the digest kept is the request's.

    Raises:
        Invalid: it is another.
    """
    if digest != request.digest.hex():
        raise reused()
    return subject

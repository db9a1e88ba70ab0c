"""Admission of what recipients say about the use of their data."""

from dramatis.core.errors import Invalid
from dramatis.ingest.domain.addresses import is_email
from dramatis.ingest.domain.incoming import Statement
from dramatis.ingest.domain.refusals import erased, raw_address
from dramatis.ingest.domain.rules import Setting
from dramatis.ingest.domain.verdict import ACCEPTED, Verdict, rejected


def judge(statement: Statement | Invalid, setting: Setting) -> Verdict:
    """Whether a statement counts. An `Invalid` stands for one that cannot be read."""
    if isinstance(statement, Invalid):
        return rejected("schema", statement)
    if statement.consent.time - setting.now > setting.limits.max_ahead:
        return rejected("clock", _from_future())
    if statement.recipient_id in setting.known.erased:
        return rejected("consent", erased())
    if is_email(statement.recipient_id):
        return rejected("minimise", raw_address("recipient_id"))
    return ACCEPTED


def _from_future() -> Invalid:
    """It would hold against everything that is said until then, so it cannot be let in."""
    return Invalid(
        "consent_time is ahead of our clock", reason="CONSENT_FROM_FUTURE", field="consent_time"
    )

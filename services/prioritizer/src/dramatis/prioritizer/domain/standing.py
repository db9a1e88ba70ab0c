"""What a recipient's own words allow, as bits, so that many recipients fit into memory.

Statements from different places are joined with `|`: a denial from anywhere is never undone by a
grant from elsewhere.
"""

from collections.abc import Iterable
from enum import IntFlag

from dramatis.core.arrays import Indices, Mask
from dramatis.core.consent import Consent, ConsentState, Purpose, verdict


class Standing(IntFlag):
    """Bits of one recipient's standing; none set: nothing was ever said."""

    GRANTED = 1
    """Marketing was agreed to."""
    DENIED = 2
    """Marketing was refused, or agreed to and taken back."""
    UNPROFILED = 4
    """Profiling was refused: only averages may be used."""
    LISTED = 8
    """On a suppression list: unsubscribed or complained after the last word on marketing."""
    ERASED = 16
    """Forgotten on request: nothing may be sent, and nothing kept."""


_REFUSED = (ConsentState.DENIED, ConsentState.WITHDRAWN)


def standing(consents: Iterable[Consent]) -> Standing:
    """What the statements of one recipient come to.

    >>> from datetime import UTC, datetime
    >>> day = datetime(2026, 1, 1, tzinfo=UTC)
    >>> standing([Consent(Purpose.MARKETING, ConsentState.WITHDRAWN, day)])
    <Standing.DENIED: 2>
    """
    said = tuple(consents)
    marketing = verdict(said, Purpose.MARKETING)
    result = Standing(0)
    if marketing is ConsentState.GRANTED:
        result |= Standing.GRANTED
    elif marketing in _REFUSED:
        result |= Standing.DENIED
    if verdict(said, Purpose.PROFILING) in _REFUSED:
        result |= Standing.UNPROFILED
    return result


def permitted(bits: Indices) -> Mask:
    """[R] whether marketing may be sent: it was agreed to, and nothing says otherwise.

    Args:
        bits: [R] of `Standing`.
    """
    asked = int(Standing.GRANTED | Standing.DENIED)
    result: Mask = (bits & asked) == int(Standing.GRANTED)
    return result


def holds(bits: Indices, which: Standing) -> Mask:
    """[R] whether a bit is set."""
    result: Mask = (bits & int(which)) != 0
    return result

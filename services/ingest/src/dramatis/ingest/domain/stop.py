"""Messages that say: write to me no more. Each is a statement about marketing."""

from datetime import datetime

from dramatis.core.consent import Consent, ConsentState, Purpose
from dramatis.ingest.domain.incoming import IncomingEvent


def statement(event: IncomingEvent, now: datetime) -> Consent:
    """The consent that a stop event implies, from the moment that it happened.

    That is now at the latest: from the future it would hold against all that is said until then.
    Where the event does not say when in a way that makes sense, it is now.
    """
    time = now if event.fault else min(event.time, now)
    return Consent(Purpose.MARKETING, ConsentState.DENIED, time, source=event.stop)

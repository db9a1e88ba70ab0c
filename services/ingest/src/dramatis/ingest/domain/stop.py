"""Messages that say: write to me no more. Each is a statement about marketing."""

from dramatis.core.consent import Consent, ConsentState, Purpose
from dramatis.ingest.domain.incoming import IncomingEvent


def statement(event: IncomingEvent) -> Consent:
    """The consent that a stop event implies, from the moment that it happened."""
    return Consent(Purpose.MARKETING, ConsentState.DENIED, event.time, source=event.stop)

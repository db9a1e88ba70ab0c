"""What signatures have in common: a wrong one, an old one, and one that was used before."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dramatis.core.errors import Refused


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the time of a signature may be from ours.

    Attributes:
        max_age: providers send again for up to a day, some with the first signature. What comes
            twice has one effect, so this need not be short.
        max_ahead: how far the provider's clock may run ahead.
    """

    max_age: timedelta = timedelta(hours=25)
    max_ahead: timedelta = timedelta(minutes=5)

    def check(self, seconds: str, now: datetime) -> None:
        """Raises Refused where a time, in seconds from 1970, is too far from now."""
        try:
            self.check_time(datetime.fromtimestamp(int(seconds), UTC), now)
        except (ValueError, OverflowError, OSError):
            raise _stale() from None

    def check_time(self, signed: datetime, now: datetime) -> None:
        """Raises Refused where a time is too far from now."""
        if not -self.max_ahead <= now - signed <= self.max_age:
            raise _stale()


class BadSignature(Refused):
    """The request is not from whom it says, or not as it was written."""

    default_reason = "BAD_SIGNATURE"


def bad_signature(provider: str) -> BadSignature:
    """Why a request is refused; says no more, or a forger would learn from it."""
    return BadSignature(f"this was not signed by {provider} with the key that is set here")


def _stale() -> BadSignature:
    return BadSignature("the time of the signature is too far from now", reason="STALE_SIGNATURE")


class Tokens:
    """Tokens that were used, with what: a signature that does not cover the body is good once.

    Knows the newest `most`; what comes again under a forgotten one still has the same event id.
    """

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._used: OrderedDict[str, bytes] = OrderedDict()

    def use(self, token: str, digest: bytes) -> bool:
        """Whether the token may stand for this body: it is new, or stood for the same before."""
        known = self._used.setdefault(token, digest)
        self._used.move_to_end(token)
        if len(self._used) > self._most:
            self._used.popitem(last=False)
        return known == digest

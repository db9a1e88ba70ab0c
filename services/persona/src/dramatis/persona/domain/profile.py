"""What is known of one recipient, folded from what happened to them.

The order of one recipient's events is that of the log; attributes are kept by the time of the
event, so that a late one changes nothing that is newer. A value that has ended still stands before
what is older than itself: it is unknown, and so it stays.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from dramatis.core.attributes import Attribute, Attributes
from dramatis.core.campaign import MICROS
from dramatis.core.happening import Changed, Exposed, Happening, Responded

MOST_MICROS: Final = 2**63 - 1
"""What the stores and the arrays can hold: impossible orders end here instead of breaking them."""


@dataclass(frozen=True, slots=True)
class Known:
    """An attribute's newest value.

    Attributes:
        attribute: the value; None where it was removed, or has ended.
        time: of the event that told it, seconds since 1970.
        ends: when it ends to be known, seconds since 1970; None: never.
    """

    attribute: Attribute | None
    time: float
    ends: float | None = None

    def at(self, now: float) -> Attribute | None:
        """The value at a moment, seconds since 1970; None where it is unknown."""
        return None if self.ends is not None and self.ends <= now else self.attribute


@dataclass(frozen=True, slots=True)
class Exposure:
    """One recipient and one campaign.

    Attributes:
        sent: whether it was sent, or deliberately held out for `CONTROL`; False where only a
            response came so far: it is not counted before the send comes too.
        last_time: of the newest send, seconds since 1970.
        stages: sum of 1 << stage over the stages reached.
        amount_micros: of all conversions, at most `MOST_MICROS`.
    """

    sent: bool = False
    last_time: float = 0.0
    stages: int = 0
    amount_micros: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """One recipient: attributes by name, exposures by campaign."""

    known: Mapping[str, Known] = field(default_factory=dict)
    exposures: Mapping[str, Exposure] = field(default_factory=dict)

    def attributes(self, now: float) -> Attributes:
        """What is known at a moment, seconds since 1970."""
        return {name: found for name, k in self.known.items() if (found := k.at(now)) is not None}


EMPTY: Final = Profile()


def fold(profile: Profile, happenings: Iterable[Happening]) -> Profile:
    """The profile after these happenings, in their order.

    >>> from datetime import UTC, datetime
    >>> day = datetime(2026, 1, 1, tzinfo=UTC)
    >>> sent = Happening("t", "e1", "r", day, Exposed("a"))
    >>> fold(EMPTY, [sent]).exposures["a"].sent
    True
    """
    for happening in happenings:
        seconds = happening.time.timestamp()
        match happening.meaning:
            case Changed() as changed:
                known = _changed(profile.known, changed, seconds)
                profile = Profile(known, profile.exposures)
            case Exposed(campaign_id):
                profile = _exposed(profile, campaign_id, seconds)
            case Responded() as responded:
                profile = _responded(profile, responded)
    return profile


def drop_ended(known: Mapping[str, Known], now: float) -> Mapping[str, Known]:
    """The same without the values that have ended; it reads the same from then on."""
    return {
        name: each if each.at(now) is each.attribute else Known(None, each.time)
        for name, each in known.items()
    }


def first_end(known: Mapping[str, Known]) -> float | None:
    """When the first of the values ends, seconds since 1970; None if none does."""
    return min((each.ends for each in known.values() if each.ends is not None), default=None)


def _changed(known: Mapping[str, Known], changed: Changed, seconds: float) -> Mapping[str, Known]:
    new: dict[str, Attribute | None] = {**dict.fromkeys(changed.removed), **changed.attributes}
    fresh = {
        name: Known(attribute, seconds, _seconds(changed.ends.get(name)))
        for name, attribute in new.items()
        if name not in known or known[name].time <= seconds
    }
    return {**known, **fresh}


def _seconds(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


def _exposed(profile: Profile, campaign_id: str, seconds: float) -> Profile:
    before = profile.exposures.get(campaign_id, Exposure())
    last_time = max(before.last_time, seconds)
    after = Exposure(True, last_time, before.stages, before.amount_micros)
    return Profile(profile.known, {**profile.exposures, campaign_id: after})


def _responded(profile: Profile, responded: Responded) -> Profile:
    campaign_id = responded.campaign_id or _last(profile)
    if not campaign_id:
        return profile
    before = profile.exposures.get(campaign_id, Exposure())
    stages = before.stages | 1 << responded.stage
    micros = min(before.amount_micros + round(responded.amount * MICROS), MOST_MICROS)
    after = Exposure(before.sent, before.last_time, stages, micros)
    return Profile(profile.known, {**profile.exposures, campaign_id: after})


def _last(profile: Profile) -> str:
    """The campaign sent last; "" where none was. Of several at one time, the last by name."""
    sent = [(e.last_time, campaign) for campaign, e in profile.exposures.items() if e.sent]
    return max(sent)[1] if sent else ""

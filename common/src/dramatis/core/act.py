"""What a recipient did, or what was done to them: the part of an event that features are made of.

`core.happening` keeps what posteriors need of an event; this keeps when, where and about what.
"""

from dataclasses import dataclass
from enum import StrEnum


class ActKind(StrEnum):
    """What was done. Machine opens, custom events and sends that were held out are none of them."""

    SENT = "sent"
    OPENED = "opened"
    CLICKED = "clicked"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"
    BROWSED = "browsed"
    LOOKED = "looked at a product"
    CARTED = "put into the cart"
    ORDERED = "ordered"
    REFUNDED = "was paid back"
    SUPPORT = "turned to support"
    SOCIAL = "spoke in public"


@dataclass(frozen=True, slots=True)
class Act:
    """One act; what is not known of it is empty or None.

    Attributes:
        kind: what.
        campaign_id: what was sent, or what it answers.
        session_id: the tenant's own.
        device: such as "phone".
        daypart: "night", "morning", "afternoon" or "evening" where the recipient is.
        hour: of the day where the recipient is, 0..23.
        categories: of what it was about.
        amount_micros: paid or paid back, >= 0.
        sentiment: -1 (bad) .. 1 (good).
    """

    kind: ActKind
    campaign_id: str = ""
    session_id: str = ""
    device: str = ""
    daypart: str = ""
    hour: int | None = None
    categories: tuple[str, ...] = ()
    amount_micros: int = 0
    sentiment: float | None = None

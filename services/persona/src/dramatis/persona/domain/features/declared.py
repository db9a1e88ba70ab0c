"""Every feature, declared once. To add one, add an entry; a new kind is a class beside the others.

Acts do not weigh the same: to put something into the cart says more than to look at it.
"""

import hashlib
from dataclasses import fields
from typing import Final

from dramatis.core.act import ActKind
from dramatis.persona.domain.features.answers import Fatigue, ResponseRates
from dramatis.persona.domain.features.feature import Feature
from dramatis.persona.domain.features.sessions import SessionVelocity
from dramatis.persona.domain.features.shares import Shares, StimulusShares
from dramatis.persona.domain.features.simple import Count, Frequency, Mood, Recency, Spend

REVISION: Final = 1
"""Counted up when a kind of feature is computed in another way."""

ORDER: Final = {ActKind.ORDERED: 1.0}
MONEY: Final = {ActKind.ORDERED: 1.0, ActKind.REFUNDED: 1.0}
VISIT: Final = {ActKind.BROWSED: 1.0, ActKind.LOOKED: 1.0, ActKind.CARTED: 1.0}
ANSWER: Final = {ActKind.OPENED: 1.0, ActKind.CLICKED: 1.0, ActKind.ORDERED: 1.0}
ANSWERABLE: Final = {ActKind.SENT: 1.0, **ANSWER}
INTEREST: Final = {**VISIT, ActKind.CARTED: 3.0, ActKind.ORDERED: 5.0}
PRESENCE: Final = {ActKind.OPENED: 1.0, ActKind.CLICKED: 1.0, **VISIT, ActKind.ORDERED: 1.0}

FEATURES: Final[tuple[Feature, ...]] = (
    Recency(name="order_recency", of=ORDER, unit="days",
            sentence="Since the last order."),
    Recency(name="open_recency", of={ActKind.OPENED: 1.0}, unit="days",
            sentence="Since a message was last opened."),
    Recency(name="click_recency", of={ActKind.CLICKED: 1.0}, unit="days",
            sentence="Since a link was last followed."),
    Recency(name="visit_recency", of=VISIT, unit="days",
            sentence="Since anything was last done on the site or in the app."),
    Count(name="orders", of=ORDER, unit="orders",
          sentence="Ever."),
    Frequency(name="order_frequency", of=ORDER, half_life_days=90, unit="orders",
              sentence="Orders, fading: at one a month about four."),
    Frequency(name="visit_frequency", of=VISIT, half_life_days=30, unit="acts",
              sentence="What was done on the site, fading."),
    Spend(name="spend", of=MONEY, unit="currency units",
          sentence="Paid less paid back, ever."),
    Spend(name="recent_spend", of=MONEY, half_life_days=180, unit="currency units",
          sentence="Paid less paid back, fading."),
    ResponseRates(name="response_rate", of=ANSWERABLE, half_life_days=90, most=16, unit="share",
                  sentence="Of what was sent, opened, clicked and followed by an order."),
    Fatigue(name="fatigue", of=ANSWERABLE, most=32, unit="sends",
            sentence="Sends since the last open, click or order; at most 32 are counted."),
    SessionVelocity(name="session_velocity", of=VISIT, half_life_days=30, most=4,
                    unit="acts a minute", sentence="How fast the recipient goes through the site."),
    Shares(name="category", by="categories", of=INTEREST, half_life_days=90, most=16, unit="share",
           sentence="Which categories interest the recipient."),
    StimulusShares(name="answered", by="campaign_id", words=("brand", "channel"), of=ANSWER,
                   half_life_days=180, most=16, unit="share",
                   sentence="Which brands and channels are answered, by the campaigns' stimuli."),
    Shares(name="daypart", by="daypart", of=PRESENCE, half_life_days=90, most=4, unit="share",
           sentence="When in the day the recipient is there."),
    Shares(name="device", by="device", of=PRESENCE, half_life_days=90, most=8, unit="share",
           sentence="On which devices."),
    Shares(name="send_hour", by="hour", of={ActKind.OPENED: 1.0, ActKind.CLICKED: 2.0},
           half_life_days=180, most=24, unit="share",
           sentence="At which local hours messages are opened and clicked."),
    Mood(name="support_mood", of={ActKind.SUPPORT: 1.0}, half_life_days=180, unit="-1 to 1",
         sentence="How the recipient sounded to support."),
    Mood(name="public_mood", of={ActKind.SOCIAL: 1.0}, half_life_days=90, unit="-1 to 1",
         sentence="How the recipient spoke of the brand in public."),
    Count(name="complaints", of={ActKind.COMPLAINED: 1.0}, unit="complaints",
          sentence="Messages reported as spam, ever."),
)  # fmt: skip


def version() -> str:
    """A digest of the definitions, 8 hexadecimal digits: what others hold is computed otherwise."""
    told = [
        [
            type(each).__name__,
            *(getattr(each, f.name) for f in fields(each) if f.name != "sentence"),
        ]
        for each in FEATURES
    ]
    return hashlib.blake2b(repr((REVISION, told)).encode(), digest_size=4).hexdigest()


VERSION: Final = version()

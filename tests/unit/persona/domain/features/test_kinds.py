"""Each kind of feature against numbers worked out by hand."""

import math
from typing import Any

import pytest

from dramatis.core.act import Act, ActKind
from dramatis.core.attributes import Attribute, AttributeKind
from dramatis.persona.domain.features import decay
from dramatis.persona.domain.features.answers import Fatigue, ResponseRates
from dramatis.persona.domain.features.feature import Feature
from dramatis.persona.domain.features.sessions import SessionVelocity
from dramatis.persona.domain.features.shares import Shares, StimulusShares
from dramatis.persona.domain.features.simple import Count, Frequency, Mood, Recency, Spend

DAY = decay.DAY_SECONDS
START = 20_000 * DAY
ALL = dict.fromkeys(ActKind, 1.0)
WORDS: dict[str, Any] = {"name": "it", "unit": "ones", "sentence": "It."}


def after(feature: Feature, *acts: tuple[Act, float]) -> Any:
    """What is held after acts at those days."""
    held = None
    for act, day in acts:
        held = feature.update(held, act, START + day * DAY)
    return held


def seen(feature: Feature, day: float, *acts: tuple[Act, float], **stimuli: dict[str, str]) -> Any:
    """What is read on a day after them."""
    return feature.read(after(feature, *acts), START + day * DAY, stimuli)


def ordered(units: float, back: bool = False) -> Act:
    kind = ActKind.REFUNDED if back else ActKind.ORDERED
    return Act(kind, amount_micros=round(units * 1e6))


def sent(campaign: str = "a") -> Act:
    return Act(ActKind.SENT, campaign)


def opened(campaign: str = "a") -> Act:
    return Act(ActKind.OPENED, campaign)


def test_sums_halve_and_do_not_overflow() -> None:
    total = decay.add(decay.add(None, 3.0, 0.0, 1), 1.0, DAY, 1)
    assert decay.value(total or 0.0, DAY, 1) == pytest.approx(2.5)
    assert decay.value(total or 0.0, 3 * DAY, 1) == pytest.approx(0.625)
    assert decay.add(total, 0.0, 9 * DAY, 1) == total
    huge = decay.add(decay.add(None, 1.0, 0.0, 1), 1.0, 1e6 * DAY, 1)
    assert decay.value(huge or 0.0, 1e6 * DAY, 1) == 1.0
    assert math.isfinite(decay.value(huge or 0.0, 0.0, 1))


def test_recency_is_of_the_newest_act() -> None:
    recency = Recency(**WORDS, of=ALL)
    assert seen(recency, 5, (ordered(1), 2), (ordered(1), 1)) == {"": 3.0}


def test_counts_and_frequencies() -> None:
    assert seen(Count(**WORDS, of=ALL), 9, (ordered(1), 0), (ordered(1), 0)) == {"": 2.0}
    weighed = Frequency(**WORDS, of={**ALL, ActKind.ORDERED: 4.0}, half_life_days=10)
    assert seen(weighed, 20, (ordered(1), 0), (opened(), 10)) == {"": pytest.approx(1.5)}


def test_spend_has_what_was_paid_back_taken_off() -> None:
    ever, recent = Spend(**WORDS, of=ALL), Spend(**WORDS, of=ALL, half_life_days=10)
    acts = ((ordered(80), 0), (ordered(20), 10), (ordered(50, back=True), 10))
    assert seen(ever, 20, *acts) == {"": 50.0}
    # (80 / 4 + 20 / 2) of which the half was paid back
    assert seen(recent, 20, *acts) == {"": pytest.approx(15.0)}
    assert ever.attributes({"": 50.0}) == {"": Attribute(AttributeKind.AMOUNT, 50.0)}


def test_all_paid_back_is_nothing_spent_never_less() -> None:
    recent = Spend(**WORDS, of=ALL, half_life_days=10)
    assert seen(recent, 9, (ordered(80), 0), (ordered(80, back=True), 9)) == {"": 0.0}
    assert seen(recent, 9, (ordered(5, back=True), 9)) == {"": 0.0}
    assert seen(recent, 9, (ordered(0), 9)) == {"": 0.0}


def test_mood_is_a_mean_of_what_is_known() -> None:
    mood = Mood(**WORDS, of=ALL, half_life_days=10)
    angry, glad, mute = (Act(ActKind.SUPPORT, sentiment=each) for each in (-1.0, 0.5, None))
    # weights 1/2 and 1
    assert seen(mood, 10, (angry, 0), (mute, 1), (glad, 10)) == {"": pytest.approx(0.0)}
    assert seen(mood, 50, (angry, 0)) == {"": -1.0}
    assert after(mood, (mute, 0)) is None


def test_shares_sum_to_one_and_the_greatest_is_the_attribute() -> None:
    shares = Shares(**WORDS, of=ALL, by="categories", most=4, half_life_days=10)
    both, one = (Act(ActKind.LOOKED, categories=each) for each in (("x", "y", "x"), ("y",)))
    found = seen(shares, 30, (both, 0), (one, 10))
    # x: 1/2, y: 1/2 + 1
    assert found == {"x": pytest.approx(0.25), "y": pytest.approx(0.75)}
    assert shares.attributes(found) == {"": Attribute(AttributeKind.CATEGORY, "y")}
    assert after(shares, (Act(ActKind.LOOKED), 0)) is None


def test_labels_that_give_way_stay_in_the_total() -> None:
    shares = Shares(**WORDS, of=ALL, by="categories", most=2, half_life_days=10)
    looked = [(Act(ActKind.LOOKED, categories=(each,)), 0) for each in "aabbbc"]
    assert seen(shares, 0, *looked) == {"a": pytest.approx(1 / 3), "b": pytest.approx(1 / 2)}


def test_an_hour_of_zero_is_known() -> None:
    shares = Shares(**WORDS, of=ALL, by="hour", most=24, half_life_days=10)
    assert seen(shares, 0, (Act(ActKind.OPENED, hour=0), 0)) == {"0": 1.0}


def test_answers_are_shared_out_over_the_words_of_the_campaigns() -> None:
    words = StimulusShares(
        **WORDS, of=ALL, by="campaign_id", words=("brand", "channel"), most=4, half_life_days=10
    )
    acts = ((opened("a"), 0), (opened("b"), 0), (opened("c"), 0), (opened("gone"), 0))
    stimuli = {
        "a": {"channel": "email"}, "b": {"channel": "email", "brand": "us"}, "c": {"channel": "sms"}
    }  # fmt: skip
    found = seen(words, 0, *acts, **stimuli)
    assert found == pytest.approx({"channel.email": 0.5, "brand.us": 0.25, "channel.sms": 0.25})
    assert words.attributes(found) == {
        ".brand": Attribute(AttributeKind.CATEGORY, "us"),
        ".channel": Attribute(AttributeKind.CATEGORY, "email"),
    }


def rates(most: int = 3) -> ResponseRates:
    return ResponseRates(**WORDS, of=ALL, half_life_days=10, most=most)


def test_a_send_is_answered_once_at_each_stage() -> None:
    clicked = Act(ActKind.CLICKED, "b")
    acts = ((sent("a"), 0), (opened("a"), 1), (opened("a"), 2), (sent("b"), 10), (clicked, 10))
    # a counts 1/2, b 1; a click has opened
    assert seen(rates(), 10, *acts) == pytest.approx({"open": 1, "click": 2 / 3, "convert": 0})


def test_nothing_sent_is_no_rate() -> None:
    assert seen(rates(), 0, (opened("a"), 0)) == {}
    assert after(rates(), (opened(""), 0)) is None
    assert after(rates(), (sent(""), 0)) is None


def test_an_answer_may_come_before_its_send() -> None:
    late = seen(rates(), 9, (opened("a"), 2), (sent("b"), 1), (sent("a"), 1))
    assert late == pytest.approx({"open": 0.5, "click": 0, "convert": 0})


def test_an_answer_without_campaign_is_to_the_last_send_of_a_week() -> None:
    acts = ((sent("a"), 0), (sent("b"), 1), (ordered(1), 2))
    assert seen(rates(), 2, *acts)["convert"] == pytest.approx(2**0.1 / (1 + 2**0.1))
    assert seen(rates(), 9, *acts[:2], (ordered(1), 8.5))["convert"] == 0.0


def test_what_is_sent_again_counts_again() -> None:
    acts = ((sent("a"), 0), (opened("a"), 0), (sent("a"), 10))
    assert seen(rates(), 10, *acts)["open"] == pytest.approx(1 / 3)
    assert seen(rates(), 10, *acts, (sent("a"), 0))["open"] == pytest.approx(1 / 4)


def test_sends_that_give_way_keep_their_answers() -> None:
    acts = [(sent("x"), 0), (opened("x"), 0), *((sent(f"c{n}"), n) for n in range(1, 10))]
    few, many = seen(rates(2), 10, *acts), seen(rates(20), 10, *acts)
    assert few == pytest.approx(many)
    assert few["open"] > 0


def test_fatigue_counts_sends_since_the_last_answer() -> None:
    fatigue = Fatigue(**WORDS, of=ALL, most=3)
    acts = ((sent(), 1), (opened(), 2), (sent(), 3), (sent(), 4))
    assert seen(fatigue, 5, *acts) == {"": 2.0}
    assert seen(fatigue, 5, *reversed(acts)) == {"": 2.0}
    assert seen(fatigue, 5, (opened(), 2)) == {}
    assert seen(fatigue, 5, (opened(), 2), (sent(), 1)) == {"": 0.0}
    assert seen(fatigue, 9, *((sent(), n) for n in range(9))) == {"": 3.0}


def test_velocity_is_acts_per_minute_of_sessions() -> None:
    velocity = SessionVelocity(**WORDS, of=ALL, most=1, half_life_days=10)
    minute = 1 / 1440
    first = [(Act(ActKind.BROWSED, session_id="s"), at * minute) for at in (4, 0, 1)]
    assert seen(velocity, 1, *first) == {"": pytest.approx(3 / 4)}
    second = (Act(ActKind.BROWSED, session_id="t"), 10 + 4 * minute)
    # 3 acts and 4 minutes, halved; 1 act in a minute
    assert seen(velocity, 11, *first, second) == {"": pytest.approx((1.5 + 1) / (2 + 1))}


def test_without_ids_a_session_is_half_an_hour() -> None:
    velocity = SessionVelocity(**WORDS, of=ALL, most=4, half_life_days=10)
    acts = [(Act(ActKind.BROWSED), at / 1440) for at in (0, 20, 40)]
    assert seen(velocity, 1, *acts) == {"": pytest.approx(3 / 21, rel=1e-3)}

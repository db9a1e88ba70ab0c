"""All features at once: incremental equals batch, in any order; bounded; unknown is unknown."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramatis.core.act import Act, ActKind
from dramatis.persona.adapters import features_json
from dramatis.persona.domain.features import declared
from dramatis.persona.domain.features.declared import FEATURES, VERSION
from dramatis.persona.domain.features.state import PREFIX, FeatureState, attributes, fold, read

DAY = 86_400.0
START = 20_000 * DAY
STIMULI = {"a": {"channel": "email", "brand": "us"}, "b": {"channel": "sms"}}
ANSWERS = {ActKind.OPENED, ActKind.CLICKED, ActKind.ORDERED}


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[Act, float]]:
    """Acts at times of their own; answers say what they answer, and what is sent is sent once."""
    days = draw(st.lists(st.integers(0, 2_000_000), unique=True, min_size=1, max_size=40))
    campaigns = itertools.chain("abcdefgh", itertools.repeat(""))
    return [(draw(acts(next(campaigns))), START + 10 * day) for day in days]


def acts(fresh: str) -> st.SearchStrategy[Act]:
    answered = st.sampled_from("abcdefgh")
    return st.sampled_from(ActKind).flatmap(
        lambda kind: st.builds(
            Act,
            st.just(kind),
            st.just(fresh) if kind is ActKind.SENT else answered,
            st.sampled_from(["s1", "s2", "s3"]),
            st.sampled_from(["", "phone", "desktop"]),
            st.sampled_from(["", "night", "evening"]),
            st.none() | st.integers(0, 23),
            st.lists(st.sampled_from("xyz"), max_size=2).map(tuple),
            st.integers(0, 10**9),
            st.none() | st.floats(-1, 1),
        )
    )


def numbers(state: FeatureState) -> dict[tuple[str, str], float]:
    values = read(state, START + 400 * DAY, STIMULI)
    return {(name, label): v for name, found in values.items() for label, v in found.items()}


@given(lives(), st.randoms())
@settings(deadline=None, max_examples=60)
def test_late_events_come_out_right(life: list[tuple[Act, float]], random: Any) -> None:
    in_time = numbers(fold(None, sorted(life, key=lambda each: each[1])))
    random.shuffle(life)
    assert numbers(fold(None, life)) == pytest.approx(in_time, rel=1e-9, abs=1e-9)


@given(lives(), st.integers(0, 40))
@settings(deadline=None, max_examples=60)
def test_in_batches_and_through_the_store_it_is_bit_for_bit_the_same(
    life: list[tuple[Act, float]], cut: int
) -> None:
    state = fold(None, life[:1])
    for part in (life[1:cut], life[max(cut, 1) :]):
        state = fold(features_json.load(features_json.dump(state)), part)
    assert features_json.dump(state) == features_json.dump(fold(None, life))


@given(lives())
@settings(deadline=None, max_examples=60)
def test_values_are_finite_and_in_range(life: list[tuple[Act, float]]) -> None:
    found = numbers(fold(None, life))
    for (name, _), value in found.items():
        if name in {"response_rate", "category", "answered", "daypart", "device", "send_hour"}:
            assert 0 <= value <= 1 + 1e-9
        elif name.endswith("_mood"):
            assert -1 <= value <= 1
        elif name != "spend":
            assert 0 <= value < float("inf")


def test_what_is_not_known_is_not_there() -> None:
    state = fold(None, [(Act(ActKind.SENT, "a"), START)])
    assert read(state, START, {}) == {
        "response_rate": {"open": 0.0, "click": 0.0, "convert": 0.0},
        "fatigue": {"": 1.0},
    }


def test_a_moment_before_the_last_act_is_taken_for_that_of_the_act() -> None:
    state = fold(None, [(Act(ActKind.ORDERED, amount_micros=5_000_000), START)])
    assert read(state, START - 1e9, {}) == read(state, START, {})
    assert read(state, START, {})["order_recency"] == {"": 0.0}


def test_attributes_have_the_reserved_prefix_and_names_that_the_contract_takes() -> None:
    acts = [
        Act(ActKind.SENT, "a"),
        Act(ActKind.CLICKED, "a", hour=9, daypart="morning", device="phone"),
        Act(ActKind.ORDERED, categories=("x",), amount_micros=1_000_000),
        Act(ActKind.SUPPORT, sentiment=-0.5),
    ]
    found = attributes(fold(None, [(each, START) for each in acts]), START, STIMULI)
    assert all(name.startswith(PREFIX) and len(name) <= 64 for name in found)
    assert found["feature.category"].value == "x"
    assert found["feature.answered.channel"].value == "email"
    assert found["feature.response_rate.open"].value == 1.0
    assert found["feature.recent_spend"].value == pytest.approx(1.0)


def test_100_000_categories_campaigns_and_sessions_stay_small() -> None:
    state: FeatureState | None = None
    for n in range(100_000):
        kind = (ActKind.SENT, ActKind.OPENED, ActKind.CARTED)[n % 3]
        act = Act(kind, f"c{n // 2}", f"s{n}", f"d{n}", "night", n % 24, (f"category {n}",) * 2)
        state = fold(state, [(act, START + 60.0 * n)])
    assert state is not None
    assert len(features_json.dump(state)) < 8_000
    shares = read(state, state.last_time, {})["category"]
    assert len(shares) == 16
    assert sum(shares.values()) < 0.1


def test_each_feature_is_declared_once() -> None:
    assert len({each.name for each in FEATURES}) == len(FEATURES)
    assert all(each.of and each.sentence.endswith(".") for each in FEATURES)


def test_the_version_is_of_the_definitions(monkeypatch: pytest.MonkeyPatch) -> None:
    assert declared.version() == VERSION
    monkeypatch.setattr(declared, "FEATURES", FEATURES[1:])
    assert declared.version() != VERSION


def test_what_is_held_is_plain_json() -> None:
    state = fold(None, [(Act(kind, "a"), START) for kind in ActKind])
    assert len(json.loads(features_json.dump(state))) == 2 + len(FEATURES)

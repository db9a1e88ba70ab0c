import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramatis.persona.domain import drift


def totals(*parts: tuple[float, int], seed: int) -> np.ndarray:
    """Running totals of events at each rate in turn."""
    rng = np.random.default_rng(seed)
    yes = np.concatenate([rng.random(count) < rate for rate, count in parts])
    return np.concatenate([[0], np.cumsum(yes)])


def test_the_gain_is_the_log_likelihood_ratio() -> None:
    """100 no, then 100 yes: the rates apart are certain, together 200 ln 2 = 138.6."""
    total = np.concatenate([np.zeros(101), np.arange(1, 101)])
    assert drift.cut(total, delta=2 * np.log(200) / np.exp(110.0)) is not None
    assert drift.cut(total, delta=2 * np.log(200) / np.exp(139.0)) is None


def test_a_cut_needs_enough_on_both_sides() -> None:
    assert drift.cut(np.concatenate([np.zeros(32), np.arange(1, 32)])) is None


@given(st.integers(64, 100_000))
def test_cuts_leave_enough_on_both_sides_and_grow(n: int) -> None:
    found = drift.cuts(n)
    assert found[0] == drift.LEAST
    assert found[-1] <= n - drift.LEAST
    assert (np.diff(found) > 0).all()


@given(st.integers(0, 300), st.integers(1, 300))
def test_no_change_no_cut(yes: int, no: int) -> None:

    even = np.floor(np.arange(3 * (yes + no) + 1) * yes / (yes + no))
    assert drift.cut(even) is None


@pytest.mark.parametrize("seed", range(5))
def test_from_3_to_5_percent_is_found_and_placed(seed: int) -> None:
    """After 6,000 events, where the mean delay is about 1,700; the place is within a quarter."""
    at = drift.cut(totals((0.03, 20_000), (0.05, 6_000), seed=seed))
    assert at is not None
    assert 16_000 < at < 24_500


def test_a_steady_rate_raises_no_alarm() -> None:
    """Looked at every 64 events for 100,000; the level allows for one alarm in a million."""
    total = totals((0.03, 100_000), seed=11)
    assert not any(drift.cut(total[: n + 1]) for n in range(64, 100_000, 64))

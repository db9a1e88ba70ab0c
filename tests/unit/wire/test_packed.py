"""Packed response tables: rounding is bounded, damage is seen, what is packed stays as it is."""

from contextlib import suppress

import cramjam
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dramatis.core.campaign import CONTROL, MICROS, Campaign, Stage, StageValue
from dramatis.core.errors import Invalid
from dramatis.core.evidence import Axes
from dramatis.core.response import ResponseTable, appraise
from dramatis.wire.grids import COARSE, FINE, amounts, round_amounts, round_logs
from dramatis.wire.planes import pack, unpack
from dramatis.wire.responses import MOST_EXACT_BYTES, from_responses, to_responses

FINE_ERROR = np.exp(FINE / 2) - 1
COARSE_ERROR = np.exp(COARSE / 2) - 1
ALONE = 1 + 1e-9
"""What floating-point arithmetic may add to a bound."""

sizes = st.tuples(st.integers(0, 7), st.integers(0, 5))
tables = sizes.flatmap(lambda size: arrays(np.int16, size))


def table(seed: int, personas: int = 64, campaigns: int = 100, thin: float = 1.0) -> ResponseTable:
    """Posteriors over many orders of magnitude; visits, and conversions of visitors."""
    rng = np.random.default_rng(seed)
    ids = (*(f"c{at:03}" for at in range(campaigns - 1)), CONTROL)
    axes = Axes(ids, (Stage.VISIT, Stage.CONVERT), (None, Stage.VISIT))
    cells = (personas, campaigns, 2)
    means = rng.gamma(2.0, 20.0, cells[:2]) * (rng.random(cells[:2]) < 0.9)
    return ResponseTable(
        axes=axes,
        alpha=np.exp(rng.normal(0, 3, cells)) * thin,
        beta=np.exp(rng.normal(3, 3, cells)) * thin,
        amount_mean=means,
        amount_error=means * rng.random(cells[:2]),
        forecast_weights=np.array([10.0, 30.0]),
        forecast_weights_lower=np.array([5.0, 20.0]),
        forecast_weights_upper=np.array([15.0, 40.0]),
        amount_forecast_weight=5.0,
    )


def through(before: ResponseTable) -> ResponseTable:
    message = from_responses(before)
    return to_responses(type(message).FromString(message.SerializeToString()), len(before.alpha))


def test_by_hand() -> None:
    """A rate of 1 in 10 from 40 trials: ln(1/9) = -2.1972 is -1125 steps, ln(40) = 3.6889 is 59."""
    assert round_logs(np.array([np.log(1 / 9)]), FINE).tolist() == [-1125]
    assert round_logs(np.array([np.log(40)]), COARSE).tolist() == [59]
    assert round_amounts(np.array([0.0, 1.0, 50.0]), FINE).tolist() == [-32768, 0, 2003]
    back = amounts(np.array([-32768, 0, 2003], dtype=np.int16), FINE)
    np.testing.assert_allclose(back, [0.0, 1.0, 50.0], rtol=FINE_ERROR)


@given(tables)
def test_integers_come_back_as_they_were(integers: np.ndarray) -> None:
    np.testing.assert_array_equal(unpack(pack(integers), *integers.shape), integers)


def test_cells_without_evidence_of_their_own_cost_nothing() -> None:
    rng = np.random.default_rng(0)
    sides = rng.integers(-9000, 9000, 512)[:, None] + rng.integers(-9000, 9000, 1000)
    assert len(pack(sides.astype(np.int16))) < 2 * (512 + 1000) + 256


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.sampled_from([1e-6, 1.0, 1e6]))
def test_the_error_is_bounded(seed: int, thin: float) -> None:
    before = table(seed, thin=thin)
    after = through(before)
    rates, found = before.rates, after.rates
    assert (abs(found / rates - 1) <= FINE_ERROR * ALONE).all()
    assert (abs((1 - found) / (1 - rates) - 1) <= FINE_ERROR + 1e-6).all()
    total = (after.alpha + after.beta) / (before.alpha + before.beta)
    assert (abs(total - 1) <= COARSE_ERROR * ALONE).all()
    for name, bound in (("amount_mean", FINE_ERROR), ("amount_error", COARSE_ERROR)):
        was, became = getattr(before, name), getattr(after, name)
        assert (abs(became - was) <= bound * was * ALONE).all()


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_so_is_that_of_scores(seed: int) -> None:
    """A chain of two rates and an amount: 0.3 % of what is at stake."""
    before = table(seed)
    campaigns = [
        Campaign(
            campaign_id,
            values=(StageValue(Stage.VISIT, MICROS // 4), StageValue(Stage.CONVERT, 0, 0.3)),
            cost_micros=MICROS // 100,
        )
        for campaign_id in before.axes.campaign_ids[:-1]
    ]
    was, became = (
        appraise(each.axes, each.rates, each.amount_mean, campaigns)
        for each in (before, through(before))
    )
    assert (abs(became.gain - was.gain) <= 0.003 * (was.value + was.baseline)).all()


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_what_was_packed_is_not_rounded_again(seed: int) -> None:
    once = from_responses(through(table(seed)))
    assert once == from_responses(table(seed))


def test_small_tables_are_exact() -> None:
    small = table(0, personas=4, campaigns=9)
    assert not from_responses(small).HasField("packed")
    np.testing.assert_array_equal(through(small).alpha, small.alpha)


def test_impossible_values_are_cut_off_and_do_not_wrap() -> None:
    before = table(0)
    before.alpha[0, 0, 0], before.beta[0, 1, 0], before.amount_mean[2, 2] = 1e-300, 1e-300, 1e300
    after = through(before)
    assert 0 < after.rates[0, 0, 0] < 1e-26
    assert after.rates[0, 1, 0] > 1 - 1e-15
    assert after.amount_mean[2, 2] > 1e27
    assert (after.alpha > 0).all()
    assert (after.beta > 0).all()


def test_other_versions_and_sizes_are_refused() -> None:
    message = from_responses(table(0))
    assert table(0).alpha.nbytes * 3 > MOST_EXACT_BYTES
    with pytest.raises(Invalid, match="too large"):
        to_responses(message, 63)
    with pytest.raises(Invalid, match="holds"):
        to_responses(message, 65)
    with pytest.raises(Invalid, match="packed table of"):
        to_responses(message, 1 << 21)
    message.packed.version = 2
    with pytest.raises(Invalid) as caught:
        to_responses(message, 64)
    assert caught.value.reason == "PACKED_VERSION"


def test_a_frame_that_grows_gets_no_more_memory_than_its_table() -> None:
    bomb = bytes(cramjam.zstd.compress(bytes(1 << 26)))
    with pytest.raises(Invalid, match="too large"):
        unpack(bomb, 10, 10)


@given(st.integers(0, 2**32), st.data())
def test_damaged_tables_never_do_worse_than_being_refused(seed: int, data: st.DataObject) -> None:
    packed = bytearray(pack(np.random.default_rng(seed).integers(-99, 99, (8, 9)).astype(np.int16)))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(Invalid):
        assert unpack(bytes(packed), 8, 9).shape == (8, 9)


def test_stages_without_parts_are_refused() -> None:
    message = from_responses(table(0))
    del message.packed.totals[1]
    with pytest.raises(Invalid, match="two parts per stage"):
        to_responses(message, 64)

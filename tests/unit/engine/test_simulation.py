import itertools

import numpy as np
import pytest

from dramatis import engine
from tests.unit.engine import made

FIELDS = tuple(engine.Spread.__dataclass_fields__)


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(3)
    rates = made.truth(rng, 5, 4)
    evidence = made.observe(rng, made.axes(4), rates, 300)
    return engine.fit(made.personas(evidence), made.mailings(4), use_evidence=True)


def run(model, seed=7, personas=None, draws=400, heads=200):
    count = len(model.persona_ids)
    return list(
        engine.simulate(
            model, draws=draws, recipients=[heads] * count, seed=seed, personas=personas
        )
    )


def same(one, other):
    pairs = [(one.stages, other.stages), (one.reaches, other.reaches)]
    rates = all(
        getattr(a, name).tobytes() == getattr(b, name).tobytes()
        for a, b in pairs
        for name in FIELDS
    )
    return rates and one.amount_mean.tobytes() == other.amount_mean.tobytes()


def test_any_tile_has_the_same_bits(model):
    whole = run(model)
    for tiles in ([[0], [1], [2], [3], [4]], [[4, 3], [2, 1, 0]]):
        parts = {
            p: one for tile in tiles for p, one in zip(tile, run(model, personas=tile), strict=True)
        }
        assert all(same(whole[p], parts[p]) for p in range(5))


def test_another_seed_has_other_bits(model):
    assert not same(run(model, seed=1)[0], run(model, seed=2)[0])


def test_intervals_nest_and_hold_the_rate(model):
    found = engine.gather(run(model), range(4)).stages
    order = (found.lower_90, found.lower_50, found.upper_50, found.upper_90)
    assert all((a <= b).all() for a, b in itertools.pairwise(order))
    assert ((found.lower_90 < found.rates) & (found.rates < found.upper_90)).all()
    assert (found.predictive_lower_90 <= found.lower_90 + 1e-9).mean() > 0.95
    assert (found.predictive_upper_90 >= found.upper_90 - 1e-9).mean() > 0.95


def test_beta_has_the_mean_and_the_parameter_error(model):
    found = engine.gather(run(model), range(4)).stages
    total = found.alpha + found.beta
    assert found.alpha / total == pytest.approx(found.rates)
    variance = found.alpha * found.beta / total**2 / (total + 1)
    assert np.sqrt(variance) == pytest.approx(found.parameter_error, rel=1e-6)


def test_chance_is_that_of_so_many_heads(model):
    found = engine.gather(run(model, draws=3_000, heads=50_000), range(4)).stages
    expected = np.sqrt(found.rates[..., 0] * (1 - found.rates[..., 0]) / 50_000)
    assert found.sampling_error[..., 0] == pytest.approx(expected, rel=0.1)


def test_more_heads_leave_only_the_parameters_unknown(model):
    few, many = (
        engine.gather(run(model, heads=heads), range(4)).stages for heads in (30, 10_000_000)
    )
    assert (many.sampling_error[..., 0] < 0.01 * few.sampling_error[..., 0]).all()
    assert many.predictive_upper_90[..., 0] == pytest.approx(many.upper_90[..., 0], rel=0.05)
    assert many.parameter_error == pytest.approx(few.parameter_error)


def test_where_nobody_gets_to_anything_may_be_observed(model):
    # One head per cell: hardly ever does anybody visit, so the share who buy is open.
    found = engine.gather(run(model, heads=1, draws=3), range(4)).stages
    assert np.isfinite(found.sampling_error).all()
    assert ((found.predictive_lower_90 >= 0) & (found.predictive_upper_90 <= 1)).all()


def test_the_table_agrees_with_the_closed_form(model):
    outcomes = engine.gather(run(model, draws=4_000), range(4))
    table, (rates, amounts) = engine.table(model, outcomes, range(4), "sim-1"), model.expected()
    # Logistic-normal means and 4,000 draws agree to a tenth of what is not known anyway.
    assert (np.abs(table.rates - rates) < 0.15 * outcomes.stages.parameter_error + 1e-4).all()
    assert table.amount_mean == pytest.approx(amounts, rel=0.02)
    assert table.axes == model.axes


def test_who_buys_among_all_is_who_visits_and_then_buys(model):
    found = engine.gather(run(model, draws=4_000), range(4))
    assert found.reaches.rates[..., 0] == pytest.approx(found.stages.rates[..., 0])
    product = found.stages.rates[..., 0] * found.stages.rates[..., 1]
    assert found.reaches.rates[..., 1] == pytest.approx(product, rel=0.05)
    assert (found.reaches.upper_90[..., 1] < found.stages.upper_90[..., 1]).all()

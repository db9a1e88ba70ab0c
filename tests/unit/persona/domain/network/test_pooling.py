import numpy as np
import pytest

from dramatis.persona.domain.network import pooling
from dramatis.persona.domain.network.pooling import (
    WEIGHTS,
    Layer,
    draw,
    learn_weights,
    mean,
    narrow,
    pool,
)


def test_the_formula_by_hand() -> None:
    layers = (
        Layer(np.array([3.0, 1.0])),
        Layer(np.array([[0.0, 0.0], [1.0, 3.0]]), np.full((2, 1), 4.0)),
    )
    np.testing.assert_allclose(mean(layers), [[0.75, 0.25], [4 / 8, 4 / 8]])


def test_a_rare_cell_learns_from_its_own_500_rows() -> None:
    """Beside 200 cells with two thirds yes; every cell starting with as many rows as were ever
    seen would make 0.667 of it."""
    table = np.tile([1000.0, 2000.0], (201, 1))
    table[7] = [497.0, 3.0]
    rate = mean(pool(table))[:, 1]
    assert rate[7] == pytest.approx(3 / 500, abs=0.005)
    assert rate[0] == pytest.approx(2 / 3, abs=0.001)


def test_thin_cells_borrow_as_far_as_cells_are_alike() -> None:
    rng = np.random.default_rng(0)
    alike = rng.binomial(50, 0.3, 400)
    apart = rng.binomial(50, rng.beta(3, 7, 400))
    weights = []
    for yes in (alike, apart):
        counts = np.stack([50.0 - yes, yes], axis=-1)
        weights.append(learn_weights(counts, np.broadcast_to([0.7, 0.3], counts.shape)))
    assert np.median(weights[0]) > 500
    assert 6 < np.median(weights[1]) < 16  # of the beta, 10


def test_a_cell_never_seen_is_believed_like_the_cell_above() -> None:
    table = np.zeros((2, 3, 2))
    table[0, 0], table[0, 1], table[1, 1] = [10, 30], [12, 28], [35, 5]
    rate = mean(pool(table))
    np.testing.assert_allclose(rate[0, 2], mean(pool(table.sum(axis=1)))[0])


def test_nothing_seen_is_nothing_believed() -> None:
    np.testing.assert_allclose(mean(pool(np.zeros((2, 3)))), 1 / 3)
    weights = learn_weights(np.zeros((2, 3)), np.full((2, 3), 1 / 3))
    np.testing.assert_allclose(weights, np.sqrt(WEIGHTS[0] * WEIGHTS[-1]))


def test_weights_are_learned_in_parts_where_cells_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    table = rng.binomial(20, rng.beta(3, 7, (60, 2))).astype(float)
    whole = learn_weights(table, np.full((60, 2), 0.5))
    monkeypatch.setattr(pooling, "MOST_CELLS", 25)
    parts = learn_weights(table, np.full((60, 2), 0.5))
    assert whole.shape == parts.shape == (60, 1)
    np.testing.assert_allclose(np.log(parts), np.log(whole), atol=1.5)


def test_weights_move_smoothly_with_the_counts() -> None:
    counts = np.random.default_rng(0).gamma(1.0, 9.0, (40, 3))
    near = counts * (1 + 1e-12)
    coarse = np.full((40, 3), 1 / 3)
    np.testing.assert_allclose(
        learn_weights(near, coarse), learn_weights(counts, coarse), rtol=1e-9
    )


def test_a_base_stands_in_for_the_first_layers() -> None:
    base = np.array([[9.0, 1.0], [1.0, 9.0]])
    layers = pool(np.zeros((2, 5, 2)), base)
    assert len(layers) == 2
    np.testing.assert_allclose(mean(layers)[:, 3, 1], [0.1, 0.9])


def test_draws_have_the_mean_and_more_doubt_where_cells_borrow() -> None:
    layers = (
        Layer(np.array([6.0, 4.0])),
        Layer(np.array([[0.0, 0.0], [500.0, 500.0]]), np.full((2, 1), 50.0)),
    )
    drawn = draw(layers, 20_000, np.random.default_rng(1))[..., 1]
    np.testing.assert_allclose(drawn.mean(axis=0), mean(layers)[:, 1], atol=0.005)
    own = np.sqrt(0.4 * 0.6 / 51)  # were the cell above known for certain
    above = np.sqrt(0.4 * 0.6 / 11)
    assert drawn[:, 0].std() == pytest.approx(np.hypot(own, above), rel=0.05)
    assert drawn[:, 1].std() < 0.02


def test_draws_of_almost_nothing_are_certainties_in_proportion() -> None:
    drawn = draw((Layer(np.array([3e-4, 1e-4])),), 4000, np.random.default_rng(2))
    np.testing.assert_allclose(drawn.sum(axis=1), 1.0)
    assert drawn[:, 0].mean() == pytest.approx(0.75, abs=0.03)


def test_a_part_of_the_cells_is_what_it_was_in_the_whole() -> None:
    layers = pool(np.random.default_rng(3).gamma(1.0, 5.0, (3, 4, 2)))
    part = narrow(layers, (slice(1, 2), slice(None)))
    np.testing.assert_array_equal(mean(part), mean(layers)[1:2])

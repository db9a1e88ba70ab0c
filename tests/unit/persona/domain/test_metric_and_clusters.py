import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramatis.core.membership import MembershipModel, predict
from dramatis.persona.domain import clusters, metric


def test_ridge_finds_planted_slopes() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5000, 3))
    y = x @ np.array([1.0, -2.0, 0.0]) + rng.normal(size=5000)
    np.testing.assert_allclose(metric.ridge(x, y), [1.0, -2.0, 0.0], atol=0.05)


def test_ridge_on_noise_is_near_nothing() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 20))
    plain = np.linalg.lstsq(x, y := rng.normal(size=400), rcond=None)[0]
    assert np.linalg.norm(metric.ridge(x, y)) < 0.5 * np.linalg.norm(plain)


def test_distance_follows_response_not_size() -> None:
    """Column 0 decides the answer, column 1 is nine times as wide and decides nothing."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(4000, 2)) * [1.0, 3.0]
    campaign = rng.integers(0, 2, 4000)
    y = (rng.random(4000) < 0.5 + 0.3 * np.tanh(x[:, 0]) * (campaign == 1)).astype(float)
    fitted = metric.fit(x, campaign, 2, [y])
    assert np.linalg.norm(fitted[0]) > 5 * np.linalg.norm(fitted[1])
    # without an outcome only the plain metric is left
    np.testing.assert_allclose(metric.fit(x, campaign, 2, []), metric.identity(x, metric.PLAIN))


def test_the_plain_metric_has_unit_spread() -> None:
    x = np.random.default_rng(3).normal(size=(1000, 4))
    z = (x - x.mean(axis=0)) @ metric.identity(x)
    assert (z**2).sum(axis=1).mean() == pytest.approx(1.0)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 8), st.integers(0, 3))
def test_memberships_are_probabilities(recipients: int, count: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(recipients, 2)).round(1)
    found = clusters.fit(x, np.eye(2), count, seed)
    model = MembershipModel((), found.slopes, found.offsets, found.centroids)
    q = predict(model, x)
    assert 1 <= q.shape[1] <= min(count, recipients)
    np.testing.assert_allclose(q.sum(axis=1), 1.0)
    assert np.isfinite(q).all()


def test_well_separated_groups_are_found() -> None:
    rng = np.random.default_rng(4)
    group = rng.integers(0, 4, 2000)
    x = np.array([[0, 0], [9, 0], [0, 9], [9, 9]])[group] + rng.normal(size=(2000, 2))
    found = clusters.fit(x, np.eye(2), 4, 0)
    q = predict(MembershipModel((), found.slopes, found.offsets, found.centroids), x)
    table = np.zeros((4, 4))
    np.add.at(table, (group, q.argmax(axis=1)), 1)
    assert table.max(axis=1).sum() / 2000 > 0.999
    assert np.bincount(q.argmax(axis=1)).tolist() == sorted(np.bincount(group), reverse=True)


def test_alike_recipients_are_one_persona() -> None:
    found = clusters.fit(np.zeros((50, 3)), np.eye(3), 16, 0)
    assert found.offsets.tolist() == [0.0]

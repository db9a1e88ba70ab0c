import numpy as np
import pytest

from dramatis.core import membership
from dramatis.core.membership import MembershipModel
from dramatis.persona.domain import moving


def formed(x: np.ndarray) -> tuple[MembershipModel, moving.Anchor]:
    """Two personas at -3 and 3 on one column."""
    centroids, precision = np.array([[-3.0], [3.0]]), np.eye(1)
    slopes = centroids @ precision
    offsets = np.log([0.5, 0.5]) - 0.5 * (slopes * centroids).sum(axis=1)
    model = MembershipModel((), slopes, offsets, centroids)
    return model, moving.anchor(model, precision, x, np.ones(len(x)), 0.0)


def test_the_same_recipients_move_nothing() -> None:
    x = np.random.default_rng(0).normal(size=(50, 1)) * 3
    model, anchor = formed(x)
    moved = moving.move(model, anchor, x, np.ones(50))
    for name in ("slopes", "offsets", "centroids"):
        np.testing.assert_array_equal(getattr(moved, name), getattr(model, name))


def test_a_centroid_follows_its_members_and_only_it() -> None:
    """90 members move by 1: with 10 that stand still by 0.9; sizes are as they were."""
    x = np.repeat([[-3.0], [3.0]], 90, axis=0)
    model, anchor = formed(x)
    moved = moving.move(model, anchor, x + (x > 0), np.ones(180))
    assert moved.centroids.ravel() == pytest.approx([-3.0, 3.9], abs=1e-6)
    assert moved.slopes == pytest.approx(moved.centroids)
    assert moved.offsets == pytest.approx(np.log(0.5) - 0.5 * moved.centroids.ravel() ** 2)


def test_shares_follow_who_is_there() -> None:
    x = np.repeat([[-3.0], [3.0]], [100, 100], axis=0)
    model, anchor = formed(x)
    moved = moving.move(model, anchor, x, np.where(x[:, 0] > 0, 0.25, 1.0))
    log_odds = moved.offsets[1] - moved.offsets[0]
    assert log_odds == pytest.approx(np.log(0.25), abs=1e-6)


def test_steps_do_not_add_up() -> None:
    """Taken every day or once, the step ends at the same place."""
    x = np.repeat([[-3.0], [3.0]], 90, axis=0)
    model, anchor = formed(x)
    often = model
    for shift in np.linspace(0, 1, 11):
        often = moving.move(often, anchor, x + shift, np.ones(180))
    once = moving.move(model, anchor, x + 1, np.ones(180))
    np.testing.assert_array_equal(often.centroids, once.centroids)


def test_nobody_moves_nothing_far() -> None:
    model, anchor = formed(np.array([[-3.0], [3.0]]))
    moved = moving.move(model, anchor, np.zeros((0, 1)), np.zeros(0))
    assert np.isfinite(membership.predict(moved, np.zeros((1, 1)))).all()
    np.testing.assert_allclose(moved.centroids, model.centroids)

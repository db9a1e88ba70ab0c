import numpy as np
import pytest

from dramatis.core.campaign import CONTROL, Stage
from dramatis.persona.domain.chain import axes
from dramatis.persona.domain.counts import count
from dramatis.persona.domain.population import assemble
from tests.unit.persona.domain.people import flags

O, C, V, B, U = Stage.OPEN, Stage.CLICK, Stage.VISIT, Stage.CONVERT, Stage.UNSUBSCRIBE  # noqa: E741


def test_a_funnel_is_a_chain() -> None:
    rows = [(0, "a", flags(O), 0), (1, "a", flags(O, C), 0), (2, "a", flags(O, C, B), 0)]
    chain = axes(assemble(("r", "s", "t"), [{}] * 3, rows), [CONTROL], [])
    assert (chain.stages, chain.given) == ((O, C, B), (None, O, C))
    assert chain.campaign_ids == ("a", CONTROL)


def test_who_visits_without_opening_breaks_the_chain() -> None:
    rows = [(0, "a", flags(O, V), 0), (1, CONTROL, flags(V, U), 0)]
    chain = axes(assemble(("r", "s"), [{}] * 2, rows), [], [B])
    assert (chain.stages, chain.given) == ((O, V, B, U), (None, None, V, None))


@pytest.mark.parametrize(("skipped", "given"), [(1, V), (2, None)])
def test_one_in_a_hundred_may_skip(skipped: int, given: Stage | None) -> None:
    rows = [(i, "a", flags(B) if i < skipped else flags(V, B), 0) for i in range(100)]
    chain = axes(assemble(tuple(f"{i:03d}" for i in range(100)), [{}] * 100, rows), [], [])
    assert chain.given == (None, given)


def test_before_any_data_the_priced_stages_and_else_the_whole_funnel() -> None:
    nobody = assemble((), (), ())
    assert axes(nobody, [CONTROL], [V]).stages == (V,)
    assert axes(nobody, [CONTROL], []).given == (None, O, C, V)


def test_counts_by_hand() -> None:
    """Three got the campaign: one did nothing, one visited, one bought for 30 having skipped."""
    rows = [
        (0, "a", 0, 0),
        (1, "a", flags(V), 0),
        (2, "a", flags(V, B), 30_000_000),
        (2, CONTROL, flags(V), 0),
    ]
    population = assemble(("r", "s", "t"), [{}] * 3, rows)
    q = np.array([[1.0, 0.0], [0.5, 0.5], [0.2, 0.8]])
    evidence = count(population, q, axes(population, [CONTROL], []))
    assert evidence.axes.given == (None, V)
    np.testing.assert_allclose(evidence.trials[:, 0], [[1.7, 0.7], [1.3, 1.3]])
    np.testing.assert_allclose(evidence.successes[:, 0], [[0.7, 0.2], [1.3, 0.8]])
    np.testing.assert_allclose(evidence.trials[:, 1], [[0.2, 0.2], [0.8, 0.8]])
    np.testing.assert_allclose(evidence.amount_count[:, 0], [0.2, 0.8])
    np.testing.assert_allclose(evidence.amount_sum[:, 0], [6.0, 24.0])
    np.testing.assert_allclose(evidence.amount_square_sum[:, 0], [180.0, 720.0])


def test_who_skipped_counts_as_having_been_there() -> None:
    rows = [(i, "a", flags(B) if i == 0 else flags(V, B), 0) for i in range(100)]
    population = assemble(tuple(f"{i:03d}" for i in range(100)), [{}] * 100, rows)
    evidence = count(population, np.ones((100, 1)), axes(population, [], []))
    np.testing.assert_allclose(evidence.successes[0, 0], [100.0, 100.0])

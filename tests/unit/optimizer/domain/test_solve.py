from dramatis.optimizer.domain.job import Spec
from dramatis.optimizer.domain.solve import solve
from tests.unit.optimizer import given

SPEC = Spec(seed=3, draw_count=64, train_steps=8192).filled(("c0", "c1", "c2"))


def test_equal_jobs_have_equal_outcomes() -> None:
    first, again = (
        solve(given.inputs(), SPEC, lambda: False, lambda done, point: True) for _ in range(2)
    )
    assert first == again
    assert first.steps >= 8192


def test_a_job_that_was_stopped_before_training_still_makes_a_plan() -> None:
    solution = solve(given.inputs(), SPEC, lambda: True, lambda done, point: True)
    assert solution.steps == 0
    assert solution.proposal.policy in {"greedy", "best_fixed"}
    assert len(solution.proposal.personas) == 8

import pytest

from dramatis.core.errors import Invalid
from dramatis.simulator.domain import job as jobs
from dramatis.simulator.domain.job import State
from tests.unit.simulator.given import NOW, job

RUNNING = jobs.begin(job(), "1", "cpu")


def test_a_job_comes_to_its_end():
    published = jobs.publish(RUNNING)
    done = jobs.succeed(published, NOW)
    assert (RUNNING.state, RUNNING.attempts) == (State.RUNNING, 1)
    assert (published.state, published.publishing) == (State.RUNNING, True)
    assert (done.state, done.progress, done.end_time, done.publishing) == (
        State.SUCCEEDED, 1.0, NOW, False
    )  # fmt: skip


@pytest.mark.parametrize("one", [job(), RUNNING])
def test_what_waits_or_runs_can_be_stopped(one):
    assert jobs.cancel(one, NOW).state is State.CANCELLED


@pytest.mark.parametrize(
    "one",
    [
        jobs.publish(RUNNING),
        jobs.succeed(jobs.publish(RUNNING), NOW),
        jobs.fail(RUNNING, Invalid("no"), NOW),
        jobs.cancel(RUNNING, NOW),
    ],
)
def test_what_has_a_result_or_an_end_stays(one):
    assert jobs.cancel(one, NOW) is one

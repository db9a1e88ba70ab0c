"""What the optimizer counts."""

from typing import Final

from prometheus_client import Counter, Histogram

from dramatis.optimizer.domain.job import Optimization

JOBS: Final = Counter(
    "dramatis_optimizer_jobs_total", "Optimizations that ended, by how.", ("state",)
)
JOB_SECONDS: Final = Histogram(
    "dramatis_optimizer_job_seconds",
    "Seconds from the start of work on an optimization to its end.",
    buckets=(0.5, 1, 2, 4, 8, 15, 30, 60, 300, 900, 3600),
)
STEPS: Final = Counter(
    "dramatis_optimizer_environment_steps_total", "Environment steps trained for."
)
MOVES: Final = Counter(
    "dramatis_optimizer_moves_total", "Changes of the plan that is followed.", ("kind",)
)


def count(job: Optimization, seconds: float) -> None:
    """Counts an optimization that ended after so much work."""
    JOBS.labels(job.state.name.lower()).inc()
    JOB_SECONDS.observe(seconds)
    if job.curve:
        STEPS.inc(job.curve[-1].steps)

"""What the simulator counts."""

from typing import Final

import structlog
from prometheus_client import Counter, Gauge, Histogram

from dramatis.simulator.domain.job import Job

JOBS: Final = Counter("dramatis_simulator_jobs_total", "Simulations that ended.", ("state",))
RUN_SECONDS: Final = Histogram(
    "dramatis_simulator_run_seconds", "Time that a worker spent on a simulation.",
    buckets=(0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000),
)  # fmt: skip
RUNNING: Final = Gauge("dramatis_simulator_running_jobs", "Simulations being worked on.")
FORECASTS: Final = Counter("dramatis_simulator_forecasts_total", "Forecasts published.")
AGENT_STEPS: Final = Counter(
    "dramatis_simulator_agent_steps_total", "Simulated responses of single recipients."
)

_logger = structlog.get_logger(__name__)


class Meter:
    """The `Witness` that counts and logs: ids and numbers only."""

    def began(self, job: Job) -> None:
        """See `Witness`."""
        RUNNING.inc()
        _logger.info("simulation began", simulation_id=job.simulation_id, attempt=job.attempts)

    def left(self, job: Job, seconds: float) -> None:
        """See `Witness`."""
        RUNNING.dec()
        RUN_SECONDS.observe(seconds)

    def published(self, job: Job, forecasts: int) -> None:
        """See `Witness`."""
        FORECASTS.inc(forecasts)
        AGENT_STEPS.inc(job.agent_steps)

    def ended(self, job: Job) -> None:
        """See `Witness`."""
        JOBS.labels(job.state.name.lower()).inc()
        _logger.info(
            "simulation ended", simulation_id=job.simulation_id, state=job.state.name.lower(),
            reason=job.error.reason if job.error else "",
        )  # fmt: skip

    def broke(self, job: Job, error: Exception) -> None:
        """See `Witness`."""
        _logger.error("the engine failed", simulation_id=job.simulation_id, exc_info=error)

    def waiting(self, error: Exception) -> None:
        """See `Witness`."""
        _logger.warning("waiting", reason=getattr(error, "reason", type(error).__name__))

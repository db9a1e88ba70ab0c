"""What the simulator counts."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

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

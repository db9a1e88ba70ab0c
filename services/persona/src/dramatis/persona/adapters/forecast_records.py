"""The newest complete simulation among records of the `forecasts` topic, in their order."""

from collections.abc import Sequence

from dramatis.api.simulator.v1 import simulator_pb2 as pb
from dramatis.core.forecast import ForecastTable
from dramatis.wire import forecasts


def newest(records: Sequence[tuple[str, bytes]]) -> ForecastTable | None:
    """The table of the last simulation all of whose records are among these.

    Args:
        records: simulation id and bytes, oldest first, all of one persona set.
    """
    by_simulation: dict[str, list[bytes]] = {}
    for simulation_id, record in records:
        by_simulation.setdefault(simulation_id, []).append(record)
    last = {simulation_id: at for at, (simulation_id, _) in enumerate(records)}
    for simulation_id in sorted(last, key=lambda each: -last[each]):
        messages = map(pb.Forecast.FromString, by_simulation[simulation_id])
        if table := forecasts.to_table(messages):
            return table
    return None

"""What the simulator says of every persona x campaign, and where it says nothing."""

from dataclasses import dataclass

from dramatis.core.arrays import Floats, Mask
from dramatis.core.evidence import Axes


@dataclass(frozen=True, slots=True)
class ForecastTable:
    """The forecasts of one simulation.

    Attributes:
        simulation_id: the simulation.
        persona_set_id: the set that the personas belong to.
        persona_ids: [P].
        axes: C campaigns and G stages.
        rates: [P, C, G] mean conditional rates, in (0, 1).
        rate_error: [P, C, G] their standard deviation from not knowing the parameters.
        amount_mean: [P, C] mean amount of a conversion in currency units, >= 0.
        amount_error: [P, C] its standard deviation from not knowing the parameters.
        supported: [C] False where the stimulus is unlike anything ever observed: no forecast.
    """

    simulation_id: str
    persona_set_id: str
    persona_ids: tuple[str, ...]
    axes: Axes
    rates: Floats
    rate_error: Floats
    amount_mean: Floats
    amount_error: Floats
    supported: Mask

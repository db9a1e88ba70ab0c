"""Real responses, counted; simulated ones are never among them."""

from dataclasses import dataclass

from dramatis.core.arrays import Floats
from dramatis.core.campaign import Stage


@dataclass(frozen=True, slots=True)
class Axes:
    """What the axes of a response table stand for.

    Attributes:
        campaign_ids: [C], `CONTROL` among them.
        stages: [G], rising.
        given: [G] the earlier stage each is conditional on; None: on the send itself.
    """

    campaign_ids: tuple[str, ...]
    stages: tuple[Stage, ...]
    given: tuple[Stage | None, ...]

    def __post_init__(self) -> None:
        if len(self.given) != len(self.stages) or sorted(self.stages) != list(self.stages):
            raise ValueError(f"stages {self.stages} given {self.given} make no chain")
        for place, before in enumerate(self.given):
            if before is not None and before not in self.stages[:place]:
                raise ValueError(f"{self.stages[place]!r} follows {before!r}, which comes later")

    def parent(self, stage_index: int) -> int | None:
        """Index of the stage that a stage is conditional on."""
        before = self.given[stage_index]
        return None if before is None else self.stages.index(before)


@dataclass(frozen=True, slots=True)
class EvidenceCounts:
    """Sufficient statistics of responses, weighted by membership.

    Attributes:
        axes: C campaigns and G stages.
        trials: [P, C, G] recipients that could have responded.
        successes: [P, C, G] those that did.
        amount_count: [P, C] conversions with an amount.
        amount_sum: [P, C] sum of the amounts in currency units.
        amount_square_sum: [P, C] sum of their squares.
    """

    axes: Axes
    trials: Floats
    successes: Floats
    amount_count: Floats
    amount_sum: Floats
    amount_square_sum: Floats

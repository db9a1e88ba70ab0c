"""How personas answer campaigns: the model that simulation and optimisation share.

Each stage of the response chain has a hierarchical logit over persona x campaign (amounts: a log
link): level, effect of a send, of a campaign and its attributes, of the persona and its traits, of
trait x campaign, and of the match between stimulus and affinity. Cells stray from it by a learned
amount.

Letters: S draws, P personas, C campaigns with `CONTROL` among them, G stages.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from dramatis.core.arrays import Floats, Mask
from dramatis.core.evidence import Axes
from dramatis.engine import streams
from dramatis.engine.cells import Amounts, Rates


@dataclass(frozen=True, slots=True)
class Draws:
    """Possible truths.

    Attributes:
        rates: [S, P, C, G] conditional response rates, in (0, 1).
        amount_mean: [S, P, C] mean amount of a conversion in currency units; 0 where conversions
            have no amount.
    """

    rates: Tensor
    amount_mean: Tensor


@dataclass(frozen=True, slots=True)
class ResponseModel:
    """Parameters of response, as far as priors and evidence tell them. Made by `fit`.

    Attributes:
        persona_set_id: the set that the personas belong to.
        persona_ids: [P].
        axes: names of the C campaigns and G stages.
        stages: [G] the rates; cells in canonical order.
        amounts: None where conversions have no amount.
        supported: [C] False where the stimulus is unlike anything ever observed: no forecast.
        distance: [C] share of a stimulus' attribute values never observed, [0, 1].
        rows: [P] place of each persona in canonical order.
        columns: [C] place of each campaign in canonical order.
    """

    persona_set_id: str
    persona_ids: tuple[str, ...]
    axes: Axes
    stages: tuple[Rates, ...]
    amounts: Amounts | None
    supported: Mask
    distance: Floats
    rows: tuple[int, ...]
    columns: tuple[int, ...]

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.stages[0].columns.device

    def expected(self) -> tuple[Floats, Floats]:
        """Structural rates [P, C, G] and mean amounts [P, C], in closed form.

        Without the cells' own evidence beyond what they share: `core.posterior.update` adds that.
        """
        rates = torch.stack([self._arranged(stage.mean) for stage in self.stages], dim=-1)
        amounts = self._arranged(self.amounts.mean) if self.amounts else 0 * rates[..., 0]
        return rates.cpu().numpy(), amounts.cpu().numpy()

    def draw(self, count: int, rng: Generator) -> Draws:
        """Draws of the cells' rates, given all evidence that the model was fitted to.

        Args:
            count: S.
            rng: moved on by one number, whatever the count; on any device.
        """
        seed = streams.seed_from(rng)
        effects = self.effects(count, seed)
        each = [self.draw_persona(p, effects, seed) for p in range(len(self.persona_ids))]
        return Draws(
            torch.stack([one.rates for one in each], dim=1),
            torch.stack([one.amount_mean for one in each], dim=1),
        )

    def effects(self, count: int, seed: int) -> tuple[Tensor, ...]:
        """Draws [S, J] of the effects of each stage, then of the amounts if there are any."""
        draws = []
        for place, part in enumerate(self._parts):
            rng = streams.stream(seed, "effects", place, device=self.device)
            shape = (count, len(part.effects.mean))
            normals = torch.randn(shape, generator=rng, dtype=torch.float64, device=self.device)
            draws.append(part.effects.draw(normals))
        return tuple(draws)

    def draw_persona(
        self, persona: int, effects: tuple[Tensor, ...], seed: int, *, observed: bool = True
    ) -> Draws:
        """Draws for one persona, the same whichever others are drawn: [S, C, G] and [S, C].

        Args:
            persona: its place in `persona_ids`.
            effects: from `effects`.
            seed: of the cells' own ways.
            observed: whether the cells' own evidence counts; without it the draws scatter around
                what the model says of cells like them.
        """
        row, name = self.rows[persona], self.persona_ids[persona]
        rates, amount = [], None
        for place, (part, drawn) in enumerate(zip(self._parts, effects, strict=True)):
            rng = streams.stream(seed, "cells", name, place, device=self.device)
            structural = part.structural(drawn, row)
            own = part.meet(structural, row, rng) if observed else part.scatter(structural, rng)
            if isinstance(part, Amounts):
                amount = own[:, list(self.columns)]
            else:
                rates.append(own[:, list(self.columns)])
        stacked = torch.stack(rates, dim=-1)
        return Draws(stacked, torch.zeros_like(stacked[..., 0]) if amount is None else amount)

    @property
    def _parts(self) -> tuple[Rates | Amounts, ...]:
        return (*self.stages, self.amounts) if self.amounts else self.stages

    def _arranged(self, table: Tensor) -> Tensor:
        """[P, C] in the order of `persona_ids` and `axes`."""
        return table[list(self.rows)][:, list(self.columns)]

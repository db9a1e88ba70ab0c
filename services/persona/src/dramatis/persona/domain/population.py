"""All recipients of a tenant as columns, sorted by id: the input of everything that is fitted.

R recipients, E exposures (one per recipient and campaign that was sent), C campaigns, G stages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats, Indices, Mask
from dramatis.core.attributes import Attributes, Values
from dramatis.core.campaign import MICROS, Stage
from dramatis.persona.domain.profile import Profile

SECONDS_PER_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Population:
    """Recipients who may be profiled, and what was sent to them.

    Attributes:
        recipient_ids: [R], rising.
        attributes: [R].
        campaign_ids: [C], rising; every campaign that was sent to somebody.
        recipient: [E] index of the recipient.
        campaign: [E] index of the campaign.
        stages: [E] sum of 1 << stage over the stages reached.
        amount: [E] sum of the amounts in currency units.
        sent: [E] when it was sent last, seconds since 1970.
        seen: [R] when an attribute came or something was sent, the last of it; 0 where nothing.
    """

    recipient_ids: tuple[str, ...]
    attributes: Sequence[Attributes]
    campaign_ids: tuple[str, ...]
    recipient: Indices
    campaign: Indices
    stages: Indices
    amount: Floats
    sent: Floats
    seen: Floats

    @property
    def days(self) -> Floats:
        """[E] when it was sent last, in days since 1970."""
        return self.sent / SECONDS_PER_DAY

    @property
    def newest(self) -> float:
        """When anybody was seen last, seconds since 1970; 0 where nobody was."""
        return float(self.seen.max(initial=0.0))

    @property
    def values(self) -> list[Values]:
        """[R] attributes without kinds, as `encode` takes them."""
        return [{name: a.value for name, a in row.items()} for row in self.attributes]

    def reached(self, stage: Stage) -> Mask:
        """[E] whether the stage was reached."""
        flags: Mask = (self.stages >> int(stage)) & 1 > 0
        return flags


def gather(profiles: Mapping[str, Profile], now: float) -> Population:
    """The population of these profiles by recipient id, at a moment, seconds since 1970."""
    ids = tuple(sorted(profiles))
    sent = [
        (at, campaign, exposure)
        for at, recipient_id in enumerate(ids)
        for campaign, exposure in sorted(profiles[recipient_id].exposures.items())
        if exposure.sent
    ]
    return assemble(
        ids,
        [profiles[each].attributes(now) for each in ids],
        [(at, campaign, e.stages, e.amount_micros) for at, campaign, e in sent],
        [e.last_time for _, _, e in sent],
        [max((known.time for known in profiles[each].known.values()), default=0.0) for each in ids],
    )


def assemble(
    recipient_ids: tuple[str, ...],
    attributes: Sequence[Attributes],
    rows: Sequence[tuple[int, str, int, int]],
    sent: Sequence[float] = (),
    changed: Sequence[float] = (),
) -> Population:
    """The population.

    Args:
        recipient_ids: [R], rising.
        attributes: [R].
        rows: [E] recipient index, campaign, stages, amount in micros; sorted.
        sent: [E] when each was sent last; left out, all at 0.
        changed: [R] when each one's attributes changed last; left out, all at 0.
    """
    campaign_ids = tuple(sorted({campaign for _, campaign, _, _ in rows}))
    place = {campaign: at for at, campaign in enumerate(campaign_ids)}
    table = np.array([(at, place[c], stages, micros) for at, c, stages, micros in rows], np.int64)
    recipient, campaign, stages, micros = table.reshape(-1, 4).T
    times = np.array(sent, dtype=float) if sent else np.zeros(len(rows))
    seen = np.array(changed, dtype=float) if changed else np.zeros(len(recipient_ids))
    np.maximum.at(seen, recipient, times)
    return Population(
        recipient_ids, attributes, campaign_ids, recipient, campaign, stages, micros / MICROS,
        times, seen,
    )  # fmt: skip

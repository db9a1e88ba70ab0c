"""What the stream makes of personas without being asked: one emerges, or all are formed anew.

R recipients, E exposures, P personas.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np

from dramatis.core import membership
from dramatis.core.arrays import Floats, Mask
from dramatis.core.encoding import encode
from dramatis.persona.domain import drift, emerging
from dramatis.persona.domain.chain import axes, reached
from dramatis.persona.domain.drift import DELTA
from dramatis.persona.domain.formed import HALF_LIFE_DAYS, Known, describe, form
from dramatis.persona.domain.moving import Anchor, fade
from dramatis.persona.domain.persona_event import PersonaEvent
from dramatis.persona.domain.population import Population
from dramatis.persona.domain.standing import Standing, establish

DAY_SECONDS: Final = 86_400.0


class Cause(StrEnum):
    """Why personas were formed."""

    BEGUN = "begun"
    ASKED = "asked"
    EMERGED = "emerged"
    DRIFTED = "drifted"


@dataclass(frozen=True, slots=True)
class Habits:
    """How a service lets personas live.

    Attributes:
        half_life_days: after this long what a recipient is like counts half.
        settle_days: an answer that has not come by then is taken for none.
        alarm_level: level of error at which a drift is believed; 0 for never.
        emerge: whether personas may emerge.
    """

    half_life_days: float = HALF_LIFE_DAYS
    settle_days: float = 7.0
    alarm_level: float = DELTA
    emerge: bool = True


Next = tuple[Standing, Sequence[PersonaEvent], Cause]


def live_on(
    standing: Standing, population: Population, known: Known, habits: Habits, now: datetime
) -> Next | None:
    """The standing that follows from what came since the personas were formed, if one does."""
    anchor, model = standing.anchor, standing.snapshot.membership
    if anchor is None or not len(population.recipient_ids):
        return None
    x = encode(model.encodings, population.values)
    new = population.seen > anchor.newest
    if habits.emerge and (found := emerging.find(model, x, new)):
        model, precision = emerging.extend(model, anchor, x, found.members)
        about = axes(population, known.campaign_ids, known.priced)
        weights = fade(population.seen, habits.half_life_days)
        formed = describe(population, about, model, precision, x, weights)
        why = f"{found.newcomers} recipients came whom no persona explained and who are alike"
        cause = Cause.EMERGED
    elif why := next(_drifts(standing, anchor, population, x, habits), ""):
        count = len(standing.personas.persona_ids)
        formed = form(population, known, 0, count, habits.half_life_days)
        cause = Cause.DRIFTED
    else:
        return None
    made, events = establish(
        standing.tenant, formed, population, standing, now, why, habits.half_life_days
    )
    return made, events, cause


def _drifts(
    standing: Standing, anchor: Anchor, population: Population, x: Floats, habits: Habits
) -> Iterator[str]:
    """Yields a sentence, without full stop, for each rate that changed since the forming."""
    streams = [
        *_answers(standing, anchor, population, habits),
        *_shares(standing, anchor, population, x),
    ]
    for what, flags in streams:
        total = np.concatenate([[0], np.cumsum(flags)])
        at = drift.cut(total, habits.alarm_level / len(streams)) if habits.alarm_level else None
        if at is not None:
            before, after = total[at] / at, (total[-1] - total[at]) / (len(flags) - at)
            yield f"{what} went from {before:.3g} to {after:.3g}"


def _answers(
    standing: Standing, anchor: Anchor, population: Population, habits: Habits
) -> Iterator[tuple[str, Mask]]:
    """Yields for each campaign whether those answered who got it since, in the order of sending."""
    about = standing.personas.evidence.axes
    flags = reached(population, about)[:, 0]
    settle = habits.settle_days * DAY_SECONDS
    since = (population.sent > anchor.newest - settle) & (
        population.sent <= population.newest - settle
    )
    order = np.argsort(population.sent, kind="stable")
    for at, campaign_id in enumerate(population.campaign_ids):
        rows = order[(since & (population.campaign == at))[order]]
        yield f"the rate of {about.stages[0].name.lower()} for {campaign_id!r}", flags[rows]


def _shares(
    standing: Standing, anchor: Anchor, population: Population, x: Floats
) -> Iterator[tuple[str, Mask]]:
    """Yields for each persona whether those seen since are closest to it, in their order."""
    order = np.argsort(population.seen, kind="stable")
    rows = order[population.seen[order] > anchor.newest]
    closest = membership.closest(standing.snapshot.membership, x[rows])
    for at, persona_id in enumerate(standing.personas.persona_ids):
        yield f"the share of {persona_id!r}", closest == at

"""All that a decision needs, compiled once per snapshot, campaigns and plan, and never changed.

A request takes one `Tables` and uses nothing else, so none sees half of two snapshots.

Letters: P personas, K campaigns that can be scored, D encoded columns.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from dramatis.core import plan as plans
from dramatis.core.arrays import Floats, Indices, Mask
from dramatis.core.campaign import CONTROL, MICROS, Campaign
from dramatis.core.encoding import names
from dramatis.core.errors import Invalid
from dramatis.core.evidence import Axes
from dramatis.core.membership import MembershipModel
from dramatis.core.plan import Plan
from dramatis.core.response import ResponseTable, appraise, reach
from dramatis.core.snapshot import Snapshot
from dramatis.prioritizer.domain.encoder import Encoder, compile_encodings
from dramatis.prioritizer.domain.ladder import Rung

LAYERS: Final = 4
SCORE, VALUE, BASELINE, RATE = range(LAYERS)
"""The layers of `Tables.means`."""


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """One tenant's tables.

    Attributes:
        snapshot_id, create_time: of the snapshot in them.
        plan_id: of the plan in them; "" where none is followed.
        rung: the best that they can answer from.
        persona_ids, persona_names: [P].
        weights: [P] shares of all recipients; sum to 1.
        membership: who is like whom.
        encoder: of its attributes.
        known: every campaign by id, also those that cannot be scored.
        campaigns: [K] those that can be, in the order of their ids.
        places: the index of each of them by id.
        means: [P, LAYERS, K] per persona: score in currency units, value and baseline before cost,
            response rate.
        variance: [P, K] of the response rate.
        labels: [K] id, cost in micros, and the stage that the rate is about: 0 where no response is
            worth anything.
        starts, ends: [K] seconds since 1970 between which each may be sent.
        paused: [K].
        everything: [K] all places.
        steady: whether all campaigns can be scored and sent, now and always.
    """

    snapshot_id: str
    create_time: datetime
    plan_id: str
    rung: Rung
    persona_ids: tuple[str, ...]
    persona_names: tuple[str, ...]
    weights: Floats
    membership: MembershipModel
    encoder: Encoder
    known: Mapping[str, Campaign]
    campaigns: tuple[Campaign, ...]
    places: Mapping[str, int]
    means: Floats
    variance: Floats
    labels: tuple[tuple[str, int, int], ...]
    starts: Floats
    ends: Floats
    paused: Mask
    everything: Indices
    steady: bool


def build(
    snapshot: Snapshot, known: Mapping[str, Campaign], plan: Plan | None, rung: Rung
) -> Tables:
    """The tables of a snapshot, at the prices of the campaigns, as the plan lets them count."""
    table, axes = snapshot.responses, snapshot.responses.axes
    campaigns = tuple(known[each] for each in sorted(known) if each in axes.campaign_ids)
    ids = [campaign.campaign_id for campaign in campaigns]
    worth = appraise(axes, table.rates, table.amount_mean, campaigns)
    followed = plan if plan is not None and fits(plan, snapshot) else None
    gain = worth.gain
    if followed is not None:
        gain = plans.follow(followed, gain, snapshot.persona_ids, ids)
    priority = np.array([campaign.priority for campaign in campaigns])
    columns = np.array([axes.campaign_ids.index(each) for each in ids], dtype=np.int64)
    reached = reach(axes, table.rates)[:, columns]
    amounts = table.amount_mean[:, columns]
    average = np.tensordot(snapshot.weights, reached, axes=1)
    stages = _stages(axes, average, snapshot.weights @ amounts, campaigns)
    rate, variance = _rates(table, reached, columns, stages)
    return Tables(
        snapshot_id=snapshot.snapshot_id,
        create_time=snapshot.create_time,
        plan_id="" if followed is None else followed.plan_id,
        rung=rung,
        persona_ids=snapshot.persona_ids,
        persona_names=snapshot.persona_names,
        weights=snapshot.weights / snapshot.weights.sum(),
        membership=snapshot.membership,
        encoder=compile_encodings(snapshot.membership.encodings),
        known=dict(known),
        campaigns=campaigns,
        places={each: place for place, each in enumerate(ids)},
        means=np.stack([gain * priority, worth.value, worth.baseline, rate], axis=1),
        variance=variance,
        labels=tuple(
            (each.campaign_id, each.cost_micros, 0 if at is None else int(axes.stages[at]))
            for each, at in zip(campaigns, stages, strict=True)
        ),
        starts=np.array([_seconds(each.start_time, -math.inf) for each in campaigns]),
        ends=np.array([_seconds(each.end_time, math.inf) for each in campaigns]),
        paused=np.array([each.paused for each in campaigns], dtype=bool),
        everything=np.arange(len(campaigns)),
        steady=0 < len(campaigns) == len(known) and all(map(_always, campaigns)),
    )


def check(snapshot: Snapshot) -> None:
    """Makes sure that a snapshot can be decided with, so that a bad one never replaces a good one.

    Raises:
        Invalid: its tables do not belong together, or hold impossible values.
    """
    model, table = snapshot.membership, snapshot.responses
    personas, columns = len(snapshot.persona_ids), len(names(model.encodings))
    cells = (personas, len(table.axes.campaign_ids), len(table.axes.stages))
    shapes = [
        (snapshot.weights, (personas,)),
        (model.slopes, (personas, columns)),
        (model.offsets, (personas,)),
        (table.alpha, cells),
        (table.beta, cells),
        (table.amount_mean, cells[:2]),
    ]
    if not personas or len(snapshot.persona_names) != personas:
        raise Invalid("a snapshot names at least one persona", field="persona_ids")
    if CONTROL not in table.axes.campaign_ids:
        raise Invalid(f"a snapshot holds {CONTROL!r}", field="responses.campaign_ids")
    for array, shape in shapes:
        if array.shape != shape or not np.isfinite(array).all():
            raise Invalid(f"a table of a snapshot is {shape} finite numbers, got {array.shape}")
    if not ((table.alpha > 0).all() and (table.beta > 0).all()):
        raise Invalid("counts of a snapshot are above 0", field="responses")
    if (snapshot.weights < 0).any() or snapshot.weights.sum() <= 0:
        raise Invalid("weights of a snapshot are shares", field="weights")
    for each in model.encodings:
        if not (math.isfinite(each.center) and 0 < each.scale < math.inf):
            raise Invalid(f"{each.attribute} has no scale", field="membership.encodings")


def fits(plan: Plan, snapshot: Snapshot) -> bool:
    """Whether a plan speaks of the personas of a snapshot; another one is not followed."""
    same = plan.persona_set_id == snapshot.persona_set_id
    return same or set(snapshot.persona_ids) <= plan.preferred.keys()


def _stages(
    axes: Axes, reached: Floats, amounts: Floats, campaigns: Sequence[Campaign]
) -> list[int | None]:
    """[K] index of the stage that brings each campaign most value (or harm) on average.

    Args:
        axes: names of the G stages.
        reached: [K, G] share of all recipients that get as far as each stage.
        amounts: [K] mean amount of a conversion.
        campaigns: whose prices count.
    """
    found: list[int | None] = []
    for place, campaign in enumerate(campaigns):
        brought = {
            at: abs(reached[place, at] * (each.value_micros / MICROS + share * amounts[place]))
            for each in campaign.values
            if each.stage in axes.stages
            for at, share in [(axes.stages.index(each.stage), each.amount_share)]
        }
        found.append(max(brought, key=brought.__getitem__) if brought else None)
    return found


def _rates(
    table: ResponseTable, reached: Floats, columns: Indices, stages: Sequence[int | None]
) -> tuple[Floats, Floats]:
    """[P, K] posterior mean of getting as far as each campaign's stage, and its variance.

    The stages of a chain are independent Betas, so the mean of the product's square is the product
    of the means of the squares.
    """
    total = (table.alpha + table.beta)[:, columns]
    mean = table.alpha[:, columns] / total
    square = reach(table.axes, mean * (1 - mean) / (total + 1) + mean**2)
    rate, variance = np.zeros(reached.shape[:2]), np.zeros(reached.shape[:2])
    for place, at in enumerate(stages):
        if at is not None:
            rate[:, place] = reached[:, place, at]
            variance[:, place] = square[:, place, at] - reached[:, place, at] ** 2
    return rate, np.maximum(variance, 0.0)


def _always(campaign: Campaign) -> bool:
    return campaign.start_time is None and campaign.end_time is None and not campaign.paused


def _seconds(time: datetime | None, otherwise: float) -> float:
    return otherwise if time is None else time.timestamp()

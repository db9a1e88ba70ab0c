"""The axes of a response model: which campaigns, which stages, in which order."""

from collections.abc import Iterable, Sequence
from typing import Final

from dramatis.core.campaign import CONTROL, Campaign, Stage
from dramatis.core.evidence import Axes

MESSAGE_STAGES: Final = frozenset(
    {Stage.DELIVERED, Stage.OPEN, Stage.CLICK, Stage.UNSUBSCRIBE, Stage.COMPLAIN}
)
"""Answers to a message: without one they do not happen."""

_FUNNEL: Final = ((Stage.DELIVERED, Stage.OPEN, Stage.CLICK), (Stage.VISIT, Stage.CONVERT))


def axes(observed: Axes, campaigns: Sequence[Campaign]) -> Axes:
    """The axes of evidence and campaigns together.

    Args:
        observed: of the evidence; its stages are kept where it has any.
        campaigns: those beside the evidence's; without evidence their values name the stages.

    Returns:
        `CONTROL`, the evidence's campaigns in their order, then further ones by id.
    """
    seen = [one for one in observed.campaign_ids if one != CONTROL]
    new = sorted({one.campaign_id for one in campaigns} - set(seen))
    ids = (CONTROL, *seen, *new)
    if observed.stages:
        return Axes(ids, observed.stages, observed.given)
    stages = tuple(sorted({value.stage for one in campaigns for value in one.values}))
    stages = stages or (Stage.VISIT,)
    return Axes(ids, stages, tuple(parent(stage, stages) for stage in stages))


def parent(stage: Stage, stages: Iterable[Stage]) -> Stage | None:
    """The stage that another is conditional on where nothing was observed yet.

    Answers to the message and what is done on the site are chains of their own: a recipient may
    visit without a message.

    >>> parent(Stage.CLICK, [Stage.OPEN, Stage.CLICK]), parent(Stage.VISIT, [Stage.CLICK])
    (<Stage.OPEN: 2>, None)
    """
    for chain in _FUNNEL:
        if stage in chain:
            before = [one for one in stages if one in chain and one < stage]
            return max(before, default=None)
    return None

"""Queues optimizations."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from dramatis.core.campaign import Campaign
from dramatis.core.errors import Conflict, Invalid, Unavailable
from dramatis.core.request import Request
from dramatis.optimizer.app.board import Board
from dramatis.optimizer.domain.job import Inputs, JobState, Optimization, Spec
from dramatis.optimizer.ports import Jobs, Knowledge, Known

MOST_DRAWN: Final = 5_000_000
"""Draws x personas x campaigns that are held in memory at a time: about a GB."""


async def create(
    request: Request, spec: Spec, jobs: Jobs, knowledge: Knowledge, board: Board, now: datetime
) -> Optimization:
    """The job that the request made, now or when it came first.

    Personas and campaigns are those known now: the job does not see later ones.

    Raises:
        Conflict: there are no personas yet, or no campaign is live.
        Invalid: a campaign is not known, there are more draws than memory holds, or the request id
            was used for something else.
        Unavailable: the personas of the newest snapshot have not arrived yet.
    """
    if before := await jobs.created(request):
        return before
    known = await knowledge.newest(request.tenant)
    inputs = select(known, spec.campaign_ids, now)
    filled = spec.filled(tuple(one.campaign_id for one in inputs.campaigns))
    check_size(inputs, filled)
    job = Optimization(request.tenant, name(request), filled, JobState.PENDING, now)
    job = await jobs.create(request, job, inputs)
    await board.tell()
    return job


def select(known: Known, campaign_ids: Sequence[str], now: datetime) -> Inputs:
    """The personas, and the campaigns to choose from: those named, or all that are live.

    Raises:
        Conflict: there are no personas yet, or no campaign is live.
        Invalid: a campaign is not known.
        Unavailable: the personas of the newest snapshot have not arrived yet.
    """
    if known.awaited:
        raise Unavailable(
            f"personas {known.awaited!r} are on their way", reason="NOT_CAUGHT_UP",
            retry_after_seconds=0.2,
        )  # fmt: skip
    if known.personas is None or not known.personas.persona_ids:
        raise Conflict("there are no personas yet: recluster first", reason="NO_PERSONAS")
    by_id = {one.campaign_id: one for one in known.campaigns}
    for place, campaign_id in enumerate(campaign_ids):
        if campaign_id not in by_id:
            field = f"spec.campaign_ids[{place}]"
            raise Invalid(f"{field}: there is no campaign {campaign_id!r}", field=field)
    live = [by_id[one] for one in sorted(by_id) if by_id[one].live(now)]
    campaigns: Sequence[Campaign] = [by_id[one] for one in sorted(campaign_ids)] or live
    if not campaigns:
        raise Conflict("no campaign is live", reason="NO_CAMPAIGNS")
    return Inputs(known.personas, tuple(campaigns))


def check_size(inputs: Inputs, spec: Spec) -> None:
    """Lets pass what fits into memory.

    Raises:
        Invalid: too many draws of too many personas and campaigns.
    """
    personas = inputs.personas
    known = {one.campaign_id for one in inputs.campaigns} | {*personas.evidence.axes.campaign_ids}
    cells = len(personas.persona_ids) * len(known)
    if spec.draw_count * cells > MOST_DRAWN:
        raise Invalid(
            f"draw_count is at most {MOST_DRAWN // cells:,} with {cells:,} personas x campaigns, "
            f"got {spec.draw_count:,}",
            reason="TOO_LARGE",
            field="spec.draw_count",
        )


def name(request: Request) -> str:
    """The id of the job that a request makes: the same whenever it comes."""
    text = f"{request.tenant}/{request.request_id}"
    return f"opt-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

"""Decides which plan is followed, and tells the log."""

import asyncio
from dataclasses import replace
from datetime import datetime

from dramatis.core.plan_record import PlanRecord, PlanState
from dramatis.core.request import Request
from dramatis.optimizer.app.board import Board
from dramatis.optimizer.domain import history
from dramatis.optimizer.domain.history import Move
from dramatis.optimizer.ports import Knowledge, Plans, PlanTopic


class Publisher:
    """Brings moves to the log in their order, each at least once."""

    def __init__(self, plans: Plans, topic: PlanTopic, board: Board) -> None:
        self._plans = plans
        self._board = board
        self._topic = topic
        self._turn = asyncio.Lock()

    async def announce(self) -> None:
        """Publishes a new move; whoever listens to the board goes on where this fails.

        Raises:
            Unavailable: the rest stays to be published.
        """
        await self._board.tell()
        await self.publish()

    async def publish(self) -> None:
        """Publishes what the log does not have yet.

        Raises:
            Unavailable: the rest stays to be published.
        """
        async with self._turn:
            for move in await self._plans.unpublished():
                await self._publish(move)

    async def _publish(self, move: Move) -> None:
        """Once, unless another process was faster with a newer move: that is the last then."""
        last: Move | None = move
        while last:
            token = await self._topic.publish(last, await followed(last, self._plans))
            last = await self._plans.published(last, token)


async def promote(
    request: Request,
    plan_id: str,
    plans: Plans,
    knowledge: Knowledge,
    publisher: Publisher,
    now: datetime,
) -> tuple[PlanRecord, str]:
    """The plan, from now on followed, and the log token that covers it.

    Raises:
        NotFound: the tenant has no such plan.
        Conflict: the gate says no, or it is promoted already.
        Invalid: the request id was used for something else.
        Unavailable: promoted, but not in the log yet; the same request goes on from there.
    """
    move = await plans.moved(request)
    if move is None:
        plan = await plans.get(request.tenant, plan_id)
        known = await knowledge.newest(request.tenant)
        history.admit(plan, known.personas.persona_set_id if known.personas else "")
        move = await plans.move(request, plan_id, now, history.promote)
    plan = replace(await plans.get(request.tenant, plan_id), state=PlanState.PROMOTED)
    return plan, await _published(request, move, plans, publisher)


async def roll_back(
    request: Request, plan_id: str, plans: Plans, publisher: Publisher, now: datetime
) -> tuple[PlanRecord | None, str]:
    """The plan that was followed before and is again, or None; and the log token.

    Raises:
        NotFound: the tenant has no such plan.
        Conflict: the plan is not the promoted one.
        Invalid: the request id was used for something else.
        Unavailable: rolled back, but not in the log yet; the same request goes on from there.
    """
    move = await plans.moved(request)
    if move is None:
        await plans.get(request.tenant, plan_id)
        move = await plans.move(request, plan_id, now, history.roll_back)
    return await followed(move, plans), await _published(request, move, plans, publisher)


async def followed(move: Move, plans: Plans) -> PlanRecord | None:
    """The plan that a move made the followed one."""
    if not move.follows:
        return None
    plan = await plans.get(move.tenant, move.follows)
    return replace(plan, state=PlanState.PROMOTED)


async def _published(request: Request, move: Move, plans: Plans, publisher: Publisher) -> str:
    if not move.log_token:
        await publisher.announce()
        move = await plans.moved(request) or move
    return move.log_token

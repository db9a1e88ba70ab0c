"""Which plan is followed, as the outcome of promotions and roll-backs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dramatis.core.errors import Conflict
from dramatis.core.plan_record import PlanRecord, PlanState
from dramatis.optimizer.domain.proposal import BEST_FIXED


class Kind(StrEnum):
    """What a move does."""

    PROMOTE = "promote"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Move:
    """One change of the plan that is followed.

    Attributes:
        number: in the order of all moves, from 1.
        tenant: whose plan.
        kind: what was done.
        plan_id: the plan that the caller named.
        follows: the plan that is followed from then on; "" for none.
        time: when.
        log_token: where the log has it; "" while it has not for certain.
    """

    number: int
    tenant: str
    kind: Kind
    plan_id: str
    follows: str
    time: datetime
    log_token: str = ""


def followed(moves: Iterable[Move]) -> list[str]:
    """The plans that roll-backs would go back through, the followed one last."""
    stack: list[str] = []
    for move in moves:
        if move.kind is Kind.PROMOTE:
            stack.append(move.plan_id)
        else:
            stack.pop()
    return stack


def promote(stack: Sequence[str], plan_id: str) -> str:
    """The plan to follow after a promotion.

    Raises:
        Conflict: it is followed already.
    """
    if stack and stack[-1] == plan_id:
        raise Conflict("the plan is promoted already", reason="ALREADY_PROMOTED")
    return plan_id


def roll_back(stack: Sequence[str], plan_id: str) -> str:
    """The plan to follow after a roll-back; "" for none.

    Raises:
        Conflict: the plan named is not the one that is followed.
    """
    if not stack or stack[-1] != plan_id:
        raise Conflict("the plan is not the promoted one", reason="NOT_PROMOTED")
    return stack[-2] if len(stack) > 1 else ""


def state(moves: Sequence[Move], plan_id: str) -> PlanState:
    """What became of a plan."""
    if moves and moves[-1].follows == plan_id:
        return PlanState.PROMOTED
    ever = any(move.follows == plan_id for move in moves)
    return PlanState.RETIRED if ever else PlanState.PROPOSED


def admit(plan: PlanRecord, persona_set_id: str) -> None:
    """Lets a plan pass that may be followed.

    Args:
        plan: to be promoted.
        persona_set_id: the newest set that is known.

    Raises:
        Conflict: it is made for other personas, or earns less than one action for everybody.
    """
    if plan.persona_set_id != persona_set_id:
        raise Conflict(
            "the plan is made for personas that are not the newest: optimize again",
            reason="STALE_PERSONAS",
            persona_set_id=plan.persona_set_id,
            newest_persona_set_id=persona_set_id,
        )
    mine, fixed = plan.value_of(plan.policy), plan.value_of(BEST_FIXED)
    if mine.held_out_value < fixed.held_out_value:
        raise Conflict(
            f"on draws held out the plan earns {mine.held_out_value:.6g} per recipient, "
            f"{plan.incumbent!r} for everybody {fixed.held_out_value:.6g}",
            reason="BELOW_INCUMBENT",
        )

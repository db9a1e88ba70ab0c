import pytest

from dramatis.core.errors import Conflict
from dramatis.core.plan_record import PlanState
from dramatis.optimizer.domain import history
from dramatis.optimizer.domain.history import Kind, Move
from tests.unit.optimizer import given


def moves(text: str) -> list[Move]:
    """From "+a +b -b": promotions and roll-backs, as the domain decides them."""
    made: list[Move] = []
    for number, word in enumerate(text.split(), start=1):
        kind = Kind.PROMOTE if word[0] == "+" else Kind.ROLLBACK
        decide = history.promote if kind is Kind.PROMOTE else history.roll_back
        follows = decide(history.followed(made), word[1:])
        made.append(Move(number, "acme", kind, word[1:], follows, given.NOW))
    return made


@pytest.mark.parametrize(
    ("text", "stack"),
    [("", ""), ("+a", "a"), ("+a +b", "ab"), ("+a +b -b", "a"), ("+a -a", ""),
     ("+a +b +a -a -b", "a"), ("+a +b -b +c -c", "a")],
)  # fmt: skip
def test_rollbacks_undo_promotions_in_turn(text: str, stack: str) -> None:
    made = moves(text)
    assert history.followed(made) == list(stack)
    assert (made[-1].follows if made else "") == stack[-1:]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("+a +a", "ALREADY_PROMOTED"), ("-a", "NOT_PROMOTED"), ("+a +b -a", "NOT_PROMOTED"),
     ("+a -a -a", "NOT_PROMOTED")],
)  # fmt: skip
def test_what_cannot_be(text: str, reason: str) -> None:
    with pytest.raises(Conflict) as caught:
        moves(text)
    assert caught.value.reason == reason


def test_states() -> None:
    made = moves("+a +b")
    assert [history.state(made, one).name for one in "abc"] == ["RETIRED", "PROMOTED", "PROPOSED"]
    assert history.state(moves("+a +b -b"), "a") is PlanState.PROMOTED
    assert history.state([], "a") is PlanState.PROPOSED


def test_the_gate_lets_pass_what_is_new_and_no_worse_than_the_incumbent() -> None:
    history.admit(given.plan(value=0.5, fixed=0.5), "set-1")


@pytest.mark.parametrize(
    ("value", "newest", "reason"),
    [(1.0, "set-2", "STALE_PERSONAS"), (1.0, "", "STALE_PERSONAS"),
     (0.4, "set-1", "BELOW_INCUMBENT")],
)  # fmt: skip
def test_the_gate_refuses(value: float, newest: str, reason: str) -> None:
    with pytest.raises(Conflict) as caught:
        history.admit(given.plan(value=value, fixed=0.5), newest)
    assert caught.value.reason == reason

import pytest

from dramatis.api.simulator.v1 import simulator_pb2 as pb
from dramatis.core.errors import Invalid
from dramatis.runtime.identity import enter
from dramatis.runtime.requests import LONGEST_ID, check_id, identify, patience, required


class Call:
    """What gRPC says of a call's deadline."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds

    def time_remaining(self) -> float | None:
        return self._seconds


def cancel(request_id: str, simulation_id: str = "s") -> pb.CancelSimulationRequest:
    return pb.CancelSimulationRequest(request_id=request_id, simulation_id=simulation_id)


def test_the_same_body_is_the_same_request() -> None:
    enter("acme")
    one, again = (identify("Cancel", cancel("r")) for _ in range(2))
    assert one == again
    assert one.tenant == "acme"
    assert identify("Cancel", cancel("r", "other")).digest != one.digest
    assert identify("Create", cancel("r")) != one


@pytest.mark.parametrize(
    ("request_id", "reason"),
    [("", "REQUEST_ID_MISSING"), ("r" * (LONGEST_ID + 1), "INVALID"), ("r\0", "INVALID")],
)
def test_a_request_has_an_id_that_can_be(request_id: str, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        identify("Cancel", cancel(request_id))
    assert caught.value.metadata["field"] == "request_id"
    assert caught.value.reason == reason


@pytest.mark.parametrize("text", ["", "a\0b", "x" * (LONGEST_ID + 1)])
def test_ids_that_no_store_can_hold(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_id(text, "recipients[3].recipient_id")
    assert caught.value.metadata["field"] == "recipients[3].recipient_id"


def test_an_id_of_any_length_may_be_asked_for() -> None:
    assert required("x" * 1000, "plan_id") == "x" * 1000


@pytest.mark.parametrize("text", ["", "\0"])
def test_what_nothing_is_called(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        required(text, "plan_id")
    assert caught.value.metadata["field"] == "plan_id"


def test_a_call_waits_within_its_deadline() -> None:
    assert patience(Call(None), 30.0) == 30.0
    assert 4 < patience(Call(5.0), 30.0) < 5
    assert patience(Call(0.01), 30.0) == 0.0

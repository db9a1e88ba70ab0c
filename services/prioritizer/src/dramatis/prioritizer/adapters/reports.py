"""Confirmations and outcomes from the wire, and what became of them back to it."""

from collections.abc import Sequence
from typing import Final

from dramatis.api.common.v1 import item_pb2
from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb
from dramatis.core.errors import DramatisError, Invalid
from dramatis.prioritizer.domain.feedback import Confirmation, Report, Response, SendOutcome
from dramatis.prioritizer.ports import Settled
from dramatis.wire.campaigns import to_stage
from dramatis.wire.errors import from_error
from dramatis.wire.times import from_timestamp

MAX_REPORTS: Final = 10_000
MAX_ID: Final = 128


def check(request_id: str, count: int, field: str) -> None:
    """Makes sure that a request as a whole can be taken.

    Raises:
        Invalid: it cannot; `field` in its metadata says why.
    """
    if not request_id:
        raise Invalid("request_id is missing", reason="REQUEST_ID_MISSING", field="request_id")
    if len(request_id) > MAX_ID:
        raise Invalid(f"request_id has at most {MAX_ID} characters", field="request_id")
    if not 1 <= count <= MAX_REPORTS:
        raise Invalid(
            f"{field}: 1..{MAX_REPORTS} per call, got {count}", reason="BATCH_SIZE", field=field
        )


def to_confirmations(
    messages: Sequence[pb.SendConfirmation],
) -> Sequence[Report | DramatisError]:
    """Each confirmation, or why it cannot be read."""
    return [_confirmation(one, f"confirmations[{at}]") for at, one in enumerate(messages)]


def _confirmation(message: pb.SendConfirmation, path: str) -> Report | DramatisError:
    if not message.HasField("outcome_time"):
        return _missing(f"{path}.outcome_time")
    if not message.decision_id:
        return _missing(f"{path}.decision_id")
    if not 1 <= message.outcome <= len(SendOutcome):
        return _missing(f"{path}.outcome")
    try:
        time = from_timestamp(message.outcome_time, f"{path}.outcome_time")
    except Invalid as error:
        return error
    return Confirmation(
        message.decision_id, message.campaign_id, SendOutcome(message.outcome), time
    )


def to_responses(messages: Sequence[pb.Outcome]) -> Sequence[Report | DramatisError]:
    """Each outcome, or why it cannot be read."""
    return [_response(one, f"outcomes[{at}]") for at, one in enumerate(messages)]


def _response(message: pb.Outcome, path: str) -> Report | DramatisError:
    if not message.HasField("outcome_time"):
        return _missing(f"{path}.outcome_time")
    if not message.decision_id:
        return _missing(f"{path}.decision_id")
    if not 1 <= len(message.outcome_id) <= MAX_ID:
        return Invalid(f"{path}.outcome_id has 1..{MAX_ID} characters", field=f"{path}.outcome_id")
    if message.amount.micros < 0:
        return Invalid(f"{path}.amount is 0 or more", field=f"{path}.amount")
    try:
        time = from_timestamp(message.outcome_time, f"{path}.outcome_time")
        stage = to_stage(message.stage, f"{path}.stage")
    except Invalid as error:
        return error
    return Response(
        message.decision_id, message.outcome_id, stage, time, message.amount.micros,
        message.machine,
    )  # fmt: skip


def to_results(settled: Sequence[Settled]) -> Sequence[item_pb2.ItemResult]:
    """What became of each report."""
    return [
        item_pb2.ItemResult(
            outcome=item_pb2.ItemOutcome.ValueType(int(each.fate)),
            error=None if each.error is None else from_error(each.error),
        )
        for each in settled
    ]


def _missing(field: str) -> Invalid:
    return Invalid(f"{field} is missing", field=field)

"""Response tables as messages: small ones to the last bit, large ones rounded and packed.

What a reader of a packed table finds, and so what whoever wrote it has to go on with: rates, and
one minus rates, within 0.1 % of what they were, amounts too; alpha + beta and the errors of
amounts within 3.2 %. Packing what was packed before changes nothing.
"""

from typing import Final

import numpy as np

from dramatis.api.persona.v1 import snapshot_pb2 as pb
from dramatis.core.arrays import Floats
from dramatis.core.errors import Invalid
from dramatis.core.response import ResponseTable
from dramatis.wire.axes import from_stages, to_axes
from dramatis.wire.grids import (
    COARSE,
    FINE,
    Integers,
    amounts,
    logs,
    round_amounts,
    round_logs,
)
from dramatis.wire.planes import pack, unpack
from dramatis.wire.tensors import from_tensor, to_tensor

MOST_EXACT_BYTES: Final = 256 * 1024
"""Tables that take more than this as they are get packed."""
MOST_CELLS: Final = 1 << 26
"""Personas times campaigns of a packed table; one that claims more is not unpacked."""
VERSION: Final = 1


def from_responses(table: ResponseTable) -> pb.ResponseTable:
    """The message of a table."""
    message = pb.ResponseTable(
        campaign_ids=table.axes.campaign_ids,
        stages=from_stages(table.axes.stages),
        given_stages=from_stages(table.axes.given),
        forecast_weights=to_tensor(table.forecast_weights),
        forecast_weights_lower=to_tensor(table.forecast_weights_lower),
        forecast_weights_upper=to_tensor(table.forecast_weights_upper),
        amount_forecast_weight=table.amount_forecast_weight,
    )
    exact = (table.alpha, table.beta, table.amount_mean, table.amount_error)
    if sum(each.nbytes for each in exact) > MOST_EXACT_BYTES:
        message.packed.CopyFrom(_pack(table))
        return message
    for field, each in zip(("alpha", "beta", "amount_mean", "amount_error"), exact, strict=True):
        getattr(message, field).CopyFrom(to_tensor(each))
    return message


def to_responses(message: pb.ResponseTable, personas: int) -> ResponseTable:
    """The table that a message holds.

    Args:
        message: of a table.
        personas: how many personas it has to have, if it is packed.

    Raises:
        Invalid: it is damaged, or packed by a code that is not known here.
    """
    read = _unpack(message, personas) if message.HasField("packed") else _exact(message)
    alpha, beta, amount_mean, amount_error = read
    lower, upper = _interval(message)
    return ResponseTable(
        axes=to_axes(message.campaign_ids, message.stages, message.given_stages),
        alpha=alpha,
        beta=beta,
        amount_mean=amount_mean,
        amount_error=amount_error,
        forecast_weights=from_tensor(message.forecast_weights),
        forecast_weights_lower=lower,
        forecast_weights_upper=upper,
        amount_forecast_weight=message.amount_forecast_weight,
    )


def _interval(message: pb.ResponseTable) -> tuple[Floats, Floats]:
    """Of the forecast weights. Releases that knew no interval wrote the weights alone."""
    if not message.HasField("forecast_weights_lower"):
        return (from_tensor(message.forecast_weights),) * 2
    return (
        from_tensor(message.forecast_weights_lower),
        from_tensor(message.forecast_weights_upper),
    )


_Tables = tuple[Floats, Floats, Floats, Floats]
"""Alpha, beta, mean amounts and their errors."""


def _exact(message: pb.ResponseTable) -> _Tables:
    return (
        from_tensor(message.alpha),
        from_tensor(message.beta),
        from_tensor(message.amount_mean),
        from_tensor(message.amount_error),
    )


def _pack(table: ResponseTable) -> pb.PackedResponses:
    stages = range(len(table.axes.stages))
    return pb.PackedResponses(
        version=VERSION,
        logits=[pack(_logits(table, stage)) for stage in stages],
        totals=[pack(_totals(table, stage)) for stage in stages],
        amount_means=pack(round_amounts(table.amount_mean, FINE)),
        amount_errors=pack(round_amounts(table.amount_error, COARSE)),
    )


def _logits(table: ResponseTable, stage: int) -> Integers:
    return round_logs(np.log(table.alpha[..., stage] / table.beta[..., stage]), FINE)


def _totals(table: ResponseTable, stage: int) -> Integers:
    return round_logs(np.log(table.alpha[..., stage] + table.beta[..., stage]), COARSE)


def _unpack(message: pb.ResponseTable, personas: int) -> _Tables:
    packed, campaigns, stages = message.packed, len(message.campaign_ids), len(message.stages)
    if packed.version != VERSION:
        raise Invalid(
            f"packed tables of version {packed.version} cannot be read: update this service",
            reason="PACKED_VERSION",
            field="responses.packed.version",
        )
    if not len(packed.logits) == len(packed.totals) == stages:
        raise Invalid("a packed table has two parts per stage", field="responses.packed.logits")
    if personas * campaigns > MOST_CELLS:
        raise Invalid(f"a packed table of {personas} x {campaigns}", field="responses.packed")
    size = (personas, campaigns)
    alpha, beta = np.empty((2, *size, stages))
    for stage, parts in enumerate(zip(packed.logits, packed.totals, strict=True)):
        alpha[..., stage], beta[..., stage] = _counts(*(unpack(each, *size) for each in parts))
    return (
        alpha,
        beta,
        amounts(unpack(packed.amount_means, *size), FINE),
        amounts(unpack(packed.amount_errors, *size), COARSE),
    )


def _counts(logits: Integers, totals: Integers) -> tuple[Floats, Floats]:
    """[P, C] alpha and beta."""
    odds, total = np.exp(logs(logits, FINE)), np.exp(logs(totals, COARSE))
    beta = total / (1 + odds)
    return beta * odds, beta

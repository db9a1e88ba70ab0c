"""The axes of response tables as messages."""

from collections.abc import Iterable

from dramatis.api.common.v1 import stage_pb2
from dramatis.core.campaign import Stage
from dramatis.core.evidence import Axes
from dramatis.wire.campaigns import from_stage


def to_axes(campaign_ids: Iterable[str], stages: Iterable[int], given: Iterable[int]) -> Axes:
    """The axes that a message's fields tell; given stage 0 is the send itself."""
    before = tuple(Stage(stage) if stage else None for stage in given)
    return Axes(tuple(campaign_ids), tuple(map(Stage, stages)), before)


def from_stages(stages: Iterable[Stage | None]) -> list[stage_pb2.Stage.ValueType]:
    """A field of stages; None is unspecified."""
    return [from_stage(stage) for stage in stages]

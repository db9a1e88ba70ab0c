"""A signal of the contract as persona understands it."""

from dramatis.api.common.v1 import signal_pb2 as pb
from dramatis.persona.domain.signals import Signal
from dramatis.wire.times import from_timestamp


def to_signal(message: pb.Signal) -> Signal:
    """Where the language is not understood there is no score: that is not the same as neutral.

    Raises:
        Invalid: it has no time.
    """
    said = message.sentiment
    return Signal(
        signal_id=message.signal_id,
        topic=message.topic,
        region_code=message.region_code,
        score=said.score if said.supported else None,
        intensity=message.intensity,
        time=from_timestamp(message.signal_time, "signal_time").timestamp(),
    )

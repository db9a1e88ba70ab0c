"""Signals of connectors as the contract writes them."""

from dramatis.api.common.v1 import signal_pb2
from dramatis.ingest.adapters.grpc_items import to_signal
from dramatis.ingest.domain.feeds.world_signal import WorldSignal
from dramatis.ingest.domain.incoming import IncomingSignal
from dramatis.wire.times import to_timestamp


def encode(signal: WorldSignal) -> IncomingSignal:
    """The bytes for the log; checked like everybody's."""
    said = signal.sentiment
    message = signal_pb2.Signal(
        signal_id=signal.signal_id,
        kind=signal_pb2.SignalKind.ValueType(signal.kind),
        topic=signal.topic,
        entities=[_sound(each) for each in signal.entities],
        region_code=signal.region_code,
        language_code=signal.language_code,
        intensity=signal.intensity,
        source=signal.source,
        signal_time=to_timestamp(signal.time),
        withdraws_signal_id=signal.withdraws,
    )
    if not signal.withdraws:
        message.sentiment.CopyFrom(signal_pb2.Sentiment(supported=said.supported, score=said.score))
    return to_signal(message)


def _sound(text: str) -> str:
    """Without lone surrogates, which no protobuf text can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")

"""Whether the brokers still answer a consumer that gets no records, and where its ends are."""

from collections.abc import Collection, Mapping
from typing import Any

from aiokafka import TopicPartition

SILENT_SECONDS = 3.0  # an empty answer comes twice a second
SILENT_JOINING_SECONDS = 30.0  # a rebalance may take that long
STOPPED_SECONDS = 120.0


class Pulse:
    """Watches the times of the answers that a consumer got.

    The consumer itself goes on trying without a word, and comes back by itself as a rule.
    """

    def __init__(self, silent_seconds: float = SILENT_SECONDS) -> None:
        self._silent_seconds = silent_seconds
        self._times: dict[TopicPartition, int] = {}
        self._silence = 0.0

    @property
    def weak(self) -> bool:
        """Whether nothing has been heard for so long that something is wrong."""
        return self._silence > self._silent_seconds

    @property
    def stopped(self) -> bool:
        """Whether another consumer had better try."""
        return self._silence > STOPPED_SECONDS

    def heard(self) -> None:
        """Records came."""
        self._times.clear()
        self._silence = 0.0

    def wait(self, waited_seconds: float) -> None:
        """A poll waited, and no answer could have come."""
        self._silence += waited_seconds

    def listen(
        self, consumer: Any, partitions: Collection[TopicPartition], waited_seconds: float
    ) -> Mapping[TopicPartition, int]:
        """A poll waited and got nothing; returns the ends of partitions that hold nothing more.

        An answer that came between two polls without records held none: what lies between the
        consumer's place and the end that the answer names was compacted.
        """
        found = {at: consumer.last_poll_timestamp(at) for at in partitions}
        times = {at: time for at, time in found.items() if time}
        progress = any(time > self._times.get(at, 0) for at, time in times.items())
        ends = {
            at: consumer.highwater(at)
            for at, time in times.items()
            if time > self._times.get(at, time)
        }
        self._times = times
        self._silence = 0.0 if progress or not partitions else self._silence + waited_seconds
        return ends

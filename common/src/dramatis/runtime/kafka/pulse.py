"""Whether the brokers still answer a consumer that gets no records, and where its ends are."""

from collections.abc import Collection, Mapping
from typing import Any

from aiokafka import TopicPartition

from dramatis.core.errors import Unavailable

SILENT_SECONDS = 3.0  # an empty answer comes twice a second


class Pulse:
    """Watches the times of the answers that a consumer got.

    The consumer itself goes on trying without a word.
    """

    def __init__(self) -> None:
        self._times: dict[TopicPartition, int] = {}
        self._silence = 0.0

    def heard(self) -> None:
        """Records came."""
        self._times.clear()
        self._silence = 0.0

    def silent(
        self, consumer: Any, partitions: Collection[TopicPartition], waited_seconds: float
    ) -> Mapping[TopicPartition, int]:
        """A poll waited and got nothing; returns the ends of partitions that hold nothing more.

        An answer that came between two polls without records held none: what lies between the
        consumer's place and the end that the answer names was compacted.

        Raises:
            Unavailable: nothing has been heard for too long.
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
        if self._silence > SILENT_SECONDS:
            raise Unavailable("the event log cannot be read at the moment", reason="LOG_AWAY")
        return ends

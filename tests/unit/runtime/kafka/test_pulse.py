from dataclasses import dataclass, field

from aiokafka import TopicPartition

from dramatis.runtime.kafka.pulse import Pulse

AT = TopicPartition("t", 0)


@dataclass
class Heard:
    """A consumer's memory of the last answer, by partition: milliseconds and the end it named."""

    answers: dict[TopicPartition, tuple[int, int]] = field(default_factory=dict)

    def last_poll_timestamp(self, at: TopicPartition) -> int | None:
        return self.answers[at][0] if at in self.answers else None

    def highwater(self, at: TopicPartition) -> int:
        return self.answers[at][1]


def test_an_answer_between_two_empty_polls_held_nothing() -> None:
    pulse, heard = Pulse(), Heard({AT: (1_000, 7)})
    assert pulse.listen(heard, [AT], 0.5) == {}  # its records may have come before
    heard.answers[AT] = (1_500, 9)
    assert pulse.listen(heard, [AT], 0.5) == {AT: 9}
    assert pulse.listen(heard, [AT], 0.5) == {}


def test_without_answers_it_weakens_and_stops() -> None:
    pulse, heard = Pulse(), Heard()
    for _ in range(3):
        pulse.listen(heard, [AT], 1.0)
    assert not pulse.weak
    pulse.listen(heard, [AT], 1.0)
    assert pulse.weak
    assert not pulse.stopped
    heard.answers[AT] = (1_000, 0)
    pulse.listen(heard, [AT], 1.0)
    assert not pulse.weak
    pulse.listen(heard, [AT], 200.0)
    assert pulse.stopped
    pulse.heard()
    assert not pulse.weak


def test_a_member_without_partitions_hears_nothing_and_is_well() -> None:
    pulse = Pulse()
    pulse.listen(Heard(), [], 1_000.0)
    assert not pulse.weak


def test_joining_may_take_longer() -> None:
    pulse = Pulse(silent_seconds=30)
    pulse.wait(29)
    assert not pulse.weak
    pulse.wait(2)
    assert pulse.weak

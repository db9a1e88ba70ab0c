from dramatis.ingest.app.noted import Noted
from dramatis.runtime.event_log import Position


def places(*offsets: int) -> list[Position]:
    return [Position("recipient-events", 0, each) for each in offsets]


def test_a_place_is_taken_once() -> None:
    noted = Noted()
    noted.add(places(1, 2))
    assert noted.take(0, 1)
    assert not noted.take(0, 1)
    assert not noted.take(1, 2)
    assert noted.take(0, 2)


def test_the_oldest_are_forgotten() -> None:
    noted = Noted(bound=2)
    noted.add(places(1, 2, 3))
    assert [noted.take(0, each) for each in (1, 2, 3)] == [False, True, True]

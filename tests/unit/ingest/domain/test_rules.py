from datetime import timedelta

import pytest

from dramatis.core.consent import DataType
from dramatis.core.errors import Invalid
from dramatis.ingest.domain import rules
from dramatis.ingest.domain.incoming import IncomingEvent
from dramatis.ingest.domain.rules import Known, Limits, Setting
from dramatis.ingest.domain.verdict import ACCEPTED, DUPLICATE, Outcome, Verdict
from tests.unit.ingest.fakes import NOW

LIMITS = Limits(max_event_bytes=100)


def event(**fields: object) -> IncomingEvent:
    plain = {"event_id": "e1", "recipient_id": "r1", "time": NOW, "value": b"v", "texts": ["r1"]}
    return IncomingEvent(**{**plain, **fields})  # type: ignore[arg-type]


def judge(event: IncomingEvent, known: Known | None = None) -> Verdict:
    return rules.judge(event, Setting(LIMITS, known or Known(), NOW))


def reason(verdict: Verdict) -> str:
    return verdict.error.reason if verdict.error else ""


def test_a_good_event_is_accepted() -> None:
    assert judge(event()) is ACCEPTED


@pytest.mark.parametrize(("size", "good"), [(100, True), (101, False)])
def test_size(size: int, good: bool) -> None:
    verdict = judge(event(value=b"x" * size))
    assert (verdict is ACCEPTED) == good
    assert verdict.rule == ("append" if good else "size")


def test_schema() -> None:
    fault = Invalid("no", reason="INVALID_FIELD", field="event_time")
    verdict = judge(event(fault=fault))
    assert (verdict.outcome, verdict.rule, verdict.error) == (Outcome.REJECTED, "schema", fault)


@pytest.mark.parametrize(("minutes", "good"), [(-10_000, True), (5, True), (5.1, False)])
def test_clock_quarantines_the_future(minutes: float, good: bool) -> None:
    verdict = judge(event(time=NOW + timedelta(minutes=minutes)))
    assert verdict.outcome == (Outcome.ACCEPTED if good else Outcome.QUARANTINED)
    assert reason(verdict) == ("" if good else "EVENT_FROM_FUTURE")


@pytest.mark.parametrize(
    ("denied", "behaviour", "stop", "good"),
    [
        ((), True, "", True),
        ((DataType.ALL,), True, "", False),
        ((DataType.ALL,), False, "", False),
        ((DataType.BEHAVIOUR,), True, "", False),
        ((DataType.BEHAVIOUR,), False, "", True),
        ((DataType.LOCATION,), True, "", True),
        ((DataType.ALL,), True, "unsubscribed", True),
    ],
)
def test_consent(denied: tuple[DataType, ...], behaviour: bool, stop: str, good: bool) -> None:
    verdict = judge(event(behaviour=behaviour, stop=stop), Known(denied={"r1": denied}))
    assert (verdict is ACCEPTED) == good
    assert reason(verdict) == ("" if good else "PROFILING_DENIED")


def test_nothing_is_kept_of_the_erased_not_even_that_they_unsubscribe() -> None:
    verdict = judge(event(stop="unsubscribed"), Known(erased={"r1"}))
    assert (verdict.rule, reason(verdict)) == ("consent", "RECIPIENT_ERASED")


@pytest.mark.parametrize(
    ("text", "good"),
    [("r-17@web", True), ("ann@example.org", False), ("<Ann.B+c@mail.example.org>", False)],
)
def test_minimise(text: str, good: bool) -> None:
    verdict = judge(event(recipient_id=text, texts=[text]))
    assert (verdict is ACCEPTED) == good
    assert reason(verdict) == ("" if good else "RAW_EMAIL_ADDRESS")
    assert text not in (verdict.error.message if verdict.error else "")


def test_deduplicate() -> None:
    assert judge(event(), Known(seen={"e1"})) is DUPLICATE


def test_what_is_wrong_is_not_called_a_duplicate() -> None:
    verdict = judge(event(value=b"x" * 101), Known(seen={"e1"}))
    assert verdict.rule == "size"

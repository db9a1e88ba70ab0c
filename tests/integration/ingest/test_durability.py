"""What was acknowledged is in the log, whatever happens to the process or the disk."""

import asyncio
import ctypes
import resource
from collections.abc import AsyncIterator, Set
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest

from dramatis.api.common.v1 import consent_pb2, event_pb2, item_pb2, recipient_pb2
from dramatis.api.ingest.v1 import ingest_pb2 as pb
from dramatis.runtime import status
from tests.integration.ingest.conftest import KEYS, Connect, Start
from tests.servers.sealed import sealed_log

BATCH = 50
METADATA = (("authorization", f"Bearer {KEYS['acme']}"),)


def batch(number: int, size: int = 100) -> pb.PublishEventsRequest:
    request = pb.PublishEventsRequest(request_id=f"q{number}")
    for each in range(BATCH):
        event = request.events.add(event_id=f"e{number}-{each}", recipient_id=f"r{each}")
        event.event_time.FromSeconds(1_760_000_000 + number)
        event.message.kind = event_pb2.MESSAGE_EVENT_KIND_SENT
        event.message.detail = "x" * size
    return request


def ids(request: pb.PublishEventsRequest) -> Set[str]:
    return {event.event_id for event in request.events}


async def logged(state_dir: Path) -> Set[str]:
    """Ids of the events in the log."""
    found: set[str] = set()
    topics = ["recipient-events"]
    async with sealed_log(state_dir) as log, log.tail(topics) as records:
        end = await log.end(topics)
        while not records.position.covers(end):
            found |= {each.event_id for each in await records.poll(10_000, 1.0)}
    return found


async def test_kill_9_while_events_pour_in_loses_nothing(start: Start, connect: Connect) -> None:
    acked: set[str] = set()
    for life in range(3):
        ingest = start()
        stub = connect(ingest.port())
        for number in range(life * 1000, life * 1000 + 1000):
            if number % 1000 == 15 + 7 * life:
                ingest.process.kill()
            try:
                answer = await stub.PublishEvents(batch(number), timeout=2)
            except grpc.aio.AioRpcError:
                break
            assert {each.outcome for each in answer.results} == {item_pb2.ITEM_OUTCOME_ACCEPTED}
            acked |= ids(batch(number))
        ingest.kill()
    assert len(acked) >= 3 * 15 * BATCH
    assert acked <= await logged(ingest.state_dir)


async def test_after_kill_9_the_same_request_gets_the_same_answer(
    start: Start, connect: Connect
) -> None:
    ingest = start()
    first = await connect(ingest.port()).PublishEvents(batch(1), timeout=5)
    ingest.kill()
    stub = connect(start().port())
    assert await stub.PublishEvents(batch(1), timeout=5) == first
    again = pb.PublishEventsRequest(request_id="other", events=batch(1).events)
    answer = await stub.PublishEvents(again, timeout=5)
    assert {each.outcome for each in answer.results} == {item_pb2.ITEM_OUTCOME_DUPLICATE}


async def held_of(stub: Any, recipient_id: str) -> pb.GetRecipientDataResponse:
    """What is held of a recipient, once anything is."""
    request = pb.GetRecipientDataRequest(recipient_id=recipient_id)
    held = pb.GetRecipientDataResponse()
    while not held.events:
        with suppress(grpc.aio.AioRpcError):
            held = await stub.GetRecipientData(request, timeout=5)
        await asyncio.sleep(0.02)
    return held


async def test_what_the_store_missed_is_taken_in_from_the_log(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    """The process died between log and store: as if it had never had the store."""
    ingest = start()
    await connect(ingest.port()).PublishEvents(batch(1), timeout=5)
    ingest.kill()
    for file in (tmp_path / "state").glob("ingest.sqlite3*"):
        file.unlink()
    stub = connect(start().port())
    async with asyncio.timeout(10):
        held = await held_of(stub, "r3")
    assert [event.event_id for event in held.events] == ["e1-3"]


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))


async def test_a_full_disk_is_unavailable_and_loses_nothing(start: Start, connect: Connect) -> None:
    ingest = start(preexec_fn=limited)
    stub = connect(ingest.port())
    acked: set[str] = set()
    failures: list[grpc.aio.AioRpcError] = []
    for number in range(100):
        try:
            await stub.PublishEvents(batch(number, size=1_000), timeout=10)
        except grpc.aio.AioRpcError as error:
            failures.append(error)
            if len(failures) == 3:
                break
        else:
            acked |= ids(batch(number))
    assert acked
    assert {error.code() for error in failures} == {grpc.StatusCode.UNAVAILABLE}
    assert "space" in (failures[0].details() or "")
    assert status.retry_info(failures[0]) is not None
    assert ingest.process.poll() is None, "it lives on, and serves again when there is space"
    ingest.kill()
    assert acked <= await logged(ingest.state_dir)

    stub = connect(start().port())  # there is space again: what was not acked goes in now
    answer = await stub.PublishEvents(batch(number, size=1_000), timeout=10)
    assert item_pb2.ITEM_OUTCOME_REJECTED not in {each.outcome for each in answer.results}
    assert acked | ids(batch(number)) <= await logged(ingest.state_dir)


async def test_a_nearly_full_disk_is_kept_for_the_rights_of_recipients(
    start: Start, connect: Connect
) -> None:
    first = start()
    await connect(first.port()).PublishEvents(batch(1), timeout=10)
    first.kill()
    ingest = start(settings={"DRAMATIS_INGEST_MIN_FREE_MEGABYTES": str(1 << 30)})
    stub = connect(ingest.port())

    async def window() -> AsyncIterator[pb.StreamEventsRequest]:
        yield pb.StreamEventsRequest(sequence=1, events=batch(2).events)

    for call in (
        stub.PublishEvents(batch(2), timeout=20),
        stub.UpsertRecipients(
            pb.UpsertRecipientsRequest(
                request_id="q", recipients=[recipient_pb2.Recipient(recipient_id="r1")]
            ),
            timeout=20,
        ),
        anext(aiter(stub.StreamEvents(window(), timeout=20, metadata=METADATA))),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        info, retry = status.error_info(caught.value), status.retry_info(caught.value)
        assert info is not None
        assert info.reason == "DISK_NEARLY_FULL"
        assert retry is not None
        assert retry.retry_delay.seconds > 0
    said = consent_pb2.Consent(
        purpose=consent_pb2.CONSENT_PURPOSE_PROFILING, state=consent_pb2.CONSENT_STATE_DENIED
    )
    said.consent_time.FromSeconds(1_760_000_000)
    statement = pb.ConsentStatement(recipient_id="r1", consent=said)
    request = pb.RecordConsentRequest(request_id="c", statements=[statement])
    answer = await stub.RecordConsent(request, timeout=20)
    assert [each.outcome for each in answer.results] == [item_pb2.ITEM_OUTCOME_ACCEPTED]
    await stub.EraseRecipient(
        pb.EraseRecipientRequest(request_id="e", recipient_id="r2"), timeout=20
    )
    shown = await stub.GetRecipientData(pb.GetRecipientDataRequest(recipient_id="r1"), timeout=20)
    assert [each.event_id for each in shown.events] == ["e1-1"]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetRecipientData(pb.GetRecipientDataRequest(recipient_id="r2"), timeout=20)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def mortal() -> None:
    """Takes from root what lets it write where it may not: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH."""
    libc = ctypes.CDLL(None)
    for capability in (1, 2):
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


@pytest.mark.parametrize("files", ["none", "of a run before"])
async def test_a_read_only_folder_stops_the_start_and_says_what_to_do(
    start: Start, tmp_path: Path, files: str
) -> None:
    state_dir = tmp_path / "state"
    state_dir.mkdir()
    if files != "none":
        ingest = start()
        ingest.port()
        ingest.process.terminate()
        ingest.process.wait(timeout=20)
    state_dir.chmod(0o555)
    ingest = start(preexec_fn=mortal)
    said = ingest.output()
    assert ingest.process.returncode == 1
    assert ("master.key: " if files == "none" else "keys.sqlite3: ") in said
    assert "write" in said
    assert "Traceback" not in said


def test_a_folder_that_cannot_be_made_names_the_setting(start: Start) -> None:
    ingest = start(Path("/proc/dramatis"))
    said = ingest.output()
    assert ingest.process.returncode == 1
    assert "DRAMATIS_STATE_DIR" in said
    assert "Traceback" not in said

import asyncio
import sqlite3
import urllib.error
import urllib.request
from datetime import timedelta

import grpc
import pytest

from dramatis.api.common.v1 import event_pb2, item_pb2, stage_pb2
from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb
from dramatis.core.consent import Consent, ConsentState, Purpose
from dramatis.prioritizer.adapters import sqlite_schema
from dramatis.runtime import sqlite_log, status
from dramatis.runtime.event_log import NewRecord
from dramatis.wire.campaigns import from_campaign
from dramatis.wire.consents import from_recipient
from dramatis.wire.snapshots import from_snapshot
from tests.integration.prioritizer.conftest import asked, caller, item, until_rung
from tests.servers.sealed import sealed_log
from tests.unit.prioritizer.samples import CAMPAIGNS, NOW, snapshot


def log_at(folder):
    return sealed_log(folder)


def shot(name="s-1"):
    body = from_snapshot(snapshot(snapshot_id=name))
    return NewRecord("snapshots", "acme", name, body)


def said(recipient_id, state, days=0):
    consents = [Consent(Purpose.MARKETING, state, NOW + timedelta(days=days))]
    body = from_recipient("acme", recipient_id, consents)
    return NewRecord("consents", f"acme/{recipient_id}", f"{recipient_id}{days}", body)


def world(*recipients):
    campaigns = [
        NewRecord("campaigns", f"acme/{name}", name, from_campaign(each).SerializeToString())
        for name, each in CAMPAIGNS.items()
    ]
    return [*campaigns, *(said(each, ConsentState.GRANTED) for each in recipients), shot()]


@pytest.fixture
async def filled(tmp_path):
    async with log_at(tmp_path) as log:
        await log.append(world("r-0", "r-1"))
    return tmp_path


def ready(process):
    port = process.ports["http_port"]
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    except urllib.error.HTTPError as error:
        error.close()
        return False


def break_log(folder):
    for path in folder.glob(sqlite_log.FILE_NAME + "*"):
        path.unlink()
    (folder / sqlite_log.FILE_NAME).write_bytes(b"this is no database" * 100)


async def records(folder, topic, count):
    async with log_at(folder) as log, log.tail([topic]) as subscription:
        found = []
        async with asyncio.timeout(10):
            while len(found) < count:
                found += await subscription.poll(100, 1.0)
        return found


async def test_it_decides_from_the_log_and_follows_it(start, filled):
    process = start()
    stub = process.stub()
    answer = await until_rung(stub, asked(item()), pb.RUNG_LIVE_POSTERIOR)
    assert ready(process)
    assert answer.snapshot_id == "s-1"
    assert [each.campaign_id for each in answer.prioritizations[0].ranked] == ["a"]
    async with log_at(filled) as log:
        await log.append([said("r-0", ConsentState.WITHDRAWN, days=1), shot("s-2")])
    async with asyncio.timeout(10):
        while answer.snapshot_id != "s-2" or answer.prioritizations[0].ranked:
            answer = await stub.Prioritize(asked(item()), **caller())
    (reason,) = answer.prioritizations[0].suppressions
    assert reason.reason == pb.SUPPRESSION_REASON_CONSENT
    assert process.end() == 0


async def test_with_everything_else_down_it_serves_from_disk(start, filled):
    first = start()
    await until_rung(first.stub(), asked(item()), pb.RUNG_LIVE_POSTERIOR)
    await asyncio.sleep(0.2)
    first.end(kill=True)
    break_log(filled)
    second = start()
    assert ready(second)
    answer = await second.stub().Prioritize(asked(item(0), item(7)), **caller())
    known, stranger = answer.prioritizations
    assert (known.rung, answer.snapshot_id) == (pb.RUNG_DISK_SNAPSHOT, "s-1")
    assert [each.campaign_id for each in known.ranked] == ["a"]
    assert stranger.suppressions[0].reason == pb.SUPPRESSION_REASON_CONSENT
    live = await second.stub().Prioritize(asked(item(), mode=pb.MODE_LIVE), **caller())
    assert live.prioritizations[0].decision_id


async def test_a_damaged_snapshot_on_disk_gives_the_one_before(start, filled):
    first = start()
    await until_rung(first.stub(), asked(item()), pb.RUNG_LIVE_POSTERIOR)
    async with log_at(filled) as log:
        await log.append([shot("s-2")])
    async with asyncio.timeout(10):
        while (await first.stub().Prioritize(asked(item()), **caller())).snapshot_id != "s-2":
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)
    first.end(kill=True)
    break_log(filled)
    damage(filled)
    second = start()
    answer = await second.stub().Prioritize(asked(item()), **caller())
    assert (answer.snapshot_id, answer.prioritizations[0].rung) == ("s-1", pb.RUNG_DISK_SNAPSHOT)
    url = f"http://127.0.0.1:{second.ports['http_port']}/metrics"
    with urllib.request.urlopen(url) as page:
        text = page.read().decode()
    assert 'corrupt_records_total{place="disk",topic="snapshots"} 1.0' in text


def damage(folder):
    newest = max((folder / "prioritizer-snapshots" / "acme").iterdir())
    newest.write_bytes(bytes(64))


async def test_without_any_state_it_is_not_ready_until_the_log_was_read(start, tmp_path):
    break_log(tmp_path)
    process = start()
    assert not ready(process)
    answer = await process.stub().Prioritize(asked(item()), **caller())
    assert answer.prioritizations[0].rung == pb.RUNG_CALLER_DEFAULT
    assert not answer.prioritizations[0].ranked
    (tmp_path / sqlite_log.FILE_NAME).unlink()
    async with asyncio.timeout(15):
        while not ready(process):
            await asyncio.sleep(0.05)


async def test_what_was_acked_survives_a_kill(start, filled):
    first = start()
    stub = first.stub()
    await until_rung(stub, asked(item()), pb.RUNG_LIVE_POSTERIOR)
    request = asked(item(0), item(1), mode=pb.MODE_LIVE)
    answer = await stub.Prioritize(request, **caller())
    first.end(kill=True)
    second = start()
    stub = second.stub()
    for each in answer.prioritizations:
        got = await stub.GetDecision(
            pb.GetDecisionRequest(decision_id=each.decision_id), **caller()
        )
        assert got.decision.prioritization == each
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.GetDecision(
                pb.GetDecisionRequest(decision_id=each.decision_id), **caller("beta")
            )
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    again = await stub.Prioritize(request, **caller())
    assert list(again.prioritizations) == list(answer.prioritizations)
    kept = await records(filled, "decisions", 2)
    assert {each.event_id for each in kept} == {each.decision_id for each in answer.prioritizations}


async def test_sends_and_responses_become_events_and_unwanted_is_heard_at_once(start, filled):
    stub = start().stub()
    await until_rung(stub, asked(item()), pb.RUNG_LIVE_POSTERIOR)
    (decided,) = (
        await stub.Prioritize(asked(item(), mode=pb.MODE_LIVE), **caller())
    ).prioritizations
    confirmation = pb.SendConfirmation(
        decision_id=decided.decision_id, campaign_id="a", outcome=pb.SEND_OUTCOME_SENT
    )
    confirmation.outcome_time.FromDatetime(NOW)
    confirm = pb.ConfirmSendsRequest(request_id="c", confirmations=[confirmation, confirmation])
    results = (await stub.ConfirmSends(confirm, **caller())).results
    assert [each.outcome for each in results] == [
        item_pb2.ITEM_OUTCOME_ACCEPTED,
        item_pb2.ITEM_OUTCOME_DUPLICATE,
    ]
    assert (await stub.ConfirmSends(confirm, **caller())).results == results
    outcomes = [
        pb.Outcome(decision_id=decided.decision_id, outcome_id="1", stage=stage)
        for stage in (stage_pb2.STAGE_CONVERT, stage_pb2.STAGE_UNSUBSCRIBE)
    ]
    for each in outcomes:
        each.outcome_time.FromDatetime(NOW)
    outcomes[0].amount.micros = 5_000_000
    report = pb.ReportOutcomesRequest(request_id="o", outcomes=[*outcomes, pb.Outcome()])
    results = (await stub.ReportOutcomes(report, **caller())).results
    assert [each.outcome for each in results] == [
        item_pb2.ITEM_OUTCOME_ACCEPTED,
        item_pb2.ITEM_OUTCOME_ACCEPTED,
        item_pb2.ITEM_OUTCOME_REJECTED,
    ]
    after = await stub.Prioritize(asked(item()), **caller())
    (reason,) = after.prioritizations[0].suppressions
    assert reason.reason == pb.SUPPRESSION_REASON_SUPPRESSION_LIST
    told = await records(filled, "recipient-events", 3)
    events = [event_pb2.Event.FromString(each.value) for each in told]
    assert [each.WhichOneof("payload") for each in events] == ["message", "order", "message"]
    assert {(e.recipient_id, e.attribution.campaign_id) for e in events} == {("r-0", "a")}


async def test_while_log_and_store_hang_it_answers_before_the_deadline(start, filled):
    stub = start().stub()
    await until_rung(stub, asked(item()), pb.RUNG_LIVE_POSTERIOR)
    files = [filled / sqlite_schema.FILE_NAME, filled / sqlite_log.FILE_NAME]
    locks = [sqlite3.connect(path, isolation_level=None) for path in files]
    for lock in locks:
        lock.execute("BEGIN IMMEDIATE")
    live = asked(item(), mode=pb.MODE_LIVE)
    answer = await stub.Prioritize(live, metadata=caller()["metadata"], timeout=1.0)
    for lock in locks:
        lock.close()
    (decided,) = answer.prioritizations
    assert ([each.campaign_id for each in decided.ranked], decided.decision_id) == (["a"], "")


async def test_an_open_stream_does_not_hold_up_the_stop(start, filled):
    process = start()
    stub = process.stub()
    await until_rung(stub, asked(item()), pb.RUNG_LIVE_POSTERIOR)
    call = stub.PrioritizeStream(**caller())
    await call.write(pb.PrioritizeStreamRequest(sequence=1, request=asked(item())))
    assert (await call.read()).sequence == 1
    process.process.terminate()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert status.error_info(caught.value).reason == "STOPPING"
    async with asyncio.timeout(5):
        assert await asyncio.to_thread(process.process.wait) == 0


async def test_a_bad_window_spoils_only_itself(start, filled):
    stub = start().stub()
    await until_rung(stub, asked(item()), pb.RUNG_LIVE_POSTERIOR)
    call = stub.PrioritizeStream(**caller())
    windows = [asked(item(0)), asked(), asked(item(1))]
    for sequence, request in enumerate(windows, 1):
        await call.write(pb.PrioritizeStreamRequest(sequence=sequence, request=request))
    answers = [await call.read() for _ in windows]
    assert [each.sequence for each in answers] == [1, 2, 3]
    assert [each.HasField("error") for each in answers] == [False, True, False]
    assert answers[1].error.metadata["field"] == "items"
    await call.write(pb.PrioritizeStreamRequest(sequence=9, request=windows[0]))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("method", "request_message", "reason", "field"),
    [
        ("Prioritize", pb.PrioritizeRequest(), "BATCH_SIZE", "items"),
        ("ConfirmSends", pb.ConfirmSendsRequest(), "REQUEST_ID_MISSING", "request_id"),
        ("ReportOutcomes", pb.ReportOutcomesRequest(request_id="x"), "BATCH_SIZE", "outcomes"),
    ],
)
async def test_errors_say_where(start, tmp_path, method, request_message, reason, field):
    stub = start().stub()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await getattr(stub, method)(request_message, **caller())
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    info = status.error_info(caught.value)
    assert (info.reason, info.metadata["field"]) == (reason, field)

"""Test 17: of who was erased not a byte is left that anybody can read, on disk or in the log.

A canary goes through all doors beside others; before the erasure its bytes are found, so that the
search can fail. The table that is printed says where, before and after.
"""

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from dramatis.api.common.v1 import consent_pb2, event_pb2, item_pb2, stage_pb2
from dramatis.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from dramatis.api.persona.v1 import persona_pb2, persona_pb2_grpc
from dramatis.api.prioritizer.v1 import prioritizer_pb2, prioritizer_pb2_grpc
from dramatis.cli.fleet import Fleet, free_berths
from tests.chaos import erasure_places
from tests.servers.broker import Broker
from tests.servers.database_server import DatabaseServer
from tests.servers.sealed import MASTER_KEY

CANARY, CONTROL = "kanarie4711", "wellensittich0815"
SERVICES = ("ingest", "persona", "prioritizer")
OTHERS = 30
ONLINE_SECONDS = 60.0
SLOW_SECONDS = 90.0

Counts = Mapping[str, int]


@dataclass
class Stage:
    """The services, and how to search all that they keep."""

    fleet: Fleet
    search: Callable[[str], Any]
    stop: Callable[[str], Any]
    start: Callable[[str], Any]
    keep_persona: Callable[[], Any]
    restore_persona: Callable[[], Any]


@pytest.fixture(params=["embedded", "Kafka and PostgreSQL"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        environ: dict[str, str] = {}
        dsn = bootstrap = ""
        if request.param != "embedded":
            database = DatabaseServer(tmp_path / "postgres.log", "--set", "fsync=off")
            stack.callback(database.stop)
            broker = Broker(tmp_path / "kafka")
            stack.callback(broker.stop)
            dsn, bootstrap = database.dsn, broker.bootstrap
            environ = {
                "DRAMATIS_POSTGRES_DSN": dsn,
                "DRAMATIS_MASTER_KEY": MASTER_KEY,
                "DRAMATIS_KAFKA_BOOTSTRAP": bootstrap,
            }
        berths = tuple(each for each in free_berths() if each.service in SERVICES)
        fleet = Fleet(tmp_path / "state", berths, environ=environ)
        await stack.enter_async_context(fleet)
        await fleet.ready(lambda name: None)

        async def search(word: str) -> Counts:
            found = dict(await asyncio.to_thread(erasure_places.in_files, word, fleet.state_dir))
            if dsn:
                found["pg_dump"] = await asyncio.to_thread(erasure_places.in_dump, word, dsn)
                found |= await erasure_places.in_kafka(word, bootstrap)
            return found

        async def stop(service: str) -> None:
            process = fleet.processes.pop(service)
            process.terminate()
            await asyncio.to_thread(process.wait, 60)
            assert process.stdin
            process.stdin.close()

        async def start(service: str) -> None:
            fleet.start(next(each for each in berths if each.service == service))
            await fleet.ready(lambda name: None)

        copy = tmp_path / "copy"
        copy.mkdir()

        def keep_persona() -> None:
            if dsn:
                command = ["pg_dump", "--schema=persona", f"--file={copy / 'dump'}", dsn]
                subprocess.run(command, check=True)
            for path in fleet.state_dir.glob("persona.sqlite3*"):
                shutil.copy(path, copy)

        def restore_persona() -> None:
            if dsn:
                drop, load = "--command=DROP SCHEMA persona CASCADE", f"--file={copy / 'dump'}"
                command = ["psql", "--quiet", "--set=ON_ERROR_STOP=1", drop, load, dsn]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            else:
                for path in fleet.state_dir.glob("persona.sqlite3*"):
                    path.unlink()
                for path in copy.glob("persona.sqlite3*"):
                    shutil.copy(path, fleet.state_dir)

        yield Stage(fleet, search, stop, start, keep_persona, restore_persona)


class Doors:
    """Everything that a person can leave behind, by every door."""

    def __init__(self, fleet: Fleet, channels: Mapping[str, grpc.aio.Channel]) -> None:
        self._fleet = fleet
        self.ingest = ingest_pb2_grpc.IngestServiceStub(channels["ingest"])
        self.persona = persona_pb2_grpc.PersonaServiceStub(channels["persona"])
        self.prioritizer = prioritizer_pb2_grpc.PrioritizerServiceStub(channels["prioritizer"])
        self.rest = {
            "metadata": (("authorization", f"Bearer {fleet.key}"),),
            "timeout": SLOW_SECONDS,
        }
        self._number = 0

    @property
    def request_id(self) -> str:
        """A new one."""
        self._number += 1
        return f"request-{self._number}"

    async def all_of(self, word: str) -> tuple[str, str]:
        """Walks one person through; returns a decision's id, and where the log stands."""
        await self._recipient(word)
        token = await self._events(word)
        await self._edge(word)
        return await self._decision(word), token

    async def _recipient(self, word: str) -> None:
        request = ingest_pb2.UpsertRecipientsRequest(request_id=self.request_id)
        recipient = request.recipients.add(recipient_id=f"{word}-id", time_zone="Europe/Berlin")
        recipient.attributes["city"].category = f"{word}-city"
        recipient.attributes["age"].number = 33
        for purpose in (
            consent_pb2.CONSENT_PURPOSE_MARKETING,
            consent_pb2.CONSENT_PURPOSE_PROFILING,
        ):
            for data_type in (
                consent_pb2.CONSENT_DATA_TYPE_UNSPECIFIED,
                consent_pb2.CONSENT_DATA_TYPE_BEHAVIOUR,
            ):
                consent = recipient.consents.add(
                    purpose=purpose, data_type=data_type, state=consent_pb2.CONSENT_STATE_GRANTED,
                    source=f"{word}-form", proof=f"{word}-proof",
                )  # fmt: skip
                consent.consent_time.GetCurrentTime()
        accepted(await self.ingest.UpsertRecipients(request, **self.rest))

    async def _events(self, word: str) -> str:
        click = event(word, "click")
        click.message.kind = event_pb2.MESSAGE_EVENT_KIND_CLICKED
        click.message.link = f"https://example.org/{word}-link"
        click.message.message_id = f"{word}-message"
        visit = event(word, "visit")
        visit.site.kind = event_pb2.SITE_EVENT_KIND_SEARCHED
        visit.site.page = f"/{word}-page"
        visit.site.query = f"{word}-words"
        visit.context.session_id = f"{word}-session"
        order = event(word, "order")
        order.order.kind = event_pb2.ORDER_EVENT_KIND_COMPLETED
        order.order.order_id = f"{word}-order"
        order.order.amount.micros = 12_000_000
        order.order.amount.currency_code = "EUR"
        request = ingest_pb2.PublishEventsRequest(request_id=self.request_id, events=[click, visit])
        accepted(await self.ingest.PublishEvents(request, **self.rest))
        window = ingest_pb2.StreamEventsRequest(sequence=1, events=[order])
        async for answer in self.ingest.StreamEvents(iter([window]), **self.rest):
            assert not answer.exceptions
        late = event(word, "future")
        late.message.kind = event_pb2.MESSAGE_EVENT_KIND_OPENED
        late.event_time.seconds += 3600
        request = ingest_pb2.PublishEventsRequest(request_id=self.request_id, events=[late])
        done = await self.ingest.PublishEvents(request, **self.rest)
        assert [each.outcome for each in done.results] == [item_pb2.ITEM_OUTCOME_QUARANTINED]
        return str(answer.log_token)

    async def _edge(self, word: str) -> None:
        [address] = [each.edge_address for each in self._fleet.berths if each.edge_address]
        body = {
            "userId": f"{word}-id", "event": "Product Viewed", "messageId": f"{word}-track",
            "properties": {"product_id": f"{word}-product", "url": f"https://x.org/{word}-url"},
            "context": {"page": {"path": f"/{word}-path"}},
        }  # fmt: skip
        async with httpx.AsyncClient(auth=(self._fleet.key, ""), timeout=SLOW_SECONDS) as client:
            answer = await client.post(f"http://{address}/v1/track", json=body)
        assert answer.status_code == 200, answer.text

    async def _decision(self, word: str) -> str:
        item = prioritizer_pb2.PrioritizeItem(
            request_id=f"{word}-send", default_campaign_id="spring"
        )
        item.recipient.recipient_id = f"{word}-id"
        item.recipient.attributes["city"].category = f"{word}-city"
        asked = prioritizer_pb2.PrioritizeRequest(items=[item], mode=prioritizer_pb2.MODE_LIVE)
        [decided] = (await self.prioritizer.Prioritize(asked, **self.rest)).prioritizations
        assert decided.decision_id
        sent = prioritizer_pb2.ConfirmSendsRequest(request_id=self.request_id)
        confirmation = sent.confirmations.add(
            decision_id=decided.decision_id, campaign_id="spring", outcome=1
        )
        confirmation.outcome_time.GetCurrentTime()
        await self.prioritizer.ConfirmSends(sent, **self.rest)
        told = prioritizer_pb2.ReportOutcomesRequest(request_id=self.request_id)
        for stage in (stage_pb2.STAGE_OPEN, stage_pb2.STAGE_UNSUBSCRIBE):
            outcome = told.outcomes.add(
                decision_id=decided.decision_id, outcome_id=f"{word}-{stage}", stage=stage
            )
            outcome.outcome_time.GetCurrentTime()
        accepted(await self.prioritizer.ReportOutcomes(told, **self.rest))
        return str(decided.decision_id)

    async def others(self) -> None:
        """People with nothing special about them, so that one more is not a tenth of all."""
        request = ingest_pb2.UpsertRecipientsRequest(request_id=self.request_id)
        for number in range(OTHERS):
            recipient = request.recipients.add(recipient_id=f"other-{number}")
            recipient.attributes["city"].category = "berlin" if number % 2 else "ulm"
        accepted(await self.ingest.UpsertRecipients(request, **self.rest))

    async def form(self, token: str) -> persona_pb2.ReclusterResponse:
        """Personas of everybody."""
        wish = persona_pb2.ReclusterRequest(request_id=self.request_id, min_log_token=token)
        formed: persona_pb2.ReclusterResponse = await self.persona.Recluster(wish, **self.rest)
        return formed

    async def held(self, word: str) -> ingest_pb2.GetRecipientDataResponse:
        """What ingest says of a person."""
        request = ingest_pb2.GetRecipientDataRequest(recipient_id=f"{word}-id")
        answer: ingest_pb2.GetRecipientDataResponse
        answer = await self.ingest.GetRecipientData(request, **self.rest)
        return answer

    async def erase(self, word: str) -> ingest_pb2.EraseRecipientResponse:
        """Forgets a person."""
        request = ingest_pb2.EraseRecipientRequest(
            request_id=self.request_id, recipient_id=f"{word}-id"
        )
        answer: ingest_pb2.EraseRecipientResponse
        answer = await self.ingest.EraseRecipient(request, **self.rest)
        return answer


def event(word: str, name: str) -> event_pb2.Event:
    message = event_pb2.Event(event_id=f"{word}-{name}", recipient_id=f"{word}-id")
    message.event_time.GetCurrentTime()
    return message


def accepted(answer: Any) -> None:
    assert [each.outcome for each in answer.results] == [item_pb2.ITEM_OUTCOME_ACCEPTED] * len(
        answer.results
    ), answer


async def gone(stage: Stage, seconds: float) -> tuple[Counts, float]:
    """Searches until nothing is found, at most so long; what was found last, and how long it took."""
    begun = time.monotonic()
    while True:
        found = await stage.search(CANARY)
        took = time.monotonic() - begun
        if not any(found.values()) or took > seconds:
            return found, took
        await asyncio.sleep(0.5)


async def nothing_more_comes_in(
    doors: Doors, first: ingest_pb2.EraseRecipientResponse, decision_id: str
) -> None:
    """Erasing again says when it was first done; nothing is taken in, sent or told any more."""
    again = await doors.erase(CANARY)
    assert again.erase_time == first.erase_time
    late = ingest_pb2.PublishEventsRequest(request_id=doors.request_id, events=[event(CANARY, "x")])
    late.events[0].message.kind = event_pb2.MESSAGE_EVENT_KIND_OPENED
    [refused] = (await doors.ingest.PublishEvents(late, **doors.rest)).results
    assert refused.error.reason == "RECIPIENT_ERASED"
    item = prioritizer_pb2.PrioritizeItem(request_id=f"{CANARY}-again")
    item.recipient.recipient_id = f"{CANARY}-id"
    asked = prioritizer_pb2.PrioritizeRequest(items=[item], mode=prioritizer_pb2.MODE_LIVE)
    [decided] = (await doors.prioritizer.Prioritize(asked, **doors.rest)).prioritizations
    assert (list(decided.ranked), decided.decision_id) == ([], "")
    for call in (
        doors.held(CANARY),
        doors.prioritizer.GetDecision(
            prioritizer_pb2.GetDecisionRequest(decision_id=decision_id), **doors.rest
        ),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as nobody:
            await call
        assert nobody.value.code() is grpc.StatusCode.NOT_FOUND


async def the_others_are_still_there(
    doors: Doors, first: ingest_pb2.EraseRecipientResponse, decision_id: str
) -> None:
    """What a search that finds nothing anywhere would not notice."""
    kept = await doors.held(CONTROL)
    assert kept.recipient.attributes["city"].category == f"{CONTROL}-city"
    assert len(kept.events) >= 5
    asked_for = prioritizer_pb2.GetDecisionRequest(decision_id=decision_id)
    answer = await doors.prioritizer.GetDecision(asked_for, **doors.rest)
    assert answer.decision.prioritization.recipient_id == f"{CONTROL}-id"
    formed = await doors.form(first.log_token)
    assert formed.recipient_count == OTHERS + 1


async def test_of_the_erased_no_byte_is_left(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    async with AsyncExitStack() as stack:
        channels = {
            each.service: await stack.enter_async_context(
                grpc.aio.insecure_channel(each.grpc_address)
            )
            for each in stage.fleet.berths
        }
        doors = Doors(stage.fleet, channels)
        await doors.others()
        decisions = {}
        for word in (CANARY, CONTROL):
            decisions[word], token = await doors.all_of(word)
        formed = await doors.form(token)
        assert formed.recipient_count == OTHERS + 2
        assert len((await doors.held(CANARY)).events) >= 5

        await stage.stop("persona")
        stage.keep_persona()
        await stage.start("persona")
        before = await stage.search(CANARY)
        assert sum(before.values()) > 10
        first = await doors.erase(CANARY)
        after, seconds = await gone(stage, ONLINE_SECONDS)

        await nothing_more_comes_in(doors, first, decisions[CANARY])

        await stage.stop("persona")
        stage.restore_persona()
        restored = await stage.search(CANARY)
        assert any(restored.values())
        await stage.start("persona")
        later, later_seconds = await gone(stage, ONLINE_SECONDS)

        await the_others_are_still_there(doors, first, decisions[CONTROL])

    with capsys.disabled():
        places = [each for each in before if before[each] or after.get(each) or later.get(each)]
        lines = {
            each: f"{before[each]:>6} {after.get(each, 0):>6} {later.get(each, 0):>6}"
            for each in places
        }
        searched = f"{len(before)} places searched; gone after {seconds:.1f} s, "
        searched += f"from a restored copy of persona after {later_seconds:.1f} s"
        print(report(stage, searched, lines))
    assert not any(after.values()), after
    assert not any(later.values()), later


def report(stage: Stage, searched: str, lines: Mapping[str, str]) -> str:
    width = max(map(len, lines), default=10)
    head = f"{'bytes of the erased, by place':<{width}}  before  after  restored"
    return "\n".join(
        ["", head, "-" * len(head), *(f"{k:<{width}}  {v}" for k, v in lines.items()), searched]
    )

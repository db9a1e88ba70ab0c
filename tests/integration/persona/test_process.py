"""Events in, personas and snapshots out, and what survives a kill -9."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc import error_details_pb2, status_pb2
from sqlalchemy import func, select

from dramatis.api.common.v1 import event_pb2, recipient_pb2
from dramatis.api.persona.v1 import persona_pb2 as pb
from dramatis.api.persona.v1 import persona_pb2_grpc
from dramatis.persona.adapters.database_personas import MIGRATIONS
from dramatis.persona.adapters.tables import METADATA
from dramatis.runtime.database import Database, open_database
from dramatis.runtime.log_token import LogToken
from dramatis.wire import personas, snapshots
from tests.integration.persona.conftest import (
    Process,
    Start,
    append,
    caller,
    eventually,
    happenings,
    latest,
)
from tests.servers.homes import Environment, home_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.slow


async def newest(stub: persona_pb2_grpc.PersonaServiceStub) -> pb.WatchSnapshotsResponse:
    async for answer in stub.WatchSnapshots(pb.WatchSnapshotsRequest(), **caller()):
        return answer
    raise AssertionError("no snapshot")


async def taken(database: Database) -> int:
    """Events that the store has taken in."""
    count = select(func.count()).select_from(METADATA.tables["seen_events"])
    return await database.read(lambda tx: tx.scalars(count).one())


async def until_taken(database: Database, count: int) -> None:
    while await taken(database) < count:
        await asyncio.sleep(0.002)


def reason(error: pytest.ExceptionInfo[grpc.aio.AioRpcError]) -> error_details_pb2.ErrorInfo:
    metadata = dict(error.value.trailing_metadata() or ())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            return info
    raise AssertionError("no ErrorInfo")


async def timeless(state_dir: Path) -> bytes:
    """The newest persona set but for the time it was made."""
    held = personas.to_persona_set(await latest(state_dir, "personas"))
    return personas.from_persona_set(replace(held, create_time=EPOCH))


async def test_from_events_to_a_snapshot_through_two_kills(
    tmp_path: Path, start: Start, stores: Environment
) -> None:
    """Killed while it takes events in, and after it published; equal to an undisturbed run.

    The undisturbed one is always on SQLite: what comes of the same events is the same everywhere.
    """
    events = happenings(3000)
    disturbed, calm = tmp_path / "disturbed", tmp_path / "calm"
    first = start(disturbed, stores)
    home = home_of("persona", disturbed, stores)
    async with first.stub() as stub, open_database(home, MIGRATIONS) as database:
        await eventually(lambda: newest(stub))
        token = await append(disturbed, events, stores)
        await until_taken(database, 400)
        first.end(kill=True)
        assert 400 <= await taken(database) < len(events)
    request = pb.ReclusterRequest(request_id="a", min_log_token=token, persona_count=4)
    second = start(disturbed, stores)
    async with second.stub() as stub:
        answer = await stub.Recluster(request, **caller())
        assert (answer.persona_count, answer.recipient_count) == (4, 3000)
        snapshot = await newest(stub)
        listed = await stub.ListPersonas(pb.ListPersonasRequest(), **caller())
    assert second.end(kill=True) == -9
    record = snapshots.to_snapshot(await latest(disturbed, "snapshots"))
    assert record.snapshot_id == snapshot.snapshot.snapshot_id
    assert record.persona_set_id == answer.persona_set_id
    third = start(disturbed, stores)
    async with third.stub() as stub:
        assert (await newest(stub)).snapshot.snapshot_id == record.snapshot_id
        assert await stub.ListPersonas(pb.ListPersonasRequest(), **caller()) == listed
        assert await stub.Recluster(request, **caller()) == answer
    assert third.end() == 0
    request.min_log_token = await append(calm, events)
    fourth = start(calm)
    async with fourth.stub() as stub:
        await eventually(lambda: newest(stub))
        await stub.Recluster(request, **caller())
    assert await timeless(calm) == await timeless(disturbed)


@pytest.fixture
async def running(
    tmp_path: Path, start: Start
) -> AsyncIterator[tuple[Process, persona_pb2_grpc.PersonaServiceStub]]:
    """A process with personas of 600 recipients."""
    process = start(tmp_path)
    token = await append(tmp_path, happenings(600))
    async with process.stub() as stub:
        await stub.Recluster(
            pb.ReclusterRequest(request_id="a", min_log_token=token, persona_count=2), **caller()
        )
        yield process, stub


async def test_the_rpcs(
    running: tuple[Process, persona_pb2_grpc.PersonaServiceStub], tmp_path: Path
) -> None:
    process, stub = running
    with urllib.request.urlopen(f"http://127.0.0.1:{process.ports['http_port']}/readyz") as page:
        assert json.load(page) == {"ready": True, "missing": []}

    one = await stub.ListPersonas(pb.ListPersonasRequest(page_size=1), **caller())
    two = await stub.ListPersonas(
        pb.ListPersonasRequest(page_size=1, page_token=one.next_page_token), **caller()
    )
    assert not two.next_page_token
    both = [*one.personas, *two.personas]
    assert {each.persona_id for each in both} == {"p1", "p2"}
    assert sum(each.weight for each in both) == pytest.approx(1.0)
    assert {each.recipient_count for each in both} == {300}
    assert {each.display_name.split(", ")[0].split("=")[-1] for each in both} <= {
        "Rural", "Urban", "mens", "no mens", "high age", "low age",
    }  # fmt: skip

    got = await stub.GetPersona(pb.GetPersonaRequest(persona_id="p1"), **caller())
    assert {each.campaign_id for each in got.persona.posteriors} == {"spring", "control"}
    assert all(each.alpha > 0 and each.beta > 0 for each in got.persona.posteriors)
    masked = await stub.GetPersona(
        pb.GetPersonaRequest(persona_id="p1", read_mask=FieldMask(paths=["weight"])), **caller()
    )
    assert masked.persona == pb.Persona(weight=got.persona.weight)

    urban = {"zone": recipient_pb2.AttributeValue(category="Urban")}
    assigned = await stub.AssignPersona(
        pb.AssignPersonaRequest(
            recipients=[
                recipient_pb2.Recipient(recipient_id="r00001"),
                recipient_pb2.Recipient(
                    recipient_id="new",
                    attributes={
                        **urban,
                        "age": recipient_pb2.AttributeValue(number=60),
                        "mens": recipient_pb2.AttributeValue(flag=True),
                    },
                ),
            ]
        ),
        **caller(),
    )
    known, new = assigned.assignments
    assert known.closest_persona_id == new.closest_persona_id
    assert sum(new.memberships) == pytest.approx(1.0)
    assert not new.out_of_distribution

    events = await stub.ListPersonaEvents(pb.ListPersonaEventsRequest(page_size=2), **caller())
    assert events.next_page_token
    assert [each.to_persona_ids[0] for each in events.persona_events] == ["everyone", "p1"]


async def test_features(
    running: tuple[Process, persona_pb2_grpc.PersonaServiceStub],
) -> None:
    _, stub = running
    sent = next(
        each.recipient_id
        for each in happenings(600)
        if each.message.kind == event_pb2.MESSAGE_EVENT_KIND_SENT
    )
    asked = pb.GetFeaturesRequest(recipient_ids=[sent, "stranger"])
    made = await stub.GetFeatures(asked, **caller())
    mine, theirs = made.recipients
    assert theirs == pb.RecipientFeatures(recipient_id="stranger")
    values = {(each.name, each.label): each.value for each in mine.values}
    assert values["response_rate", "open"] == 0.0
    assert mine.attributes["feature.fatigue"].number == values["fatigue", ""]
    assert mine.first_event_time.seconds <= mine.last_event_time.seconds <= made.as_of_time.seconds
    assert {name for name, _ in values} < {each.name for each in made.definitions}
    assert (len(made.definition_version), made.unprofiled_count) == (8, 0)
    beta = await stub.GetFeatures(asked, **caller("beta"))
    assert not any(each.values for each in beta.recipients)


async def test_the_network(
    running: tuple[Process, persona_pb2_grpc.PersonaServiceStub],
) -> None:
    _, stub = running
    evidence = {"visit": "yes", "campaign": "spring"}
    told = await stub.QueryResponse(
        pb.QueryResponseRequest(evidence=evidence, query_nodes=["zone", "persona"]), **caller()
    )
    best = told.distributions[0].states[0]
    assert best.state == "Urban"
    assert 0.5 < best.lower_90 < best.probability < best.upper_90 <= 1
    most, least = told.distributions[0].contributions
    assert (most.node, most.state, least.node) == ("visit", "yes", "campaign")
    assert most.probabilities_without[0] < best.probability
    assert most.log_odds_changes[0] > 0
    assert 0 < most.distance < 1

    exported = [each async for each in stub.ExportNetwork(pb.ExportNetworkRequest(), **caller())]
    assert {each.network_version for each in exported} == {told.network_version}
    text = "".join(each.bif for each in exported)
    assert text.startswith(f"network dramatis_{told.network_version} {{")
    assert "probability ( visit | " in text


@pytest.mark.parametrize("tenant", ["acme", "beta"])
async def test_refusals(
    running: tuple[Process, persona_pb2_grpc.PersonaServiceStub], tenant: str
) -> None:
    _, stub = running
    who = caller(tenant)
    calls = [
        (stub.GetPersona, pb.GetPersonaRequest(persona_id="p9"), "NOT_FOUND", ""),
        (stub.ListPersonas, pb.ListPersonasRequest(page_size=-1), "BAD_PAGE_SIZE", "page_size"),
        (stub.ListPersonas, pb.ListPersonasRequest(page_token="x"), "BAD_PAGE_TOKEN", "page_token"),
        (stub.Recluster, pb.ReclusterRequest(), "REQUEST_ID_MISSING", "request_id"),
        (
            stub.Recluster,
            pb.ReclusterRequest(request_id="b", min_log_token="x"),
            "BAD_LOG_TOKEN",
            "min_log_token",
        ),
        (
            stub.Recluster,
            pb.ReclusterRequest(request_id="b", persona_count=513),
            "INVALID",
            "persona_count",
        ),
        (stub.AssignPersona, pb.AssignPersonaRequest(), "BATCH_SIZE", "recipients"),
        (stub.GetFeatures, pb.GetFeaturesRequest(), "BATCH_SIZE", "recipient_ids"),
        (
            stub.GetFeatures,
            pb.GetFeaturesRequest(recipient_ids=["r"] * 1_001),
            "BATCH_SIZE",
            "recipient_ids",
        ),
        (
            stub.GetFeatures,
            pb.GetFeaturesRequest(recipient_ids=["r", ""]),
            "INVALID",
            "recipient_ids[1]",
        ),
        (
            stub.AssignPersona,
            pb.AssignPersonaRequest(recipients=[recipient_pb2.Recipient()]),
            "INVALID",
            "recipients[0].recipient_id",
        ),
        (
            stub.QueryResponse,
            pb.QueryResponseRequest(query_nodes=["moon"]),
            "UNKNOWN_NODE",
            "query_nodes[0]",
        ),
        (
            stub.QueryResponse,
            pb.QueryResponseRequest(evidence={"persona": "p99"}, query_nodes=["campaign"]),
            "UNKNOWN_STATE",
            "evidence.persona",
        ),
        (
            stub.GetPersona,
            pb.GetPersonaRequest(persona_id="everyone", read_mask=FieldMask(paths=["x"])),
            "INVALID" if tenant == "beta" else "NOT_FOUND",
            "read_mask" if tenant == "beta" else "",
        ),
    ]
    for method, request, expected, field in calls:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await method(request, **who)
        info = reason(caught)
        assert (info.reason, info.metadata["field"]) == (expected, field), request
    if tenant == "beta":  # another tenant's persona is one that does not exist
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.GetPersona(pb.GetPersonaRequest(persona_id="p1"), **who)
        assert reason(caught).reason == "NOT_FOUND"


async def test_a_token_that_never_comes_is_unavailable(
    running: tuple[Process, persona_pb2_grpc.PersonaServiceStub], tmp_path: Path
) -> None:
    _, stub = running
    future = LogToken({("recipient-events", 0): 10**9}).encode()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Recluster(
            pb.ReclusterRequest(request_id="c", min_log_token=future), **caller(timeout=1.5)
        )
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert reason(caught).reason == "NOT_CAUGHT_UP"

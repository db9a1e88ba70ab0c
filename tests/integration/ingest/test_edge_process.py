"""The edge of a whole process: beside gRPC, on the same log, gone with it."""

import base64
import re
import signal
from pathlib import Path

import httpx
import pytest

from dramatis.api.ingest.v1 import ingest_pb2 as pb
from tests.integration.ingest.conftest import KEYS, Connect, Ingest, Start

MESSAGE = {"userId": "u1", "event": "Product Viewed", "messageId": "m1"}


def ports(ingest: Ingest) -> tuple[int, int]:
    """Where gRPC and the edge listen, of a process that writes its log to a file."""
    said = ""
    while '"event": "started"' not in said:
        said += ingest.process.stdout.readline() if ingest.process.stdout else ""
    found = [re.search(rf'"{name}_port": (\d+)', said) for name in ("grpc", "edge")]
    assert all(found), said
    grpc_port, edge_port = (int(each[1]) for each in found if each)
    return grpc_port, edge_port


async def test_what_came_over_http_is_there_over_grpc(start: Start, connect: Connect) -> None:
    grpc_port, edge_port = ports(start())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{edge_port}") as client:
        answer = await client.post("/v1/track", json=MESSAGE, auth=(KEYS["acme"], ""))
        assert answer.status_code == 200
        assert (await client.post("/v1/track", json=MESSAGE)).status_code == 401
    held = await connect(grpc_port).GetRecipientData(pb.GetRecipientDataRequest(recipient_id="u1"))
    assert [each.event_id for each in held.events] == ["m1"]


async def test_a_stop_ends_the_edge_too(start: Start) -> None:
    ingest = start()
    _, edge_port = ports(ingest)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{edge_port}") as client:
        assert (await client.get("/v1/dramatis.js")).status_code == 200
        ingest.process.send_signal(signal.SIGTERM)
        assert ingest.process.wait(15) == 0
        with pytest.raises(httpx.ConnectError):
            await client.get("/v1/dramatis.js")


def test_a_file_of_webhooks_that_is_wrong_stops_the_start(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "hooks.yaml"
    path.write_text("acme: {mailgun: {signing_key: {env: NOWHERE}}}")
    ingest = start(settings={"DRAMATIS_INGEST_WEBHOOKS": str(path)})
    assert "DRAMATIS_INGEST_WEBHOOKS: acme.mailgun: variable NOWHERE" in ingest.output()
    assert ingest.process.returncode == 2


def test_no_strangers_from_the_network(start: Start) -> None:
    environ = {"DRAMATIS_ANONYMOUS_TENANT": "acme", "DRAMATIS_INGEST_EDGE_ADDRESS": "0.0.0.0:0"}
    ingest = start(settings=environ)
    assert "DRAMATIS_INGEST_EDGE_ADDRESS is '0.0.0.0:0', which is not loopback" in ingest.output()


async def test_a_webhook_of_a_process(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "hooks.yaml"
    path.write_text("acme: {postmark: {user: u, password: {env: WORD}}}")
    word = "0123456789abcdef"
    _, edge_port = ports(start(settings={"DRAMATIS_INGEST_WEBHOOKS": str(path), "WORD": word}))
    record = {"RecordType": "Open", "MessageID": "m1", "ReceivedAt": "2026-05-01T00:00:00Z", "Recipient": "a@example.org",
              "Metadata": {"dramatis_recipient_id": "r1"}}  # fmt: skip
    headers = {"authorization": "Basic " + base64.b64encode(f"u:{word}".encode()).decode()}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{edge_port}") as client:
        answer = await client.post("/v1/webhooks/postmark/acme", json=record, headers=headers)
        assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
        assert (await client.post("/v1/webhooks/postmark/acme", json=record)).status_code == 401

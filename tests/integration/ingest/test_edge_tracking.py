"""The tracking API over a socket: what is good is in the log, what is not is told, field by field."""

import asyncio
import gzip
import json
import socket
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.ingest.adapters.edge import protocol
from dramatis.ingest.adapters.edge.body import BodyLimits
from tests.integration.ingest.edge_server import KEY, ORIGIN, PUBLIC_KEY, serving
from tests.unit.ingest.fakes import NOW


def message(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Product Viewed",
        "userId": f"u{number}",
        "messageId": f"m{number}",
        **fields,
    }


async def test_each_call_is_an_event() -> None:
    async with serving() as edge:
        for call, fields in {
            "track": {"event": "Order Completed", "properties": {"revenue": 5}},
            "identify": {"traits": {"plan": "gold"}},
            "page": {}, "screen": {}, "group": {"groupId": "g1"},
            "t": {"event": "x"}, "i": {}, "p": {},
        }.items():  # fmt: skip
            answer = await edge.post(
                f"/v1/{call}", {"userId": "u1", "messageId": f"m-{call}", **fields}
            )
            assert (answer.status_code, answer.json()["success"]) == (200, True), answer.text
        assert {each.event_id for each in await edge.events()} == {f"m-{each}" for each in ("track", "identify", "page", "screen", "group", "t", "i", "p")}  # fmt: skip


async def test_a_batch_has_a_result_for_each_message_and_one_effect() -> None:
    async with serving() as edge:
        batch = {"batch": [message(1), message(2, userId=""), {"type": "alias"}, 7, message(1), message(3)],
                 "sentAt": NOW.isoformat()}  # fmt: skip
        answer = await edge.post("/v1/batch", batch)
        assert answer.status_code == 200
        results = answer.json()["results"]
        assert [each["outcome"] for each in results] == ["ACCEPTED", "REJECTED", "REJECTED", "REJECTED", "DUPLICATE", "ACCEPTED"]  # fmt: skip
        assert results[1]["field"] == "batch[1].userId"
        again = (await edge.post("/v1/b", batch)).json()["results"]
        assert [each["outcome"] for each in again].count("DUPLICATE") == 3
        assert sorted(each.event_id for each in await edge.events()) == ["m1", "m3"]


@pytest.mark.parametrize(
    ("path", "body", "status", "reason"),
    [
        ("/v1/track", {"userId": "u1"}, 400, "INVALID_FIELD"),
        (
            "/v1/track",
            {"userId": "u1", "event": "x", "messageId": "a\0b", "anonymousId": "\0"},
            200,
            None,
        ),
        ("/v1/track", {"userId": "u\0", "event": "x"}, 400, "INVALID_FIELD"),
        (
            "/v1/track",
            {"userId": "u1", "event": "x", "timestamp": "1970-01-01T00:00:00Z"},
            400,
            "INVALID_FIELD",
        ),
        ("/v1/track", {"userId": "ann@example.org", "event": "x"}, 400, "RAW_EMAIL_ADDRESS"),
        ("/v1/alias", {"userId": "u1", "previousId": "u2"}, 400, "ALIAS_UNSUPPORTED"),
        ("/v1/batch", {}, 400, "INVALID_FIELD"),
        ("/v1/batch", {"batch": [{}]}, 400, None),
        ("/v1/batch", {"batch": [{}] * 2_501}, 413, "TOO_LARGE"),
        ("/v1/nothing", {}, 404, "NOT_FOUND"),
        ("/v1/track/", {}, 307, None),
    ],
)
async def test_what_is_wrong_is_said(path: str, body: Any, status: int, reason: str | None) -> None:
    async with serving() as edge:
        answer = await edge.post(path, body)
        assert answer.status_code == status, answer.text
        if reason:
            assert answer.json()["error"]["reason"] == reason


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b"\xff", b"[" * 100_000, b'{"a":' + b"9" * 5_000 + b"}", b"7"]
)
async def test_what_is_no_json_object(body: bytes) -> None:
    async with serving() as edge:
        assert (
            await edge.client.post("/v1/track", content=body, auth=(KEY, ""))
        ).status_code == 400


async def test_from_the_future_is_set_aside() -> None:
    async with serving() as edge:
        late = message(timestamp=(NOW + timedelta(days=365 * 74)).isoformat())
        answer = await edge.post("/v1/track", late)
        assert answer.json()["results"][0]["outcome"] == "QUARANTINED"
        assert (await edge.events(), len(await edge.letters())) == ([], 1)


async def test_who_may_write() -> None:
    async with serving() as edge:
        for key in (None, "wrong-0123456789abcdef"):
            answer = await edge.post("/v1/track", message(), key=key)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (
                401,
                'Basic realm="dramatis"',
            )
        for good in ({"authorization": f"Bearer {KEY}"}, {}):
            body = message() if good else {**message(), "writeKey": PUBLIC_KEY}
            answer = await edge.client.post("/v1/track", content=json.dumps(body), headers=good)
            assert answer.status_code == 200, answer.text
        assert (
            await edge.post("/v1/track", message(), headers={"authorization": "Basic !"}, key=None)
        ).status_code == 401


async def test_pages_of_other_origins_may_not_write() -> None:
    async with serving() as edge:
        allowed = await edge.post(
            "/v1/track", message(), key=PUBLIC_KEY, headers={"origin": ORIGIN}
        )
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (
            200,
            ORIGIN,
        )
        evil = await edge.post(
            "/v1/track", message(), key=PUBLIC_KEY, headers={"origin": "https://evil.example"}
        )
        assert (evil.status_code, evil.json()["error"]["reason"]) == (403, "BAD_ORIGIN")
        assert "access-control-allow-origin" not in evil.headers
        asks = {"origin": ORIGIN, "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}  # fmt: skip
        assert (await edge.client.options("/v1/batch", headers=asks)).status_code == 200
        assert (
            await edge.client.options(
                "/v1/batch", headers={**asks, "origin": "https://evil.example"}
            )
        ).status_code == 400


async def test_while_the_log_is_down_nothing_is_acknowledged() -> None:
    async with serving() as edge:
        edge.log.broken = True
        answer = await edge.post("/v1/batch", {"batch": [message(1), {}]})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        edge.log.broken = False
        assert (await edge.post("/v1/batch", {"batch": [message(1), {}]})).status_code == 200
        assert [each.event_id for each in await edge.events()] == ["m1"]


async def test_bodies_are_bounded_packed_and_unpacked() -> None:
    async with serving() as edge:
        gzipped = {"content-encoding": "gzip"}
        good = gzip.compress(json.dumps(message()).encode())
        assert (
            await edge.client.post("/v1/track", content=good, headers=gzipped, auth=(KEY, ""))
        ).status_code == 200
        bomb = gzip.compress(b" " * (256 << 20), 9)
        assert len(bomb) < 500_000
        for body, headers, status in (
            (bomb, gzipped, 413), (good[:-5], gzipped, 400), (b"x", gzipped, 400), (good + good, gzipped, 400),
            (b"{}", {"content-encoding": "br"}, 400), (b" " * 500_001, {}, 413),
            (b'{"batch":[' + b"1," * 250_000, {}, 413),
        ):  # fmt: skip
            answer = await edge.client.post(
                "/v1/batch", content=body, headers=headers, auth=(KEY, "")
            )
            assert answer.status_code == status


async def raw(port: int, text: bytes, seconds: float) -> bytes:
    """What the edge says to bytes that come, and then none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    said = b""
    with suppress(ConnectionResetError):  # it may close before it has read everything
        async with asyncio.timeout(seconds):
            said = await reader.read()
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return said


async def test_a_body_that_never_comes_is_not_waited_for() -> None:
    async with serving(tracking_limits=BodyLimits(500_000, 0.2)) as edge:
        head = b"POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\nconnection: close\r\n\r\n{"
        assert b"408" in (await raw(edge.port, head, 5)).split(b"\r\n")[0]


async def test_a_connection_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.2)
    async with serving() as edge:
        assert await raw(edge.port, b"", 5) == b""
        assert await raw(edge.port, b"POST /v1/track HTT", 5) == b""


async def test_headers_are_small() -> None:
    head = b"GET /v1/dramatis.js HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx: "
    async with serving() as edge:
        for size, status in ((10_000, b"200 OK"), (40_000, b"431 Request Header Fields Too Large")):
            answer = await raw(edge.port, head + b"y" * size + b"\r\n\r\n", 5)
            assert answer.startswith(b"HTTP/1.1 " + status)
        endless = await raw(edge.port, head + b"y" * 1_000_000, 5)
        assert endless == b"" or endless.startswith(b"HTTP/1.1 400")


async def test_too_many_at_once_are_sent_away() -> None:
    async with serving(max_requests=1) as edge:
        with socket.create_connection(("127.0.0.1", edge.port)) as slow:
            slow.sendall(b"POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{")
            while (answer := await edge.post("/v1/track", message())).status_code == 200:
                await asyncio.sleep(0.01)  # the other request is not in yet
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    async with serving(max_requests_per_tenant=0) as edge:
        answer = await edge.post("/v1/track", message())
        assert (answer.status_code, answer.json()["error"]["reason"]) == (429, "TOO_MANY_REQUESTS")


async def test_every_answer_is_safe_and_says_nothing_of_the_server() -> None:
    async with serving() as edge:
        for answer in (
            await edge.post("/v1/track", message()),
            await edge.client.get("/v1/track"),
            await edge.client.get("/x"),
        ):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"
            assert "server" not in answer.headers
            assert "connection" not in answer.headers
        edge.ready[0] = False
        assert (await edge.post("/v1/track", message())).headers["connection"] == "close"


async def test_a_mistake_of_ours_is_an_incident_without_words(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with serving() as edge:
        edge.log.append = None  # type: ignore[method-assign, assignment]
        answer = await edge.post("/v1/track", message(event="the secret word"))
        assert (answer.status_code, answer.json()["error"]["reason"]) == (500, "INTERNAL")
        said = capfd.readouterr()
        assert answer.json()["error"]["incident"] in said.out + said.err
        assert "NoneType" not in answer.text


async def test_the_ip_address_of_nobody_comes_in() -> None:
    async with serving() as edge:
        await edge.post(
            "/v1/track", message(context={"ip": "192.0.2.77", "userAgent": "Firefox X11"})
        )
        (found,) = await edge.events()
        assert b"192.0.2.77" not in found.SerializeToString()
        assert found.site.kind == pb.SITE_EVENT_KIND_PRODUCT_VIEWED

"""The pixel and the redirect, while the log is there and while it is not."""

import asyncio
from datetime import timedelta

import pytest

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.ingest.adapters.edge.spool import Spool
from dramatis.ingest.domain.links import CLICK, OPEN, Link
from tests.integration.ingest.edge_server import LINK_KEYS, Served, serving
from tests.unit.ingest.fakes import NOW, event, make_world

KEY = LINK_KEYS.keys["k1"]
GOOD = NOW + timedelta(days=30)
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
URL = "https://shop.example/a?b=c"


async def written(edge: Served, count: int = 1) -> list[pb.Event]:
    async with asyncio.timeout(10):
        while len(found := await edge.events()) < count:
            await asyncio.sleep(0.01)
    return found


async def test_an_open_and_a_click() -> None:
    async with serving() as edge:
        opened = KEY.sign(OPEN, Link("r1", GOOD, "spring"))
        answer = await edge.client.get(f"/o/{opened}.gif", headers=BROWSER)
        assert (answer.status_code, answer.headers["content-type"], answer.content[:6]) == (
            200,
            "image/gif",
            b"GIF89a",
        )
        clicked = KEY.sign(CLICK, Link("r1", GOOD, "spring", "d1", "m1", URL))
        answer = await edge.client.get(f"/c/{clicked}", headers=BROWSER)
        assert (answer.status_code, answer.headers["location"]) == (302, URL)
        assert answer.headers["referrer-policy"] == "no-referrer"
        first, second = sorted(await written(edge, 2), key=lambda each: each.message.kind)
        assert (first.message.kind, first.message.machine) == (pb.MESSAGE_EVENT_KIND_OPENED, False)
        assert (second.message.kind, second.attribution.decision_id) == (
            pb.MESSAGE_EVENT_KIND_CLICKED,
            "d1",
        )
        assert (second.message.link, second.message.message_id) == ("https://shop.example/a", "m1")


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", BROWSER), ("GET", {"user-agent": "Mozilla/5.0"}), ("GET", {"user-agent": ""}),
        ("GET", {**BROWSER, "sec-purpose": "prefetch;prerender"}), ("GET", {**BROWSER, "x-purpose": "preview"}),
        ("GET", {"user-agent": "Slackbot-LinkExpanding 1.0"}),
    ],
)  # fmt: skip
async def test_machines_are_flagged(method: str, headers: dict[str, str]) -> None:
    async with serving() as edge:
        token = KEY.sign(CLICK, Link("r1", GOOD, url=URL))
        answer = await edge.client.request(method, f"/c/{token}", headers=headers)
        assert answer.status_code == 302
        assert (await written(edge))[0].message.machine


async def test_nobody_is_led_where_we_did_not_sign() -> None:
    async with serving() as edge:
        good = KEY.sign(CLICK, Link("r1", GOOD, url=URL))
        opened = KEY.sign(OPEN, Link("r1", GOOD, url=URL))
        old = KEY.sign(CLICK, Link("r1", NOW - timedelta(days=1), url=URL))
        nowhere = KEY.sign(CLICK, Link("r1", GOOD))
        answers = [
            await edge.client.get(f"/c/{token}") for token in (good[:-2], opened, nowhere, "x", old)
        ]
        assert [each.status_code for each in answers] == [400, 400, 400, 400, 410]
        assert not [each for each in answers if "location" in each.headers]
        for token in (old, "x", "a.b.c"):
            assert (await edge.client.get(f"/o/{token}.gif")).content[:6] == b"GIF89a"
        assert (len(edge.spool), await edge.events()) == (0, [])


async def test_the_log_may_be_down_for_a_while() -> None:
    async with serving() as edge:
        edge.log.broken = True
        token = KEY.sign(CLICK, Link("r1", GOOD, url=URL))
        async with asyncio.timeout(1):
            assert (await edge.client.get(f"/c/{token}", headers=BROWSER)).status_code == 302
        assert (len(edge.spool), await edge.events()) == (1, [])
        edge.log.broken = False
        assert len(await written(edge)) == 1


async def test_a_stop_writes_what_waits_and_a_full_spool_takes_no_more() -> None:
    async with serving() as edge:
        edge.log.broken = True
        token = KEY.sign(OPEN, Link("r1", GOOD))
        await edge.client.get(f"/o/{token}.gif", headers=BROWSER)
        edge.log.broken = False
    assert len(await edge.events()) == 1
    spool = Spool(make_world(), most=2)
    assert [spool.add("acme", event(f"e{n}")) for n in range(3)] == [True, True, False]
    assert await spool.write()
    assert len(spool) == 0

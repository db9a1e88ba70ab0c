"""Webhooks over a socket, signed as their ESPs sign them."""

import json
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from dramatis.api.common.v1 import event_pb2 as pb
from tests.integration.ingest.edge_server import WORD, Served, serving
from tests.unit.ingest.adapters.edge.senders import (
    mailgun_body,
    mailgun_event,
    postmark_record,
    sendgrid_event,
    ses_event,
)
from tests.unit.ingest.fakes import pseudonym

PROVIDERS = ("sendgrid", "mailgun", "ses", "postmark")


def signed(edge: Served, provider: str) -> tuple[bytes, dict[str, str]]:
    """A good request of a provider, with one event."""
    if provider == "sendgrid":
        body = edge.sendgrid.body([sendgrid_event(1)])
        return body, edge.sendgrid.headers(body)
    if provider == "mailgun":
        return mailgun_body(mailgun_event()), {}
    if provider == "ses":
        return json.dumps(edge.amazon.message(ses_event())).encode(), {
            "content-type": "text/plain; charset=UTF-8"
        }
    return json.dumps(postmark_record()).encode(), {"x-secret": WORD}


async def send(edge: Served, provider: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    return await edge.client.post(f"/v1/webhooks/{provider}/acme", content=body, headers=headers)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_what_comes_twice_has_one_effect(provider: str) -> None:
    async with serving() as edge:
        body, headers = signed(edge, provider)
        first, second = [await send(edge, provider, body, headers) for _ in range(2)]
        assert (first.status_code, first.json()["accepted"]) == (200, 1)
        assert (second.status_code, second.json()["duplicate"]) == (200, 1)
        (event,) = await edge.events()
        assert (event.recipient_id, event.message.kind) == ("r1", pb.MESSAGE_EVENT_KIND_OPENED)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_what_is_forged_is_refused_and_counted(provider: str) -> None:
    def count() -> float:
        labels = {"provider": provider}
        return REGISTRY.get_sample_value("dramatis_ingest_edge_bad_signatures_total", labels) or 0

    async with serving() as edge:
        before = count()
        body, headers = signed(edge, provider)
        forged = json.loads(body)
        if provider == "mailgun":
            forged["signature"]["token"] = "another"
        elif provider == "ses":
            forged["Message"] = "{}"
        answer = await send(
            edge,
            provider,
            json.dumps(forged).encode(),
            {k: v for k, v in headers.items() if k != "x-secret"},
        )
        assert answer.status_code in {401, 403}, answer.text
        assert count() == before + (provider != "postmark")
        assert await edge.events() == []


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_while_the_log_is_down_the_provider_is_asked_to_come_again(provider: str) -> None:
    async with serving() as edge:
        edge.log.broken = True
        body, headers = signed(edge, provider)
        answer = await send(edge, provider, body, headers)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        edge.log.broken = False
        assert (await send(edge, provider, body, headers)).json()["accepted"] == 1


async def test_half_of_a_batch_is_good() -> None:
    async with serving() as edge:
        nobody = {**sendgrid_event(3), "dramatis_recipient_id": None, "email": ""}
        bad: list[Any] = [{"event": "open"}, 7, "x", nobody, sendgrid_event(4, timestamp=0),
                          sendgrid_event(5, dramatis_recipient_id="e@example.org")]  # fmt: skip
        body = edge.sendgrid.body(
            [sendgrid_event(1), *bad, sendgrid_event(2), sendgrid_event(6, "account_status_change")]
        )
        answer = await send(edge, "sendgrid", body, edge.sendgrid.headers(body))
        assert answer.status_code == 200
        assert answer.json() == {"accepted": 2, "rejected": 1, "ignored": 1, "set_aside": 6}
        letters = await edge.letters()
        assert len(letters) == 6
        assert {each.headers["dramatis_reason"] for each in letters} == {"INVALID_FIELD", "RECIPIENT_NOT_NAMED", "RAW_EMAIL_ADDRESS"}  # fmt: skip
        assert not [each for each in letters if b"@" in each.value or "@" in str(each.headers)]
        await send(edge, "sendgrid", body, edge.sendgrid.headers(body))
        assert len({each.event_id for each in await edge.letters()}) == 6


@pytest.mark.parametrize("body", [b"", b"{}", b"7", b"{", b"null"])
async def test_what_is_signed_and_still_nonsense(body: bytes) -> None:
    async with serving() as edge:
        answer = await send(edge, "sendgrid", body, edge.sendgrid.headers(body))
        assert answer.status_code == 400
        for provider in ("mailgun", "ses"):
            assert (await send(edge, provider, body, {})).status_code in {400, 403}
        assert (await send(edge, "postmark", body, {"x-secret": WORD})).status_code in {200, 400}


async def test_a_million_items_are_too_many() -> None:
    async with serving() as edge:
        body = edge.sendgrid.body([7] * 900_000)
        assert (await send(edge, "sendgrid", body, edge.sendgrid.headers(body))).status_code == 413
        assert await edge.letters() == []


async def test_nobody_learns_which_webhooks_there_are() -> None:
    async with serving() as edge:
        answers = [
            await edge.client.post(f"/v1/webhooks/{path}", content=b"{}")
            for path in ("ses/beta", "nobody/acme")
        ]
        assert [each.status_code for each in answers] == [404, 404]


async def test_a_subscription_is_confirmed() -> None:
    async with serving() as edge:
        answer = await send(edge, "ses", json.dumps(edge.amazon.confirmation()).encode(), {})
        assert answer.status_code == 200
        assert len(edge.amazon.fetched) == 2


async def test_an_unsubscription_binds() -> None:
    async with serving() as edge:
        body = edge.sendgrid.body([sendgrid_event(1, "unsubscribe")])
        await send(edge, "sendgrid", body, edge.sendgrid.headers(body))
        held = await edge.world.store.consents("acme", ["r1"])
        assert held["r1"][0].source == "unsubscribed"


async def test_who_is_not_named_is_found_by_a_pseudonym() -> None:
    async with serving() as edge:
        body = edge.sendgrid.body([{**sendgrid_event(1), "dramatis_recipient_id": None}])
        await send(edge, "sendgrid", body, edge.sendgrid.headers(body))
        expected = "email:" + pseudonym("acme", "email:r1@example.org")
        assert [each.recipient_id for each in await edge.events()] == [expected]

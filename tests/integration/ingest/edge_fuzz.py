"""Requests that nobody should send, at a real edge: whatever comes, it is no fault of ours."""

import asyncio
import base64
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dramatis.ingest.domain.links import CLICK, OPEN
from tests.integration.ingest.edge_server import KEY, LINK_KEYS, WORD, Served, serving
from tests.unit.ingest.adapters.edge.senders import (
    mailgun_body,
    mailgun_event,
    postmark_record,
    sendgrid_event,
    ses_event,
)
from tests.unit.ingest.fakes import NOW

CALLS = ("track", "identify", "page", "screen", "group", "alias", "batch", "t", "b")
ROUTES = (*CALLS, "sendgrid", "mailgun", "ses", "postmark", "open", "click", "raw")

TEXT = st.text(st.characters(exclude_categories=()), max_size=40) | st.sampled_from(
    ["", "\0", "\ud800", "a" * 5_000, "ann@example.org", "1970-01-01", "2100-01-01T00:00:00Z", "NaN", "-1", "1e400",
     "9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+14:00", "https://[", "::1", "Europe/Berlin", "track"]
)  # fmt: skip
NUMBER = (
    st.integers()
    | st.floats()
    | st.sampled_from([10**400, -(10**30), 1 << 63, 253_402_300_800, 1e300])
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
TRACK = {
    "userId": "u1", "type": "track", "event": "Order Completed", "messageId": "m1", "timestamp": NOW.isoformat(),
    "sentAt": NOW.isoformat(), "traits": {"plan": "gold"}, "groupId": "g", "name": "n", "category": "c",
    "properties": {"revenue": 5, "currency": "EUR", "products": [{"category": "x"}], "price": 1, "quantity": 2,
                   "experiment_id": "e", "query": "q", "path": "/a", "session_id": 1},
    "context": {"timezone": "Asia/Tokyo", "location": {"country": "DE", "region": "BY"}, "device": {"type": "ios"},
                "page": {"url": "https://a/b?c"}, "userAgent": "Firefox", "ip": "192.0.2.1"},
}  # fmt: skip
BASES: Mapping[str, Any] = {
    "sendgrid": [sendgrid_event(1, "click", url="https://a/b", useragent="x", reason="r", response="s")],
    "mailgun": mailgun_event("failed", severity="permanent", reason="bounce", **{"delivery-status": {"message": "x"}}),
    "ses": {**ses_event("Bounce"), **{k: v for name in ("Open", "Complaint", "Delivery") for k, v in ses_event(name).items()}},
    "postmark": postmark_record("Click", OriginalLink="https://a/b", Type="HardBounce", ID=4, Platform="Mobile"),
    "batch": {"batch": [TRACK, {**TRACK, "type": "identify"}], "sentAt": NOW.isoformat(), "context": {}},
    "open": {"r": "r1", "c": "spring", "d": "d1", "m": "m1", "u": "https://a/b", "x": 1_900_000_000},
}  # fmt: skip


def like(value: Any) -> st.SearchStrategy[Any]:
    """Another value of the same kind."""
    if isinstance(value, str):
        return TEXT
    return NUMBER if isinstance(value, int | float) else st.just(value)


@st.composite
def mutated(draw: st.DrawFn, base: Any) -> Any:
    """A good value of which a few parts are something else."""
    value = json.loads(json.dumps(base))
    for _ in range(draw(st.integers(1, 3))):
        place: Any = value
        while isinstance(place, dict | list) and place:
            at = draw(
                st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place)))
            )
            if isinstance(place[at], dict | list) and place[at] and draw(st.booleans()):
                place = place[at]
                continue
            place[at] = draw(JSON if draw(st.integers(0, 3)) == 0 else like(place[at]))
            break
    return value


def token(purpose: str, said: Any) -> str:
    """A link that says anything, signed."""
    key = LINK_KEYS.keys["k1"]
    payload = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
    mac = base64.urlsafe_b64encode(key._mac(purpose, payload)).rstrip(b"=").decode()
    return f"k1.{payload}.{mac}"


class Sender:
    """Sends one thing to one route, signed so that it is read, now and then not."""

    def __init__(self, edge: Served, client: httpx.Client) -> None:
        self._edge = edge
        self._client = client
        self._sent = 0

    def __call__(self, route: str, said: Any, data: st.DataObject) -> httpx.Response:
        self._sent += 1
        if route in {"open", "click"}:
            purpose = data.draw(st.sampled_from([OPEN, CLICK]))
            path = (
                f"/o/{token(purpose, said)}.gif"
                if route == "open"
                else f"/c/{token(purpose, said)}"
            )
            return self._client.get(path)
        body, headers = self._signed(route, said)
        if data.draw(st.integers(0, 9)) == 0:
            body, headers = gzip.compress(body), {**headers, "content-encoding": "gzip"}
        return self._client.post(self._path(route), content=body, headers=headers)

    def _path(self, route: str) -> str:
        return f"/v1/{route}" if route in CALLS else f"/v1/webhooks/{route}/acme"

    def _signed(self, route: str, said: Any) -> tuple[bytes, dict[str, str]]:
        if route == "sendgrid":
            body = self._edge.sendgrid.body(said)
            return body, self._edge.sendgrid.headers(body)
        if route == "mailgun":
            return mailgun_body(said, token=f"{self._sent:050}"), {}
        if route == "ses":
            return json.dumps(self._edge.amazon.message(said)).encode(), {}
        if route == "postmark":
            return json.dumps(said).encode(), {"x-secret": WORD}
        basic = base64.b64encode(f"{KEY}:".encode()).decode()
        return json.dumps(said).encode(), {"authorization": f"Basic {basic}"}

    def raw(self, data: st.DataObject) -> httpx.Response:
        """Sends bytes with headers, neither of which mean anything."""
        names = st.sampled_from(["authorization", "content-encoding", "origin", "user-agent", "sec-purpose", "content-type",
                                 "x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"])  # fmt: skip
        values = st.binary(max_size=30).map(
            lambda b: bytes(each for each in b if each >= 32 and each != 127).strip()
        )
        headers = data.draw(st.dictionaries(names, values, max_size=4))
        paths = st.sampled_from(
            [*map(self._path, ROUTES), "/o/a.gif", "/c/a", "/", "/v1/dramatis.js", "/v1/webhooks//"]
        )
        method = data.draw(st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PUT"]))
        content = data.draw(
            st.binary(max_size=200) | TEXT.map(lambda text: text.encode(errors="replace"))
        )
        path = data.draw(paths | st.text("abc/.%&?ü", max_size=20).map(lambda text: f"/c/{text}"))
        return self._client.request(method, path, content=content, headers=list(headers.items()))  # type: ignore[arg-type]


@contextmanager
def edge_in_a_thread() -> Iterator[Sender]:
    """An edge in an event loop of its own, so that examples need none."""
    opened: list[Served] = []
    ready, done = threading.Event(), threading.Event()

    async def live() -> None:
        async with serving() as edge:
            opened.append(edge)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    try:
        assert ready.wait(30)
        with httpx.Client(base_url=f"http://127.0.0.1:{opened[0].port}", timeout=30) as client:
            yield Sender(opened[0], client)
    finally:
        done.set()
        thread.join()


def fuzz(sender: Sender, route: str, examples: int) -> None:
    """Sends so many examples; fails where the edge says that the fault is its own."""
    base = BASES.get({"click": "open", "b": "batch"}.get(route, route), TRACK)

    @settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.one_of(mutated(base), mutated(base), JSON), st.data())
    def run(said: Any, data: st.DataObject) -> None:
        answer = sender.raw(data) if route == "raw" else sender(route, said, data)
        assert answer.status_code < 500, (answer.status_code, answer.text)
        assert answer.status_code not in {403, 401} or route in {
            "raw",
            "ses",
            "mailgun",
            "postmark",
        }

    run()


def fuzz_for(seconds: float, route: str, tell: Callable[[str], None]) -> None:
    """Sends examples for so long."""
    with edge_in_a_thread() as sender:
        until, rounds = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            fuzz(sender, route, 200)
            rounds += 1
        tell(f"{route}: {rounds * 200} examples in {seconds:g} s, 0 of them a fault of ours")

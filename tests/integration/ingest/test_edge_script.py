"""The script for web pages, in a real browser on loopback pages."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.ingest.adapters.edge.keys import WriteKeys
from dramatis.runtime import http
from dramatis.runtime.common_settings import ApiKeys
from tests.integration.ingest.edge_server import PUBLIC_KEY, Served, serving

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_browser = pytest.mark.skipif(
    BROWSER is None, reason="needs Chromium: apt install chromium, or put it on the PATH"
)
STUB = "window.dramatis = window.dramatis || function () { (dramatis.q = dramatis.q || []).push(arguments) };"
REPORT = """
function kept() {
  return {cookie: document.cookie, local: Object.keys(localStorage), session: Object.keys(sessionStorage)};
}
function report() { return fetch('/report', {method: 'POST', body: JSON.stringify(kept())}); }
"""


@dataclass
class Page:
    """A site with pages, and what they reported of themselves."""

    port: int
    bodies: dict[str, str] = field(default_factory=dict)
    reports: list[dict[str, Any]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"


@asynccontextmanager
async def site() -> AsyncIterator[Page]:
    """Serves pages."""
    page = Page(0)

    async def show(request: Request) -> Response:
        body = page.bodies.get(request.path_params["name"])
        return Response(status_code=204) if body is None else HTMLResponse(body)

    async def take(request: Request) -> Response:
        page.reports.append(await request.json())
        return JSONResponse({})

    app = Starlette(routes=[Route("/report", take, methods=["POST"]), Route("/{name}", show)])
    async with http.serve("127.0.0.1:0", app) as page.port:
        yield page


@asynccontextmanager
async def shop() -> AsyncIterator[tuple[Served, Page]]:
    """A site whose origin may write at an edge."""
    async with site() as page:
        keys = WriteKeys(
            ApiKeys(),
            ApiKeys.parse(f"acme:{PUBLIC_KEY}"),
            origins=frozenset({page.url("").rstrip("/")}),
        )
        async with serving(write_keys=keys) as edge:
            yield edge, page


def body(edge: Served, script: str, before: str = "") -> str:
    """A page with the script, as the documentation says, that does something."""
    source = f"http://127.0.0.1:{edge.port}/v1/dramatis.js"
    return (
        f"<!doctype html><title>t</title><script>{before}{STUB}{REPORT}</script>"
        f'<script async src="{source}" data-key="{PUBLIC_KEY}"></script><script>{script}</script>'
    )


@asynccontextmanager
async def browsing(url: str, profile: Path) -> AsyncIterator[None]:
    """A browser that shows a page; ends with the block."""
    assert BROWSER
    process = await asyncio.create_subprocess_exec(
        BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--no-first-run", "--disable-background-networking", "--disable-extensions",
        f"--user-data-dir={profile}", url,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def until(holds: Callable[[Any], bool], look: Any) -> Any:
    """What `look` sees once that holds."""
    async with asyncio.timeout(45):
        while not holds(found := await look()):
            await asyncio.sleep(0.05)
    return found


async def seen(page: Page) -> list[dict[str, Any]]:
    return page.reports


def test_the_script_is_small() -> None:
    async def fetched() -> bytes:
        async with serving() as edge:
            answer = await edge.client.get("/v1/dramatis.js")
            assert answer.headers["content-type"].startswith("text/javascript")
            assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
            return answer.content

    script = asyncio.run(fetched())
    assert len(script) < 3_000
    assert b"cookie =" not in script


@needs_browser
async def test_events_of_a_page_arrive_and_nothing_is_stored_before_consent(tmp_path: Path) -> None:
    async with shop() as (edge, page):
        page.bodies["men"] = body(
            edge,
            "dramatis('track', 'Product Viewed', {product_id: 'p5', category: 'shoes'});"
            "setTimeout(report, 1500);",
        )
        url = page.url("men?dramatis_campaign_id=spring&email=ann@example.org")
        async with browsing(url, tmp_path):
            events = await until(lambda found: len(found) >= 2, edge.events)
            (kept, *_) = await until(bool, lambda: seen(page))
        assert kept == {"cookie": "", "local": [], "session": []}
        assert {each.site.kind for each in events} == {
            pb.SITE_EVENT_KIND_PAGE_VIEWED,
            pb.SITE_EVENT_KIND_PRODUCT_VIEWED,
        }
        assert {each.attribution.campaign_id for each in events} == {"spring"}
        assert {each.site.page for each in events} == {"/men"}
        assert len({each.recipient_id for each in events}) == 1
        assert events[0].context.device_class == "desktop"
        assert b"ann@" not in b"".join(each.SerializeToString() for each in events)


@needs_browser
async def test_with_consent_a_visitor_is_known_again_and_may_take_it_back(tmp_path: Path) -> None:
    async with shop() as (edge, page):
        page.bodies["one"] = body(
            edge,
            "dramatis('consent', true); setTimeout(() => report().then(() => location.href = '/two'), 800);",
        )
        page.bodies["two"] = body(
            edge,
            "dramatis('consent', true); setTimeout(() => { dramatis('consent', false); report(); }, 800);",
        )
        async with browsing(page.url("one"), tmp_path):
            events = await until(lambda found: len(found) >= 2, edge.events)
            first, second = await until(lambda found: len(found) == 2, lambda: seen(page))
        assert {each.site.page for each in events} == {"/one", "/two"}
        assert len({each.recipient_id for each in events}) == 1
        assert (first["local"], second["local"]) == (["dramatis_id"], [])
        assert first["cookie"] == second["cookie"] == ""


@needs_browser
@pytest.mark.parametrize(
    "signal", ["globalPrivacyControl', {value: true", "doNotTrack', {value: '1'"]
)
async def test_who_does_not_want_to_be_tracked_is_not(signal: str, tmp_path: Path) -> None:
    async with shop() as (edge, page):
        page.bodies["one"] = body(
            edge, "dramatis('consent', true); dramatis('track', 'x'); setTimeout(report, 1500);",
            before=f"Object.defineProperty(navigator, '{signal}}});",
        )  # fmt: skip
        async with browsing(page.url("one"), tmp_path):
            (kept, *_) = await until(bool, lambda: seen(page))
        assert (kept["local"], kept["cookie"], await edge.events()) == ([], "", [])


@needs_browser
async def test_what_was_said_while_leaving_arrives(tmp_path: Path) -> None:
    async with shop() as (edge, page):
        page.bodies["one"] = body(
            edge,
            "var wait = setInterval(() => { if (!dramatis.q) { clearInterval(wait);"
            "dramatis('track', 'Last Words'); location.href = '/two'; } }, 5);",
        )
        page.bodies["two"] = "<title>gone</title>"
        async with browsing(page.url("one"), tmp_path):
            events = await until(lambda found: len(found) >= 2, edge.events)
        assert "Last Words" in {each.site.name for each in events}


@needs_browser
async def test_while_the_log_is_down_a_page_tries_again(tmp_path: Path) -> None:
    async with shop() as (edge, page):
        edge.log.broken = True
        page.bodies["one"] = body(edge, "setTimeout(report, 1000);")
        async with browsing(page.url("one"), tmp_path):
            await until(bool, lambda: seen(page))
            assert await edge.events() == []
            edge.log.broken = False
            await until(lambda found: len(found) == 1, edge.events)

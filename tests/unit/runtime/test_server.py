import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from prometheus_client import REGISTRY

from dramatis.runtime import http, status
from dramatis.runtime.common_settings import ApiKeys
from dramatis.runtime.health import Health
from dramatis.runtime.server import AddressInUseError, Server
from dramatis.runtime.service import make_server
from tests.unit.runtime.echo import Echo, Settings, add_echo

KEY = "0123456789abcdef"
SAY, WATCH, CHAT = "/test.Echo/Say", "/test.Echo/Watch", "/test.Echo/Chat"
BEARER = (("authorization", f"Bearer {KEY}"),)
Code = grpc.StatusCode


@dataclass
class Running:
    server: Server
    health: Health
    channel: grpc.aio.Channel
    port: int

    def say(self, text: str, **options: Any) -> Any:
        call = self.channel.unary_unary(SAY, StringValue.SerializeToString, StringValue.FromString)
        return call(StringValue(value=text), **{"metadata": BEARER, "timeout": 5, **options})

    def watch(self, text: str) -> Any:
        call = self.channel.unary_stream(
            WATCH, StringValue.SerializeToString, StringValue.FromString
        )
        return call(StringValue(value=text), metadata=BEARER, timeout=20)

    def chat(self, *texts: str) -> Any:
        call = self.channel.stream_stream(
            CHAT, StringValue.SerializeToString, StringValue.FromString
        )
        return call((StringValue(value=text) for text in texts), metadata=BEARER, timeout=5)


@asynccontextmanager
async def serve(complete: bool = True, **changes: Any) -> AsyncIterator[Running]:
    settings = Settings(**{"api_keys": ApiKeys.parse(f"acme:{KEY},zeta:{KEY}z"), **changes})
    health = Health()
    health.require("log")
    server = make_server(settings, health)
    server.add(add_echo, Echo())
    if complete:
        server.complete()
    port = await server.start("127.0.0.1:0")
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Running(server, health, channel, port)
    finally:
        await server.stop(0)


async def failure(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def test_the_key_decides_the_tenant() -> None:
    async with serve() as running:
        assert (await running.say("hi")).value == "acme hi"
        other = (("authorization", f"bearer {KEY}z"),)
        assert (await running.say("hi", metadata=other)).value == "zeta hi"
        for metadata, reason in [
            ((), "NO_API_KEY"),
            ((("authorization", f"Basic {KEY}"),), "NO_API_KEY"),
            ((("authorization", "Bearer 0123456789abcdeg"),), "BAD_API_KEY"),
        ]:
            error = await failure(running.say("hi", metadata=metadata))
            assert error.code() is Code.UNAUTHENTICATED
            assert status.error_info(error).reason == reason


async def test_the_anonymous_tenant_does_not_excuse_a_wrong_key() -> None:
    async with serve(anonymous_tenant="home") as running:
        assert (await running.say("hi", metadata=())).value == "home hi"
        wrong = (("authorization", "Bearer wrong"),)
        assert (await failure(running.say("hi", metadata=wrong))).code() is Code.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("invalid", Code.INVALID_ARGUMENT, "INVALID"),
        ("missing", Code.NOT_FOUND, "NOT_FOUND"),
        ("away", Code.UNAVAILABLE, "UNAVAILABLE"),
        ("exhausted", Code.RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED"),
        ("bug", Code.INTERNAL, "INTERNAL"),
    ],
)
async def test_errors_have_one_error_info_unary_or_stream(
    text: str, code: Code, reason: str
) -> None:
    async with serve() as running:
        for call in (running.say(text), anext(aiter(running.chat(text)))):
            error = await failure(call)
            assert error.code() is code
            assert "secret" not in str(error.details())
            trailers = dict(tuple(each) for each in error.trailing_metadata())
            details = status.Status.FromString(trailers[status.DETAILS_KEY]).details
            assert sum(each.Is(status.ErrorInfo.DESCRIPTOR) for each in details) == 1
            assert status.error_info(error).reason == reason
            assert status.error_info(error).domain == "dramatis"


async def test_retry_info_says_when() -> None:
    async with serve() as running:
        retry = status.retry_info(await failure(running.say("away")))
        assert retry.retry_delay.ToTimedelta().total_seconds() == 2.5


async def test_streams_answer_each_message() -> None:
    async with serve() as running:
        assert [each.value async for each in running.chat("a", "b")] == ["acme a", "acme b"]


async def test_a_stream_that_waits_for_its_caller_ends_when_the_server_stops() -> None:
    async with serve() as running:
        call = running.channel.stream_stream(
            CHAT, StringValue.SerializeToString, StringValue.FromString
        )(metadata=BEARER, timeout=20)
        await call.write(StringValue(value="one"))
        assert (await call.read()).value == "acme one"
        await call.write(StringValue(value="slow"))
        await asyncio.sleep(0.1)
        stopping = asyncio.create_task(running.server.stop(10))
        assert (await call.read()).value == "acme slow", "what was received is still answered"
        error = await failure(call.read())
        await asyncio.wait_for(stopping, 2)
        assert error.code() is Code.UNAVAILABLE
        info = status.error_info(error)
        assert info is not None
        assert info.reason == "STOPPING"


async def test_a_stream_that_watches_ends_when_the_server_stops() -> None:
    async with serve() as running:
        assert [each.value async for each in running.watch("once")] == ["acme once"]
        call = running.watch("forever")
        assert (await call.read()).value == "acme forever"
        stopping = asyncio.create_task(running.server.stop(10))
        error = await failure(call.read())
        await asyncio.wait_for(stopping, 2)
        assert error.code() is Code.UNAVAILABLE
        info = status.error_info(error)
        assert info is not None
        assert info.reason == "STOPPING"


async def test_a_watch_that_its_caller_leaves_leaves_nothing_behind() -> None:
    async with serve() as running:
        await running.say("hi")
        before = len(asyncio.all_tasks())
        call = running.watch("forever")
        await call.read()
        assert len(asyncio.all_tasks()) > before
        call.cancel()
        async with asyncio.timeout(5):
            while len(asyncio.all_tasks()) > before:
                await asyncio.sleep(0.01)


async def test_bytes_that_do_not_parse_are_the_senders_fault() -> None:
    async with serve() as running:
        raw = running.channel.unary_unary(SAY)(b"\xff\xff", metadata=BEARER, timeout=5)
        stream = running.channel.stream_stream(CHAT)(iter([b"\xff"]), metadata=BEARER, timeout=5)
        for call in (raw, anext(aiter(stream))):
            error = await failure(call)
            assert error.code() is Code.INVALID_ARGUMENT
            assert status.error_info(error).reason == "MALFORMED_MESSAGE"


async def test_methods_that_are_not_there_yet_or_ever() -> None:
    async with serve(complete=False) as running:
        call = running.channel.unary_unary("/test.Late/Do")
        error = await failure(call(b"", timeout=5))
        assert (error.code(), status.error_info(error).reason) == (Code.UNAVAILABLE, "STARTING")
        running.server.complete()
        assert (await failure(call(b"", timeout=5))).code() is Code.UNIMPLEMENTED


async def test_one_tenant_cannot_take_all_places() -> None:
    async with serve(max_calls_per_tenant=2) as running:
        calls = [running.say("slow") for _ in range(5)]
        other = (("authorization", f"Bearer {KEY}z"),)
        assert (await running.say("hi", metadata=other)).value == "zeta hi"
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        refused = [each for each in outcomes if isinstance(each, grpc.aio.AioRpcError)]
        assert len(refused) == 3
        assert {status.error_info(each).reason for each in refused} == {"TOO_MANY_CALLS"}
        assert (await running.say("hi")).value == "acme hi"


async def test_too_large_messages_and_metadata_are_refused() -> None:
    async with serve() as running:
        for options in (
            {"text": "x" * (4 << 20)},
            {"text": "x", "metadata": (*BEARER, ("x", "y" * 20_000))},
        ):
            error = await failure(running.say(**options))
            assert error.code() is Code.RESOURCE_EXHAUSTED
        assert (await running.say("hi")).value == "acme hi"


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"grpc_service": "test.Echo", **labels}) or 0.0


async def test_calls_are_counted_under_the_usual_names() -> None:
    say = {"grpc_method": "Say", "grpc_type": "unary"}
    chat = {"grpc_method": "Chat", "grpc_type": "bidi_stream"}

    def now() -> list[float]:
        return [
            counted("grpc_server_started_total", **say),
            counted("grpc_server_handled_total", **say, grpc_code="OK"),
            counted("grpc_server_handled_total", **say, grpc_code="InvalidArgument"),
            counted("grpc_server_handled_total", **say, grpc_code="Unauthenticated"),
            counted("grpc_server_handling_seconds_count", **say),
            counted("grpc_server_msg_received_total", **chat),
            counted("grpc_server_msg_sent_total", **chat),
        ]

    before = now()
    async with serve() as running:
        await running.say("hi")
        await failure(running.say("invalid"))
        await failure(running.say("hi", metadata=()))
        assert len([each async for each in running.chat("a", "b", "c")]) == 3
        after = now()
    assert [b - a for a, b in zip(before, after, strict=True)] == [3, 1, 1, 1, 3, 3, 3]


async def test_health_follows_the_conditions() -> None:
    async with serve() as running:
        stub = health_pb2_grpc.HealthStub(running.channel)
        for name in ("", "test.Echo"):
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
            assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING
        watch = aiter(stub.Watch(health_pb2.HealthCheckRequest(service="test.Echo"), timeout=5))
        seen = [(await anext(watch)).status]
        running.health.set("log", True)
        seen.append((await anext(watch)).status)
        running.health.stop()
        seen.append((await anext(watch)).status)
        assert seen == [2, 1, 2]
        error = await failure(stub.Check(health_pb2.HealthCheckRequest(service="no"), timeout=5))
        assert error.code() is Code.NOT_FOUND
        running.health.close()
        assert [each async for each in watch] == []


async def test_reflection_lists_the_services() -> None:
    async with serve() as running:
        stub = reflection_pb2_grpc.ServerReflectionStub(running.channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        answer = await anext(aiter(stub.ServerReflectionInfo(iter([request]), timeout=5)))
        names = {each.name for each in answer.list_services_response.service}
        assert {"test.Echo", "grpc.health.v1.Health"} <= names


async def test_an_address_in_use_is_named() -> None:
    async with serve() as running:
        with pytest.raises(AddressInUseError, match=str(running.port)):
            await Server(running.server._router._interceptors).start(f"127.0.0.1:{running.port}")
        with pytest.raises(AddressInUseError):
            async with http.serve(f"127.0.0.1:{running.port}", http.application(Health())):
                pass


async def test_http_paths() -> None:
    health = Health()
    health.require("snapshot")
    async with (
        http.serve("127.0.0.1:0", http.application(health)) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["missing"]) == (503, ["snapshot"])
        health.set("snapshot", True)
        assert (await client.get("/readyz")).status_code == 200
        assert "grpc_server_started_total" in (await client.get("/metrics")).text

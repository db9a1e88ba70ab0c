"""A small service for tests: `Say`, `Watch` and `Chat` on test.Echo. Run as a program it is a process."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, ClassVar

import grpc
from google.protobuf.wrappers_pb2 import StringValue

from dramatis.core.errors import Exhausted, Invalid, NotFound, Unavailable
from dramatis.runtime.common_settings import Common
from dramatis.runtime.identity import current_tenant
from dramatis.runtime.parts import Parts
from dramatis.runtime.service import run
from dramatis.runtime.settings import setting

ERRORS = {
    "invalid": Invalid("wrong", field="value"),
    "missing": NotFound("thing", "t1"),
    "away": Unavailable("away", retry_after_seconds=2.5),
    "exhausted": Exhausted("slower"),
    "bug": ZeroDivisionError("secret of recipient r1"),
}


@dataclass(frozen=True)
class Settings(Common):
    service: ClassVar[str] = "echo"
    crash_after_seconds: float = setting(0.0, "Fails after this long; never if 0.", unit="seconds")


class Echo:
    async def Say(self, request: StringValue, context: Any) -> StringValue:  # noqa: N802
        return await self._answer(request.value)

    async def Chat(  # noqa: N802
        self, requests: AsyncIterator[StringValue], context: Any
    ) -> AsyncIterator[StringValue]:
        async for request in requests:
            yield await self._answer(request.value)

    async def Watch(  # noqa: N802
        self, request: StringValue, context: Any
    ) -> AsyncIterator[StringValue]:
        yield await self._answer(request.value)
        if request.value == "forever":
            await asyncio.Event().wait()

    async def _answer(self, text: str) -> StringValue:
        if text in ERRORS:
            raise ERRORS[text]
        if text == "slow":
            await asyncio.sleep(0.3)
        return StringValue(value=f"{current_tenant()} {text}")


def add_echo(servicer: Echo, server: Any) -> None:
    codecs: Any = {
        "request_deserializer": StringValue.FromString,
        "response_serializer": StringValue.SerializeToString,
    }
    handlers = {
        "Say": grpc.unary_unary_rpc_method_handler(servicer.Say, **codecs),
        "Watch": grpc.unary_stream_rpc_method_handler(servicer.Watch, **codecs),
        "Chat": grpc.stream_stream_rpc_method_handler(servicer.Chat, **codecs),
    }
    server.add_registered_method_handlers("test.Echo", handlers)


async def build(parts: Parts, settings: Settings) -> None:
    async def crash() -> None:
        await asyncio.sleep(settings.crash_after_seconds)
        raise ZeroDivisionError

    parts.serve(add_echo, Echo())
    if settings.crash_after_seconds:
        parts.background("crash", crash)


if __name__ == "__main__":
    sys.exit(run(Settings, build))

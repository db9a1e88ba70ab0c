"""Binds the interceptors to a method: one function per kind of call, in the written order.

Messages are parsed here rather than by grpc, which answers bytes that do not parse with UNKNOWN
and the parser's own words. So servicers take requests from the iterator that they are given, not
from `context.read()`.
"""

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError

from dramatis.core.errors import Invalid
from dramatis.runtime.interceptors import counted
from dramatis.runtime.interceptors.call import Call, Kind, Method
from dramatis.runtime.interceptors.drain import Drain
from dramatis.runtime.interceptors.identity import Identity
from dramatis.runtime.interceptors.limits import Limits
from dramatis.runtime.interceptors.mask import refuse
from dramatis.runtime.interceptors.metrics import Metrics
from dramatis.runtime.interceptors.tracing import Tracing

Message = Any  # whatever the method takes and gives
Context = Any
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"

_KINDS: dict[tuple[bool, bool], Kind] = {
    (False, False): "unary",
    (True, False): "client_stream",
    (False, True): "server_stream",
    (True, True): "bidi_stream",
}


@dataclass(frozen=True, slots=True)
class Interceptors:
    """Those that hold state over all methods of a server."""

    identity: Identity
    limits: Limits
    drain: Drain = field(default_factory=Drain)


def wrap(
    handler: Handler, service: str, name: str, shared: Interceptors, *, public: bool = False
) -> Handler:
    """The handler with everything around it that every call has."""
    kind = _KINDS[bool(handler.request_streaming), bool(handler.response_streaming)]
    bound = _Bound(Method(service, name, kind, public), handler, shared)
    if not handler.response_streaming:
        answer: Callable[..., Any] = bound.one
    elif inspect.isasyncgenfunction(bound.work):
        answer = bound.many
    else:
        answer = bound.written
    make: Any = {
        "unary": grpc.unary_unary_rpc_method_handler,
        "client_stream": grpc.stream_unary_rpc_method_handler,
        "server_stream": grpc.unary_stream_rpc_method_handler,
        "bidi_stream": grpc.stream_stream_rpc_method_handler,
    }[kind]
    wrapped: Handler = make(answer, None, handler.response_serializer)
    return wrapped


class _Bound:
    """One method with its interceptors. `one`, `many`, `written`: how its answer leaves."""

    def __init__(self, method: Method, handler: Handler, shared: Interceptors) -> None:
        self.method = method
        self.metrics = Metrics(method)
        self.tracing = Tracing(method)
        self.identity = shared.identity.bind(method)
        self.limits = shared.limits
        self.drain = shared.drain
        self.parse = handler.request_deserializer
        self.request = self._parsed_each if handler.request_streaming else self._parsed
        self.work: Any = (
            handler.unary_unary or handler.stream_unary
            or handler.unary_stream or handler.stream_stream
        )  # fmt: skip

    async def one(self, raw: Any, context: Context) -> Message:
        call = Call(self.method, context)
        try:
            with self.metrics(call), self.tracing(call):
                self.identity(call)
                with self.limits(call):
                    answer = await self.work(self.request(raw), context)
                    self.metrics.sent()
                    return answer
        except Exception as error:
            await refuse(call, error)

    async def many(self, raw: Any, context: Context) -> AsyncIterator[Message]:
        call = Call(self.method, context)
        try:
            with self.metrics(call), self.tracing(call):
                self.identity(call)
                with self.limits(call):
                    async with (
                        aclosing(self.work(self.request(raw), context)) as all_answers,
                        aclosing(self._watched(all_answers)) as answers,
                    ):
                        async for answer in answers:
                            self.metrics.sent()
                            yield answer
        except Exception as error:
            await refuse(call, error)

    async def written(self, raw: Any, context: Context) -> None:
        """For servicers that call `context.write` themselves."""
        call = Call(self.method, context)
        try:
            with self.metrics(call), self.tracing(call):
                self.identity(call)
                with self.limits(call):
                    await self.work(self.request(raw), context)
        except Exception as error:
            await refuse(call, error)

    def _watched(self, answers: Any) -> Any:
        """Answers to one request may go on for ever; those to a stream end with its requests."""
        return self.drain.answers(answers) if self.method.kind == "server_stream" else answers

    def _parsed(self, raw: bytes) -> Message:
        self.metrics.received()
        counted.check(raw)
        try:
            return self.parse(raw) if self.parse else raw
        except DecodeError:
            raise Invalid(
                "the bytes of the request are not the message that this method takes",
                reason="MALFORMED_MESSAGE",
                field="",
            ) from None

    async def _parsed_each(self, raw: AsyncIterator[bytes]) -> AsyncIterator[Message]:
        async with aclosing(self.drain.requests(raw)) as requests:
            async for each in requests:
                yield self._parsed(each)

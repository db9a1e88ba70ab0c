"""Every RPC of every service, fuzzed: whatever comes, the answer says what was wrong with it.

DRAMATIS_FUZZ_SECONDS is how long each is tried.
"""

import os
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from dramatis.cli.fleet import Fleet
from tests.e2e.test_contract_live import METHODS
from tests.support.messages import IDS, messages

T = TypeVar("T")
SECONDS = float(os.environ.get("DRAMATIS_FUZZ_SECONDS", "1"))
NEVER = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}
PATIENCE = 5.0
WATCHED = 0.1
ROUND = settings(
    max_examples=20, deadline=None, database=None, print_blob=False,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture(scope="module")
def channels(fleet: Fleet) -> Iterator[dict[str, grpc.Channel]]:
    made = {name: grpc.insecure_channel(fleet.address(name)) for name, _ in METHODS.values()}
    yield made
    for each in made.values():
        each.close()


class Caller:
    """Calls one method with bytes, as the tenant of the fleet."""

    def __init__(self, fleet: Fleet, channel: grpc.Channel, method: MethodDescriptor) -> None:
        path = f"/{method.containing_service.full_name}/{method.name}"
        self._streams = method.client_streaming
        self._watches = method.server_streaming and not method.client_streaming
        self._metadata = (("authorization", f"Bearer {fleet.key}"),)
        kind = f"{_side(method.client_streaming)}_{_side(method.server_streaming)}"
        self._call = getattr(channel, kind)(path, _registered_method=True)
        self._answers = method.server_streaming
        self._output = GetMessageClass(method.output_type)

    def code(self, requests: Iterable[bytes]) -> grpc.StatusCode:
        """How the call ends; every answer before that can be read."""
        [*sent] = requests
        timeout = WATCHED if self._watches else PATIENCE
        try:
            answer = self._call(
                iter(sent) if self._streams else sent[0], metadata=self._metadata, timeout=timeout
            )
            for each in answer if self._answers else [answer]:
                self._output.FromString(each)
        except grpc.RpcError as error:
            code = error.code()
            if code is grpc.StatusCode.DEADLINE_EXCEEDED and self._watches:
                return grpc.StatusCode.OK
            assert isinstance(code, grpc.StatusCode)
            return code
        return grpc.StatusCode.OK


def _side(streams: bool) -> str:
    return "stream" if streams else "unary"


@pytest.fixture(params=sorted(METHODS))
def method(request: pytest.FixtureRequest) -> MethodDescriptor:
    found: MethodDescriptor = METHODS[request.param][1]
    return found


@pytest.fixture
def caller(fleet: Fleet, channels: dict[str, grpc.Channel], method: MethodDescriptor) -> Caller:
    return Caller(fleet, channels[METHODS[method.name][0]], method)


def sensible(requests: list[Message]) -> list[bytes]:
    """With numbers of windows and new ids of requests, or nothing else would ever be looked at."""
    for number, request in enumerate(requests, 1):
        fields = request.DESCRIPTOR.fields_by_name
        if "sequence" in fields:
            request.sequence = number  # type: ignore[attr-defined]
        if "request_id" in fields and request.request_id in IDS:  # type: ignore[attr-defined]
            request.request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
    return [request.SerializeToString() for request in requests]


def fuzz(seconds: float, made: "st.SearchStrategy[T]", check: Callable[[T], None]) -> None:
    """Rounds of examples until the time is up, the same rounds each time."""
    until, number = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        seed(number)(ROUND(given(made)(check)))()
        number += 1


def test_messages(caller: Caller, method: MethodDescriptor) -> None:
    made = st.lists(messages(method.input_type.full_name), min_size=1, max_size=3)

    def check(requests: list[Message]) -> None:
        assert caller.code(sensible(requests)) not in NEVER

    fuzz(SECONDS, made, check)


def test_bytes(caller: Caller, method: MethodDescriptor) -> None:
    """No message at all, or one with a few bytes changed."""
    whole = messages(method.input_type.full_name).map(lambda each: each.SerializeToString())
    changes = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), max_size=3)
    made = st.tuples(st.one_of(st.binary(max_size=50), whole), changes)

    def check(example: tuple[bytes, list[tuple[int, int]]]) -> None:
        raw = bytearray(example[0])
        for place, byte in example[1] if raw else ():
            raw[place % len(raw)] = byte
        assert caller.code([bytes(raw)]) not in NEVER

    fuzz(SECONDS / 4, made, check)


def test_all_services_are_ready_still(fleet: Fleet) -> None:
    """What was let in has stopped no reader of the log."""
    for berth in fleet.berths:
        with urllib.request.urlopen(f"http://{berth.http_address}/readyz", timeout=5) as answer:
            assert answer.status == 200, berth.name

"""Whole processes: how they refuse to start, how they stop, and that nobody notices a restart."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

ECHO = Path(__file__).with_name("echo.py")
POLICY = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": "test.Echo"},
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def start(port: int = 0, **variables: str) -> "subprocess.Popen[str]":
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DRAMATIS_")},
        "DRAMATIS_ANONYMOUS_TENANT": "acme",
        "DRAMATIS_ECHO_GRPC_ADDRESS": f"127.0.0.1:{port}",
        **variables,
    }
    return subprocess.Popen(
        [sys.executable, "-W", "error", str(ECHO)], env=environ, stderr=subprocess.PIPE, text=True
    )


def until_started(process: "subprocess.Popen[str]") -> None:
    assert process.stderr
    while json.loads(process.stderr.readline())["event"] != "started":
        pass


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    _, text = process.communicate(timeout=20)
    return process.returncode, text


def test_wrong_settings_are_one_line_each_and_code_2() -> None:
    code, text = ended(start(DRAMATIS_ECHO_GRPC_ADDRESS="x", DRAMATIS_ECHO_NOPE="1"))
    assert code == 2
    assert len(text.strip().split("\n")) == 2
    assert "Traceback" not in text


def test_a_port_in_use_is_code_3_and_names_the_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, text = ended(start(taken.getsockname()[1]))
        assert code == 3
        assert "set DRAMATIS_ECHO_GRPC_ADDRESS" in text
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, text = ended(start(DRAMATIS_ECHO_HTTP_ADDRESS=address))
        assert (code, "set DRAMATIS_ECHO_HTTP_ADDRESS" in text) == (3, True)


def test_a_part_that_fails_ends_the_service_with_code_1() -> None:
    code, text = ended(
        start(DRAMATIS_ECHO_CRASH_AFTER_SECONDS="0.1", DRAMATIS_ECHO_DRAIN_WAIT_SECONDS="0")
    )
    assert code == 1
    assert "background work failed" in text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_stops_with_code_0(number: signal.Signals) -> None:
    process = start(DRAMATIS_ECHO_DRAIN_WAIT_SECONDS="0")
    until_started(process)
    process.send_signal(number)
    assert ended(process)[0] == 0


async def test_a_rolling_restart_fails_no_call() -> None:
    ports = [free_port(), free_port()]
    replicas = [start(port) for port in ports]
    await asyncio.gather(*(asyncio.to_thread(until_started, replica) for replica in replicas))
    target = "ipv4:" + ",".join(f"127.0.0.1:{port}" for port in ports)
    options = [
        ("grpc.service_config", json.dumps(POLICY)),
        ("grpc.enable_retries", 0),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 200),
    ]
    outcomes: Counter[str] = Counter()
    stopping = asyncio.Event()

    async with grpc.aio.insecure_channel(target, options) as channel:
        say = channel.unary_unary(
            "/test.Echo/Say", StringValue.SerializeToString, StringValue.FromString
        )

        async def load() -> None:
            while not stopping.is_set():
                try:
                    await say(StringValue(value="hi"), timeout=10)
                    outcomes["OK"] += 1
                except grpc.aio.AioRpcError as error:
                    outcomes[f"{error.code()} {error.details()}"] += 1
                await asyncio.sleep(0.001)

        workers = [asyncio.create_task(load()) for _ in range(8)]
        for index in range(2):
            await asyncio.sleep(0.5)
            replicas[index].send_signal(signal.SIGTERM)
            code, _ = await asyncio.to_thread(ended, replicas[index])
            assert code == 0
            replicas[index] = start(ports[index])
            await asyncio.to_thread(until_started, replicas[index])
            await asyncio.sleep(0.7)
        stopping.set()
        await asyncio.gather(*workers)
    for replica in replicas:
        replica.kill()
        await asyncio.to_thread(ended, replica)
    assert set(outcomes) == {"OK"}, outcomes
    assert outcomes["OK"] > 500

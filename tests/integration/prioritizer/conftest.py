"""The prioritizer as the process that it is, on sockets of its own."""

import asyncio
import json
import os
import subprocess
import sys

import grpc
import pytest

from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb
from dramatis.api.prioritizer.v1 import prioritizer_pb2_grpc

KEYS = {"acme": "acme-0123456789abcdef", "beta": "beta-0123456789abcdef"}


class Process:
    """One process and its stubs."""

    def __init__(self, state_dir):
        keys = ",".join(f"{tenant}:{key}" for tenant, key in KEYS.items())
        inherited = {each: value for each, value in os.environ.items() if "DRAMATIS" not in each}
        self.channels = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dramatis.prioritizer"],
            env={
                **inherited,
                "DRAMATIS_STATE_DIR": str(state_dir),
                "DRAMATIS_API_KEYS": keys,
                "DRAMATIS_PRIORITIZER_GRPC_ADDRESS": "127.0.0.1:0",
                "DRAMATIS_PRIORITIZER_HTTP_ADDRESS": "127.0.0.1:0",
                "DRAMATIS_PRIORITIZER_DRAIN_WAIT_SECONDS": "0",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if '"event": "started"' in line:
                self.ports = json.loads(line)
                return
        raise AssertionError("did not start: " + "".join(lines))

    def channel(self):
        self.channels.append(grpc.aio.insecure_channel(f"127.0.0.1:{self.ports['grpc_port']}"))
        return self.channels[-1]

    def stub(self):
        return prioritizer_pb2_grpc.PrioritizerServiceStub(self.channel())

    def end(self, *, kill=False):
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        self.process.communicate(timeout=20)
        return self.process.returncode


def caller(tenant="acme"):
    return {"metadata": (("authorization", f"Bearer {KEYS[tenant]}"),), "timeout": 10.0}


async def until_rung(stub, request, rung):
    """The first answer from that rung."""
    async with asyncio.timeout(10):
        while True:
            answer = await stub.Prioritize(request, **caller())
            if answer.prioritizations[0].rung == rung:
                return answer
            await asyncio.sleep(0.02)


def item(number=0, size=4.0):
    message = pb.PrioritizeItem(request_id=f"q-{number}")
    message.recipient.recipient_id = f"r-{number}"
    message.recipient.attributes["size"].number = size
    return message


def asked(*items, mode=pb.MODE_DRY_RUN):
    return pb.PrioritizeRequest(items=items, mode=mode)


@pytest.fixture
async def start(tmp_path):
    """Starts the prioritizer on one state folder; ends all of them."""
    started = []

    def start():
        started.append(Process(tmp_path))
        return started[-1]

    yield start
    for each in started:
        for channel in each.channels:
            await channel.close()
        each.end(kill=True)

"""Ingest as the process that it is, with a third party's file, from consent to removal."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from dramatis.api.common.v1 import consent_pb2 as consent
from dramatis.api.ingest.v1 import ingest_pb2 as pb
from dramatis.api.ingest.v1 import ingest_pb2_grpc as rpc
from tests.integration.ingest.feeds.servers import Feed, web

FILE = """
third_party:
  - name: datahouse
    tenant: acme
    address: {address}/feed
    format: csv
    key: id
    consents: [form]
    ttl_days: {days}
    interval_seconds: 1
    attributes: {{income: {{name: dh_income, kind: number}}}}
"""
CSV = b"id,income\nyes,10\nno-4711,20\nsilent-4711,30\n"


@asynccontextmanager
async def running(state: Path, connectors: Path) -> AsyncIterator[rpc.IngestServiceStub]:
    inherited = {each: value for each, value in os.environ.items() if "DRAMATIS" not in each}
    process = subprocess.Popen(
        [sys.executable, "-m", "dramatis.ingest"],
        env={
            **inherited,
            "DRAMATIS_STATE_DIR": str(state),
            "DRAMATIS_ANONYMOUS_TENANT": "acme",
            "DRAMATIS_INGEST_GRPC_ADDRESS": "127.0.0.1:0",
            "DRAMATIS_INGEST_HTTP_ADDRESS": "127.0.0.1:0",
            "DRAMATIS_INGEST_EDGE_ADDRESS": "127.0.0.1:0",
            "DRAMATIS_INGEST_DRAIN_WAIT_SECONDS": "0",
            "DRAMATIS_INGEST_CONNECTORS": str(connectors),
            "DRAMATIS_INGEST_CONNECTOR_LEASE_SECONDS": "1",
            "DRAMATIS_INGEST_THIRD_PARTY_SWEEP_SECONDS": "1",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        port = await asyncio.to_thread(_port, process)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield rpc.IngestServiceStub(channel)
    finally:
        process.kill()
        process.communicate(timeout=20)


def _port(process: "subprocess.Popen[str]") -> int:
    assert process.stderr
    lines = []
    for line in process.stderr:
        lines.append(line)
        if '"event": "started"' in line:
            return int(json.loads(line)["grpc_port"])
    raise AssertionError("did not start: " + "".join(lines))


async def say(stub: Any, request_id: str, recipient_id: str, state: int, second: int) -> None:
    statement = consent.Consent(
        purpose=consent.CONSENT_PURPOSE_PROFILING,
        data_type=consent.CONSENT_DATA_TYPE_THIRD_PARTY,
        state=state,  # type: ignore[arg-type]
        source="form",
    )
    statement.consent_time.FromSeconds(1_700_000_000 + second)
    said = pb.ConsentStatement(recipient_id=recipient_id, consent=statement)
    await stub.RecordConsent(pb.RecordConsentRequest(request_id=request_id, statements=[said]))


async def held(stub: Any, recipient_id: str) -> pb.GetRecipientDataResponse:
    request = pb.GetRecipientDataRequest(recipient_id=recipient_id)
    answer: pb.GetRecipientDataResponse = await stub.GetRecipientData(request)
    return answer


async def until(stub: Any, recipient_id: str, there: bool) -> pb.GetRecipientDataResponse:
    """What is held, once the attribute is there, or is not."""
    async with asyncio.timeout(60):
        while True:
            answer = await held(stub, recipient_id)
            if ("dh_income" in answer.recipient.attributes) is there and answer.events:
                return answer
            await asyncio.sleep(0.2)


@pytest.mark.slow
async def test_from_consent_to_withdrawal(tmp_path: Path) -> None:
    state, file, feed = tmp_path / "state", tmp_path / "connectors.yaml", Feed(CSV)
    async with web(feed.app()) as address:
        file.write_text(FILE.format(address=address, days=30))
        async with running(state, file) as stub:
            await say(stub, "q1", "yes", consent.CONSENT_STATE_GRANTED, 0)
            await say(stub, "q2", "no-4711", consent.CONSENT_STATE_DENIED, 0)
            feed.etag = '"2"'
            value = (await until(stub, "yes", there=True)).recipient.attributes["dh_income"]
            assert (value.number, value.source) == (10.0, "datahouse")
            assert value.expire_time.seconds - value.obtain_time.seconds == 30 * 86_400
        feed.etag = '"3"'
        asked = len(feed.asked)
        async with running(state, file) as stub:
            async with asyncio.timeout(60):
                while len(feed.asked) < asked + 2:
                    await asyncio.sleep(0.1)
            told = (await held(stub, "yes")).events  # twice if killed before that was noted
            assert {each.recipient_updated.attributes["dh_income"].number for each in told} == {10}
            assert not (await held(stub, "no-4711")).events
            with pytest.raises(grpc.aio.AioRpcError):
                await held(stub, "silent-4711")
            await say(stub, "q3", "yes", consent.CONSENT_STATE_WITHDRAWN, 1)
            gone = await until(stub, "yes", there=False)
            assert len(gone.events) == len(told) + 1
    kept = b"".join(each.read_bytes() for each in state.rglob("*") if each.is_file())
    assert b"silent-4711" not in kept


@pytest.mark.slow
async def test_what_expires_is_not_shown_as_current(tmp_path: Path) -> None:
    state, file, feed = tmp_path / "state", tmp_path / "connectors.yaml", Feed(CSV)
    async with web(feed.app()) as address:
        file.write_text(FILE.format(address=address, days=4 / 86_400))
        async with running(state, file) as stub:
            await say(stub, "q1", "yes", consent.CONSENT_STATE_GRANTED, 0)
            await until(stub, "yes", there=True)
            feed.body, feed.etag = b"id,income\nno-4711,1\n", '"2"'
            assert len((await until(stub, "yes", there=False)).events) == 1

"""What the personas believe in the end: the effect of all events, as everything after them sees it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from dramatis.api.persona.v1 import persona_pb2, persona_pb2_grpc
from dramatis.cli.fleet import Fleet
from dramatis.core.evidence import EvidenceCounts
from dramatis.core.persona_set import PersonaSet
from dramatis.ingest.settings import Settings
from dramatis.runtime import topics
from dramatis.runtime.event_log import EventLog, Subscription
from dramatis.runtime.keyring.opening import open_keyring
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.open_log import open_log
from dramatis.runtime.sealed_log import SealedLog
from dramatis.runtime.settings import read
from dramatis.wire.personas import to_persona_set
from tests.chaos.load import RETRY, TRY_AGAIN


async def of_all(fleet: Fleet, token: LogToken, request_id: str = "all") -> EvidenceCounts:
    """The evidence once persona has taken in everything that the token covers."""
    set_id = await _recluster(fleet, token, request_id)
    async with log_of(fleet) as log, log.tail([topics.PERSONAS.name]) as records:
        async with asyncio.timeout(30):
            return (await _named(records, set_id)).evidence


@asynccontextmanager
async def log_of(fleet: Fleet) -> AsyncIterator[EventLog]:
    """The fleet's log, as its services see it."""
    settings = settings_of(fleet)
    async with open_keyring(settings) as keyring, open_log(settings) as log:
        yield SealedLog(log, keyring)


def settings_of(fleet: Fleet) -> Settings:
    """The settings that the fleet's ingest runs with."""
    state, keys = str(fleet.state_dir), f"{fleet.tenant}:{fleet.key}"
    environ = {**fleet.environ, "DRAMATIS_STATE_DIR": state, "DRAMATIS_API_KEYS": keys}
    return read(Settings, environ)


async def _recluster(fleet: Fleet, token: LogToken, request_id: str) -> str:
    metadata = [("authorization", f"Bearer {fleet.key}")]
    wish = persona_pb2.ReclusterRequest(request_id=request_id, min_log_token=token.encode())
    async with grpc.aio.insecure_channel(fleet.address("persona"), options=RETRY) as channel:
        persona = persona_pb2_grpc.PersonaServiceStub(channel)
        async with asyncio.timeout(120):
            while True:
                try:
                    answer = await persona.Recluster(wish, metadata=metadata, timeout=60)
                    return str(answer.persona_set_id)
                except grpc.aio.AioRpcError as error:
                    if error.code() not in TRY_AGAIN:
                        raise
                    await asyncio.sleep(0.05)


async def _named(records: Subscription, set_id: str) -> PersonaSet:
    while True:
        for record in await records.poll(100, 1.0):
            found = to_persona_set(record.value)
            if found.persona_set_id == set_id:
                return found

"""What a recipient may ask for: all that is held of them, and that it is forgotten."""

import uuid
from typing import Any, Final

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.api.prioritizer.v1 import prioritizer_pb2, prioritizer_pb2_grpc
from dramatis.cli.adapters.clients import OPTIONS, SECONDS, IngestConnection, ours
from dramatis.core.errors import DramatisError

Document = dict[str, Any]
NOT_FOUND: Final = "NOT_FOUND"


async def held(connection: IngestConnection, recipient_id: str) -> Document:
    """The recipient as they are now, and all of their events, as the contract's JSON.

    Raises:
        DramatisError: nothing is held of them, or the service cannot be reached.
    """
    request = ingest_pb2.GetRecipientDataRequest(recipient_id=recipient_id)
    document: Document = {"recipient": {}, "events": []}
    while True:
        page = await connection.call(connection.stub.GetRecipientData, request)
        if page.HasField("recipient"):
            document["recipient"] = _json(page.recipient)
        document["events"] += map(_json, page.events)
        if not page.next_page_token:
            return document
        request.page_token = page.next_page_token


async def decisions(address: str, metadata: Any, document: Document) -> list[Document]:
    """The decisions that led to the recipient's events, as far as they are still kept.

    Args:
        address: of the prioritizer.
        metadata: of calls.
        document: what `held` returned.

    Raises:
        DramatisError: the service cannot be reached.
    """
    named = {each.get("attribution", {}).get("decisionId", "") for each in document["events"]}
    found = []
    async with grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
        stub = prioritizer_pb2_grpc.PrioritizerServiceStub(channel)
        for decision_id in sorted(named - {""}):
            request = prioritizer_pb2.GetDecisionRequest(decision_id=decision_id)
            try:
                with ours():
                    answer = await stub.GetDecision(request, metadata=metadata, timeout=SECONDS)
            except DramatisError as error:
                if error.reason != NOT_FOUND:
                    raise
            else:
                found.append(_json(answer.decision))
    return found


async def erase(connection: IngestConnection, recipient_id: str) -> Document:
    """Since when the recipient is forgotten.

    Raises:
        DramatisError: it is not known whether that was done; do it again.
    """
    request = ingest_pb2.EraseRecipientRequest(
        request_id=f"erase-{uuid.uuid4()}", recipient_id=recipient_id
    )
    answer = await connection.call(connection.stub.EraseRecipient, request)
    return {"eraseTime": answer.erase_time.ToJsonString(), "logToken": answer.log_token}


def _json(message: Message) -> Document:
    return dict(MessageToDict(message))

"""The rules that every RPC keeps, asked of the running services over raw bytes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from dramatis.api.common.v1 import recipient_pb2
from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.api.optimizer.v1 import optimizer_pb2
from dramatis.api.persona.v1 import persona_pb2
from dramatis.api.prioritizer.v1 import prioritizer_pb2
from dramatis.api.simulator.v1 import simulator_pb2
from dramatis.cli.fleet import Fleet
from tests.e2e.conftest import OTHER_KEY

FILES = {
    "ingest": ingest_pb2,
    "persona": persona_pb2,
    "simulator": simulator_pb2,
    "optimizer": optimizer_pb2,
    "prioritizer": prioritizer_pb2,
}
METHODS = {
    method.name: (service, method)
    for service, file in FILES.items()
    for method in file.DESCRIPTOR.services_by_name[f"{service.capitalize()}Service"].methods
}
UNARY = [
    name for name, (_, m) in METHODS.items() if not m.client_streaming and not m.server_streaming
]
MUTATING = [name for name in UNARY if "request_id" in METHODS[name][1].input_type.fields_by_name]
PAGED = [
    name
    for name in UNARY
    if "page_token" in METHODS[name][1].input_type.fields_by_name
    and name not in {"ListForecasts", "GetRecipientData"}
]
"""Without the calls whose pages belong to a resource that must be there first."""

BY_ID: Mapping[str, Message] = {
    "GetRecipientData": ingest_pb2.GetRecipientDataRequest(recipient_id="theirs"),
    "GetPersona": persona_pb2.GetPersonaRequest(persona_id="theirs"),
    "DownloadSnapshot": persona_pb2.DownloadSnapshotRequest(snapshot_id="theirs"),
    "GetSimulation": simulator_pb2.GetSimulationRequest(simulation_id="theirs"),
    "CancelSimulation": simulator_pb2.CancelSimulationRequest(
        request_id="x", simulation_id="theirs"
    ),
    "WatchSimulation": simulator_pb2.WatchSimulationRequest(simulation_id="theirs"),
    "ListForecasts": simulator_pb2.ListForecastsRequest(simulation_id="theirs"),
    "GetOptimization": optimizer_pb2.GetOptimizationRequest(optimization_id="theirs"),
    "CancelOptimization": optimizer_pb2.CancelOptimizationRequest(
        request_id="x", optimization_id="theirs"
    ),
    "WatchOptimization": optimizer_pb2.WatchOptimizationRequest(optimization_id="theirs"),
    "GetPlan": optimizer_pb2.GetPlanRequest(plan_id="theirs"),
    "PromotePlan": optimizer_pb2.PromotePlanRequest(request_id="x", plan_id="theirs"),
    "RollbackPlan": optimizer_pb2.RollbackPlanRequest(request_id="x", plan_id="theirs"),
    "GetDecision": prioritizer_pb2.GetDecisionRequest(decision_id="theirs"),
}
"""Calls that name one resource of the tenant, as asked by somebody else."""

NO_SINGLE_RESOURCE = {
    "PublishEvents", "StreamEvents", "PublishSignals", "UpsertRecipients", "UpsertCampaigns",
    "ListCampaigns", "ListRefusals", "RecordConsent", "EraseRecipient", "ListPersonas", "AssignPersona",
    "GetFeatures", "QueryResponse", "ExportNetwork", "ListPersonaEvents", "Recluster", "RehearseSignal", "WatchSnapshots",
    "CreateSimulation",
    "ListSimulations", "GetTrackRecord", "CreateOptimization", "Prioritize", "PrioritizeStream",
    "ConfirmSends", "ReportOutcomes",
}  # fmt: skip
"""Calls that name none, or answer item by item."""


@dataclass
class Failure:
    """What a failed call said."""

    code: grpc.StatusCode
    message: str
    infos: list[error_details_pb2.ErrorInfo]


def call(fleet: Fleet, name: str, request: bytes, key: str | None) -> Failure | bytes:
    """Calls a method with raw bytes; the last answer's bytes, or how it failed."""
    service, method = METHODS[name]
    metadata = [("authorization", f"Bearer {key}")] if key else []
    with grpc.insecure_channel(fleet.address(service)) as channel:
        try:
            return list(_answers(channel, method, request, metadata))[-1]
        except grpc.RpcError as error:
            return failure(error)


def _answers(
    channel: grpc.Channel, method: MethodDescriptor, request: bytes, metadata: list[tuple[str, str]]
) -> Iterator[bytes]:
    path = f"/{method.containing_service.full_name}/{method.name}"
    if method.client_streaming:
        yield from channel.stream_stream(path)(iter([request]), metadata=metadata, timeout=10)
    elif method.server_streaming:
        yield from channel.unary_stream(path)(request, metadata=metadata, timeout=10)
    else:
        yield channel.unary_unary(path)(request, metadata=metadata, timeout=10)


def failure(error: grpc.RpcError) -> Failure:
    infos = []
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
                    infos.append(error_details_pb2.ErrorInfo())
                    detail.Unpack(infos[-1])
    return Failure(error.code(), error.details(), infos)


def refused(answer: Failure | bytes, code: grpc.StatusCode) -> error_details_pb2.ErrorInfo:
    """The one ErrorInfo of a failure with this code."""
    assert isinstance(answer, Failure), answer
    assert answer.code == code, answer
    assert len(answer.infos) == 1, answer
    info = answer.infos[0]
    assert info.domain == "dramatis"
    assert info.reason == info.reason.upper() != ""
    return info


@pytest.mark.parametrize("name", METHODS)
def test_bytes_that_do_not_parse(fleet: Fleet, name: str) -> None:
    refused(call(fleet, name, b"\xff\xff\xff", fleet.key), grpc.StatusCode.INVALID_ARGUMENT)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("key", [None, "a-key-nobody-has-been-given"])
def test_strangers(fleet: Fleet, name: str, key: str | None) -> None:
    refused(call(fleet, name, b"", key), grpc.StatusCode.UNAUTHENTICATED)


@pytest.mark.parametrize("name", MUTATING)
def test_a_mutating_call_without_request_id(fleet: Fleet, name: str) -> None:
    info = refused(call(fleet, name, b"", fleet.key), grpc.StatusCode.INVALID_ARGUMENT)
    assert info.metadata["field"] == "request_id"


@pytest.mark.parametrize("name", PAGED)
def test_a_page_token_that_is_not_ours(fleet: Fleet, name: str) -> None:
    request = GetMessageClass(METHODS[name][1].input_type)(page_token="made up")
    if "recipient_id" in request.DESCRIPTOR.fields_by_name:
        request.recipient_id = "somebody"
    info = refused(
        call(fleet, name, request.SerializeToString(), fleet.key), grpc.StatusCode.INVALID_ARGUMENT
    )
    assert info.metadata["field"] == "page_token"


@pytest.mark.parametrize("name", BY_ID)
def test_what_is_not_there_and_what_is_another_tenants_look_the_same(
    fleet: Fleet, name: str
) -> None:
    request = BY_ID[name].SerializeToString()
    mine, theirs = call(fleet, name, request, fleet.key), call(fleet, name, request, OTHER_KEY)
    refused(mine, grpc.StatusCode.NOT_FOUND)
    assert mine == theirs


def test_every_call_is_in_the_table() -> None:
    assert set(BY_ID) | NO_SINGLE_RESOURCE == set(METHODS)
    assert not set(BY_ID) & NO_SINGLE_RESOURCE


def test_another_tenants_recipient_is_not_found(fleet: Fleet) -> None:
    recipient = recipient_pb2.Recipient(recipient_id="theirs")
    recipient.attributes["age"].number = 30
    made = ingest_pb2.UpsertRecipientsRequest(request_id="other-1", recipients=[recipient])
    assert isinstance(call(fleet, "UpsertRecipients", made.SerializeToString(), OTHER_KEY), bytes)
    asked = BY_ID["GetRecipientData"].SerializeToString()
    assert isinstance(call(fleet, "GetRecipientData", asked, OTHER_KEY), bytes)
    mine = call(fleet, "GetRecipientData", asked, fleet.key)
    refused(mine, grpc.StatusCode.NOT_FOUND)
    assert isinstance(mine, Failure)
    assert mine.message == "no recipient 'theirs'"


@pytest.mark.parametrize("service", FILES)
def test_reflection_tells_the_service(fleet: Fleet, service: str) -> None:
    with grpc.insecure_channel(fleet.address(service)) as channel:
        names = ProtoReflectionDescriptorDatabase(channel).get_services()
    assert f"dramatis.api.{service}.v1.{service.capitalize()}Service" in names

"""What buf does not know of the contract: the AIP rules, and that generated code is fresh."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message_factory import GetMessageClass

from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.api.optimizer.v1 import optimizer_pb2
from dramatis.api.persona.v1 import persona_pb2
from dramatis.api.prioritizer.v1 import prioritizer_pb2
from dramatis.api.simulator.v1 import simulator_pb2

ROOT = Path(__file__).parents[3]
SERVICES = [
    file.DESCRIPTOR.services_by_name[name]
    for file, name in (
        (ingest_pb2, "IngestService"),
        (persona_pb2, "PersonaService"),
        (simulator_pb2, "SimulatorService"),
        (optimizer_pb2, "OptimizerService"),
        (prioritizer_pb2, "PrioritizerService"),
    )
]
METHODS = [method for service in SERVICES for method in service.methods]
PROMISED = {
    "IngestService": "PublishEvents StreamEvents PublishSignals UpsertRecipients UpsertCampaigns ListCampaigns "
    "RecordConsent GetRecipientData ListRefusals EraseRecipient",
    "PersonaService": "ListPersonas GetPersona AssignPersona QueryResponse ExportNetwork ListPersonaEvents GetFeatures "
    "Recluster RehearseSignal WatchSnapshots DownloadSnapshot",
    "SimulatorService": "CreateSimulation GetSimulation ListSimulations CancelSimulation WatchSimulation "
    "ListForecasts GetTrackRecord",
    "OptimizerService": "CreateOptimization GetOptimization CancelOptimization WatchOptimization GetPlan "
    "PromotePlan RollbackPlan",
    "PrioritizerService": "Prioritize PrioritizeStream ConfirmSends ReportOutcomes GetDecision",
}
MUTATING = ("Publish", "Upsert", "Record", "Erase", "Recluster", "Create", "Cancel", "Promote",
            "Rollback", "Confirm", "Report")  # fmt: skip
BATCHES = ("PublishEvents", "PublishSignals", "UpsertRecipients", "UpsertCampaigns", "RecordConsent",
           "ConfirmSends", "ReportOutcomes")  # fmt: skip


def named(*prefixes: str) -> list[MethodDescriptor]:
    return [method for method in METHODS if method.name.startswith(prefixes)]


def by_name(method: MethodDescriptor) -> str:
    return method.full_name.removeprefix("dramatis.api.")


def messages(descriptor: Descriptor, seen: set[str]) -> Iterator[Descriptor]:
    """Yields a message and all that it holds, once each."""
    if descriptor.full_name in seen or not descriptor.full_name.startswith("dramatis."):
        return
    seen.add(descriptor.full_name)
    yield descriptor
    for field in descriptor.fields:
        if field.message_type is not None:
            yield from messages(field.message_type, seen)


ALL_MESSAGES = [
    message
    for seen in [set[str]()]
    for method in METHODS
    for root in (method.input_type, method.output_type)
    for message in messages(root, seen)
]


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.name)
def test_every_promised_call_is_there(service: object) -> None:
    names = [method.name for method in service.methods]  # type: ignore[attr-defined]
    assert names == PROMISED[service.name].split()  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", named(*MUTATING), ids=by_name)
def test_a_mutating_call_carries_a_request_id_first(method: MethodDescriptor) -> None:
    field = method.input_type.fields_by_name["request_id"]
    assert (field.number, field.type) == (1, FieldDescriptor.TYPE_STRING)


@pytest.mark.parametrize("method", named("Get", "List", "Watch", "Assign", "Query"), ids=by_name)
def test_a_reading_call_carries_none(method: MethodDescriptor) -> None:
    assert "request_id" not in method.input_type.fields_by_name


@pytest.mark.parametrize("method", named("List"), ids=by_name)
def test_a_listing_call_is_paged(method: MethodDescriptor) -> None:
    asked, told = method.input_type.fields_by_name, method.output_type.fields_by_name
    assert asked["page_size"].type == FieldDescriptor.TYPE_INT32
    assert asked["page_token"].type == FieldDescriptor.TYPE_STRING
    assert told["next_page_token"].type == FieldDescriptor.TYPE_STRING
    assert method.output_type.fields[0].is_repeated


@pytest.mark.parametrize("method", named("Upsert"), ids=by_name)
def test_an_update_can_be_masked(method: MethodDescriptor) -> None:
    mask = method.input_type.fields_by_name["update_mask"]
    assert mask.message_type.full_name == "google.protobuf.FieldMask"


@pytest.mark.parametrize("method", named("Watch"), ids=by_name)
def test_a_watch_streams_answers_only(method: MethodDescriptor) -> None:
    assert (method.client_streaming, method.server_streaming) == (False, True)


@pytest.mark.parametrize("method", named(*BATCHES), ids=by_name)
def test_a_batch_has_a_result_per_item(method: MethodDescriptor) -> None:
    results = method.output_type.fields_by_name["results"]
    assert results.message_type.full_name == "dramatis.api.common.v1.ItemResult"
    assert results.is_repeated


@pytest.mark.parametrize("method", METHODS, ids=by_name)
def test_no_caller_names_a_tenant(method: MethodDescriptor) -> None:
    asked = messages(method.input_type, set())
    assert [m.full_name for m in asked if "tenant" in m.fields_by_name] == []


@pytest.mark.parametrize("method", named("CreateSimulation", "CreateOptimization"), ids=by_name)
def test_a_long_job_is_a_resource_with_a_state(method: MethodDescriptor) -> None:
    job = method.output_type.fields[0].message_type.fields_by_name
    assert job["state"].enum_type.full_name == "dramatis.api.common.v1.JobState"
    assert {"progress", "time_left", "error", "create_time", "end_time"} <= set(job)


def test_zero_of_every_enum_is_unspecified() -> None:
    enums = {
        f.enum_type.full_name: f.enum_type for m in ALL_MESSAGES for f in m.fields if f.enum_type
    }
    assert len(enums) > 10
    assert all(enum.values_by_number[0].name.endswith("_UNSPECIFIED") for enum in enums.values())


def test_every_message_survives_its_own_bytes() -> None:
    for descriptor in ALL_MESSAGES:
        message = GetMessageClass(Default().FindMessageTypeByName(descriptor.full_name))()
        assert type(message).FromString(message.SerializeToString()) == message


def test_generated_code_is_fresh(tmp_path: Path) -> None:
    if importlib.util.find_spec("grpc_tools") is None:
        pytest.skip("grpcio-tools is not installed: make setup")
    subprocess.run([sys.executable, ROOT / "protos/generate.py", tmp_path], check=True,
                   env={"PATH": str(Path(sys.executable).parent)})  # fmt: skip
    made = {file.relative_to(tmp_path): file.read_text() for file in tmp_path.rglob("*_pb2*")}
    kept = ROOT / "protos/python"
    assert made == {
        file.relative_to(kept): file.read_text()
        for file in kept.rglob("*_pb2*")
        if "__pycache__" not in file.parts
    }

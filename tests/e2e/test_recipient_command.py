"""`dramatis recipient`: one person's data by hand, from running services."""

import json
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from dramatis.api.common.v1 import event_pb2, item_pb2
from dramatis.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from dramatis.cli.fleet import Fleet

EVENTS = 1_200


@pytest.fixture
def filled(fleet: Fleet) -> None:
    """More events than one page holds."""
    request = ingest_pb2.PublishEventsRequest(request_id="fill")
    for number in range(EVENTS):
        event = request.events.add(event_id=f"own-{number}", recipient_id="own")
        event.event_time.FromSeconds(1_760_000_000 + number)
        event.message.kind = event_pb2.MESSAGE_EVENT_KIND_OPENED
    upsert = ingest_pb2.UpsertRecipientsRequest(request_id="upsert")
    upsert.recipients.add(recipient_id="own", time_zone="Europe/Rome").attributes["age"].number = 7
    metadata = [("authorization", f"Bearer {fleet.key}")]
    with grpc.insecure_channel(fleet.address("ingest")) as channel:
        stub = ingest_pb2_grpc.IngestServiceStub(channel)
        for answer in (
            stub.PublishEvents(request, metadata=metadata, timeout=60),
            stub.UpsertRecipients(upsert, metadata=metadata, timeout=60),
        ):
            assert {each.outcome for each in answer.results} == {item_pb2.ITEM_OUTCOME_ACCEPTED}


def command(fleet: Fleet, *arguments: str) -> "subprocess.CompletedProcess[str]":
    (fleet.state_dir / "api-key").write_text(fleet.key)
    where = ["--to", fleet.address("ingest"), "--state", str(fleet.state_dir)]
    return subprocess.run(
        [sys.executable, "-m", "dramatis.cli.main", "recipient", *arguments, *where],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.usefixtures("filled")
def test_export_tells_all_and_erase_leaves_nothing(fleet: Fleet, tmp_path: Path) -> None:
    prioritizer = ["--decisions", fleet.address("prioritizer")]
    shown = command(fleet, "export", "own", "--json", *prioritizer)
    assert shown.returncode == 0, shown.stderr
    held = json.loads(shown.stdout)
    assert held["recipient"]["attributes"] == {"age": {"number": 7}}
    assert held["recipient"]["timeZone"] == "Europe/Rome"
    ids = [each["eventId"] for each in held["events"]]
    assert ids[:EVENTS] == [f"own-{number}" for number in range(EVENTS)]
    assert len(ids) == EVENTS + 1
    assert held["decisions"] == []
    assert f"events: {EVENTS + 1}" in command(fleet, "export", "own", "--decisions", "").stdout

    first = command(fleet, "erase", "own", "--yes", "--json")
    assert first.returncode == 0, first.stderr
    again = command(fleet, "erase", "own", "--yes", "--json")
    assert json.loads(again.stdout)["eraseTime"] == json.loads(first.stdout)["eraseTime"]
    nobody = command(fleet, "export", "own", "--json", *prioritizer)
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert "no recipient 'own'" in nobody.stderr

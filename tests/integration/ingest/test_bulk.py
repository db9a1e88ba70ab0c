"""`dramatis ingest` as a process, killed and run again, against an ingest that is killed too."""

import asyncio
import csv
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dramatis.api.common.v1 import event_pb2
from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.runtime import topics
from dramatis.runtime.event_log import Record
from dramatis.runtime.log_token import LogToken
from tests.integration.ingest.conftest import KEYS, Connect, Start
from tests.servers.sealed import sealed_log

EXAMPLES = Path(__file__).parents[3] / "examples"
ROWS = 9_000


def orders(path: Path, rows: int = ROWS) -> Path:
    """Lines of orders as examples/mapping_orders.yaml has them; the third of each 100 is none."""
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(
            [
                "InvoiceNo",
                "StockCode",
                "Quantity",
                "InvoiceDate",
                "UnitPrice",
                "CustomerID",
                "Country",
            ]
        )
        for i in range(rows):
            who = "" if i % 100 == 2 else f"{12_000 + i % 500}"
            lines.writerow([536_000 + i // 5, f"S{i % 40}", 1 + i % 6, "12/1/2010 8:45", "2.95", who, "France"])  # fmt: skip
    return path


def command(file: Path, mapping: str, port: int, *more: str) -> "subprocess.Popen[str]":
    inherited = {each: value for each, value in os.environ.items() if "DRAMATIS" not in each}
    return subprocess.Popen(
        [sys.executable, "-m", "dramatis.cli.main", "ingest", str(file), "--json", "--to",
         f"127.0.0.1:{port}", "--mapping", str(EXAMPLES / f"mapping_{mapping}.yaml"), *more],
        env={**inherited, "DRAMATIS_API_KEY": KEYS["acme"]},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finished(process: "subprocess.Popen[str]") -> dict[str, Any]:
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return dict(json.loads(out))


async def events(state: Path) -> list[Record]:
    """All that is in recipient-events."""
    topic = topics.RECIPIENT_EVENTS.name
    async with sealed_log(state) as log:
        end = await log.end({topic})

        async def begin() -> LogToken:
            return LogToken()

        records: list[Record] = []
        async with log.subscribe({topic}, "test", begin) as subscription:
            while not subscription.position.covers(end):
                records += await subscription.poll(10_000, 1.0)
    return records


def row_reached(sidecar: Path) -> int:
    return int(json.loads(sidecar.read_text())["place"]["row"]) if sidecar.exists() else 0


def wait_for_row(process: "subprocess.Popen[str]", sidecar: Path, row: int) -> None:
    while row_reached(sidecar) < row:
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)


async def test_killed_and_run_again_each_row_has_one_effect(tmp_path: Path, start: Start) -> None:
    ingest = start()
    file = orders(tmp_path / "orders.csv")
    sidecar, rng = tmp_path / "orders.csv.ingest.json", random.Random(3)
    port, kills = ingest.port(), 0
    for target in (1, 3_000, 6_000):
        process = command(file, "orders", port)
        wait_for_row(process, sidecar, target + rng.randrange(1_000))
        process.kill()
        process.communicate()
        kills += row_reached(sidecar) < ROWS
    assert kills == 3
    told = finished(command(file, "orders", port))
    assert told["rows"] == ROWS
    assert told["accepted"] + told["duplicate"] == ROWS * 99 // 100
    assert told["reasons"] == {"missing": ROWS // 100}
    with (tmp_path / "orders.csv.rejects.csv").open(newline="") as lines:
        rejects = list(csv.DictReader(lines))
    assert [int(each["row"]) for each in rejects] == list(range(3, ROWS, 100))
    found = Counter(record.event_id for record in await events(tmp_path / "state"))
    assert set(found.values()) == {1}
    assert len(found) == ROWS * 99 // 100
    again = finished(command(file, "orders", port, "--again"))
    assert again["duplicate"] == ROWS * 99 // 100
    assert len(await events(tmp_path / "state")) == ROWS * 99 // 100


async def test_ingest_may_be_away_for_a_while(tmp_path: Path, start: Start) -> None:
    first = start()
    port = first.port()
    file = orders(tmp_path / "orders.csv")
    process = command(file, "orders", port)
    wait_for_row(process, tmp_path / "orders.csv.ingest.json", 2_000)
    first.kill()
    await asyncio.sleep(0.3)
    start(settings={"DRAMATIS_INGEST_GRPC_ADDRESS": f"127.0.0.1:{port}"}).port()
    told = finished(process)
    assert told["accepted"] + told["duplicate"] == ROWS * 99 // 100
    found = {record.event_id for record in await events(tmp_path / "state")}
    assert len(found) == ROWS * 99 // 100


async def test_an_ingest_that_stays_away_is_given_up(tmp_path: Path, start: Start) -> None:
    ingest = start()
    port = ingest.port()
    ingest.kill()
    process = command(orders(tmp_path / "orders.csv", 100), "orders", port, "--patience", "0.5")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "run the same command again" in errors


CRM = """Kundennr;Land;Alter;Umsatz;Stufe;App;Mitglied seit;Garten;Newsletter;Newsletter am;Formular
1;DE;44;1.210,50;Gold;ja;01.07.2020;0,8;ja;02.01.2026;f-1
2;AT;;12,00;Bronze;nein;01.02.2021;0;nein;03.01.2026;f-2
3;CH;31;;Silber;;;;;;
1;DE;45;1.300,00;Gold;ja;01.07.2020;0,9;widerrufen;04.01.2026;f-3
"""


async def test_recipients_with_consents(tmp_path: Path, start: Start, connect: Connect) -> None:
    port = start().port()
    file = tmp_path / "kunden.csv"
    file.write_text(CRM, encoding="windows-1252")
    assert finished(command(file, "crm", port))["accepted"] == 4
    assert finished(command(file, "crm", port, "--again"))["accepted"] == 4
    request = ingest_pb2.GetRecipientDataRequest(recipient_id="crm-1")
    held = await connect(port).GetRecipientData(request)
    assert held.recipient.attributes["age"].number == 45
    assert held.recipient.attributes["revenue_12m"].amount_micros == 1_300_000_000
    assert held.recipient.time_zone == "Europe/Berlin"
    assert [each.proof for each in held.recipient.consents] == ["f-3"]
    assert len(held.events) == 2


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
async def test_what_a_site_recorded(tmp_path: Path, start: Start, form: str) -> None:
    port = start().port()
    kinds = ["page", "product", "basket.add", "mail.open", "mail.click", "order", "heartbeat"]
    rows = [
        {"person": {"id": i % 9}, "source": "web", "id": i, "at": 1_767_225_600_000 + i,
         "event": kinds[i % 7], "path": "/p", "category": "garden", "mail_id": f"m{i}", "total": i / 4,
         "items": ["a", "b"], "utm_campaign": "spring", "device": "phone", "seconds": 1.5}
        for i in range(700)
    ]  # fmt: skip
    file = tmp_path / f"site.{form}"
    if form == "jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pq.write_table(pa.Table.from_pylist(rows), file, row_group_size=64)
    told = finished(command(file, "site", port))
    assert (told["accepted"], told["skipped"], told["rejected"]) == (600, 100, 0)
    found = [event_pb2.Event.FromString(each.value) for each in await events(tmp_path / "state")]
    paid = {each.event_id: each.order.amount.micros for each in found if each.HasField("order")}
    assert paid == {f"web/{i}": i * 250_000 for i in range(700) if i % 7 == 5}
    assert {each.recipient_id for each in found} == {str(i) for i in range(9)}


def test_a_dry_run_shows_and_sends_nothing(tmp_path: Path) -> None:
    file = orders(tmp_path / "orders.csv", 250)
    told = finished(command(file, "orders", 1, "--dry-run", "--show", "2"))
    assert (told["good"], len(told["first"])) == (247, 2)
    assert told["first"][0]["order"]["kind"] == "ORDER_EVENT_KIND_COMPLETED"
    assert told["rejected"] == [
        {"reason": "missing", "field": "CustomerID", "rows": 3, "first": "row 3: missing"}
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["orders.csv"]


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        ("a,b\n1,2\n", "data.csv", "no column 'CustomerID' in the data"),
        ("", "data.csv", "expected a header line"),
        ("x", "data.parquet", "is no Parquet file"),
        ("x", "data.xlsx", "expected a file called"),
    ],
)
def test_wrong_input_is_told(tmp_path: Path, content: str, name: str, told: str) -> None:
    file = tmp_path / name
    file.write_text(content)
    process = command(file, "orders", 1)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert told in errors
    assert "Traceback" not in errors
    assert os.listdir(tmp_path) == [name]

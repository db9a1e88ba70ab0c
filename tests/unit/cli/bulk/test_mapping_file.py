from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dramatis.cli.adapters.event_words import vocabulary
from dramatis.cli.bulk import mapping_file
from dramatis.cli.bulk.mapping import Cell, EventMapping, RecipientMapping
from dramatis.core.errors import Invalid

EXAMPLES = Path(__file__).parents[4] / "examples"
EVENTS = """\
events:
  recipient: who
  time: {column: at, zone: Europe/Berlin}
  kind: {column: what, values: {buy: order.completed, no: order.refunded}}
  fields:
    order.amount: {column: price, decimal: ","}
"""
RECIPIENTS = """\
recipients:
  recipient: who
  attributes:
    age: number
    zone: category
    tier: {type: rank, order: [low, high]}
  consents:
    - {purpose: marketing, column: optin, states: {yes: granted}, time: said}
    - {purpose: profiling, data_type: third_party, third_party: datahouse, column: optin, states: {yes: granted}, time: said}
"""


def read(tmp_path: Path, text: str) -> mapping_file.MappingFile:
    path = tmp_path / "map.yaml"
    path.write_text(text)
    return mapping_file.read(path, vocabulary())


def fault(tmp_path: Path, text: str) -> str:
    with pytest.raises(Invalid) as caught:
        read(tmp_path, text)
    assert caught.value.reason == "MAPPING_INVALID"
    return caught.value.message.replace(str(tmp_path) + "/", "")


def test_events(tmp_path: Path) -> None:
    rows = read(tmp_path, EVENTS).mapping.rows
    assert isinstance(rows, EventMapping)
    assert rows.time == Cell("at", zone="Europe/Berlin")
    assert rows.kind.patterns == {"buy": "order.completed", "no": "order.refunded"}
    assert rows.fields == {"order.amount": Cell("price", decimal=",")}
    assert set(rows.columns) == {"who", "at", "what", "price"}


def test_recipients(tmp_path: Path) -> None:
    rows = read(tmp_path, RECIPIENTS).mapping.rows
    assert isinstance(rows, RecipientMapping)
    assert rows.attributes["zone"] == Cell("zone", type="category")
    assert rows.attributes["tier"].order == ("low", "high")
    assert rows.consents[0].states == {"yes": "granted"}
    assert [each.third_party for each in rows.consents] == ["", "datahouse"]
    assert set(rows.columns) == {"who", "age", "zone", "tier", "optin", "said"}


@pytest.mark.parametrize(
    ("text", "change", "told"),
    [
        (EVENTS, ("order.completed", "order.complete"), "map.yaml:4:38: 'order.complete' is not known; did you mean 'order.completed'?"),
        (EVENTS, ("order.amount", "order.amout"), "map.yaml:6:5: an event has no field 'order.amout'; did you mean 'order.amount'?"),
        (EVENTS, ("order.amount", "site.page"), "map.yaml:6:5: no row of these kinds has a field 'site.page'"),
        (EVENTS, ("Europe/Berlin", "Europe/Berlim"), "map.yaml:3:28: no time zone 'Europe/Berlim'; expected an IANA name such as Europe/Berlin"),
        (EVENTS, ("decimal: \",\"", "decimal: ;"), "map.yaml:6:44: ';' is not known; expected one of: ., ,"),
        (EVENTS, ("  recipient: who\n", ""), "map.yaml:2:3: missing 'recipient' in events"),
        (EVENTS, ("column: at, ", ""), "map.yaml:3:9: missing 'column': where the value comes from"),
        (EVENTS, ("recipient", "recipent"), "map.yaml:2:3: unknown key 'recipent'; did you mean 'recipient'?"),
        (EVENTS, ("{column: price,", "{column: price, value: 3,"), "map.yaml:6:35: either a column or a value, not both"),
        (RECIPIENTS, ("data_type: third_party", "data_type: social"), "map.yaml:9:47: only with 'data_type: third_party'"),
        (RECIPIENTS, ("age: number", "age: numeric"), "map.yaml:4:10: 'numeric' is not known"),
        (RECIPIENTS, ("type: rank", "type: flag"), "map.yaml:6:24: an order needs the type rank, not 'flag'"),
        (RECIPIENTS, ("purpose: marketing", "purpose: spam"), "map.yaml:8:17: 'spam' is not known"),
        (RECIPIENTS, ("granted", "maybe"), "map.yaml:8:57: 'maybe' is not known"),
        (RECIPIENTS, ("recipients:", "people:"), "map.yaml:1:1: unknown key 'people'; expected one of: delimiter"),
        (EVENTS, ("events:", RECIPIENTS + "events:"), "either events or recipients"),
        (EVENTS, ("events:", "max_rejected_share: many\nevents:"), "map.yaml:1:21: max_rejected_share must be a number, not 'many'"),
    ],
)  # fmt: skip
def test_a_fault_has_its_place(
    tmp_path: Path, text: str, change: tuple[str, str], told: str
) -> None:
    assert change[0] in text
    assert told in fault(tmp_path, text.replace(*change, 1))


def test_an_empty_file_is_none(tmp_path: Path) -> None:
    assert "expected a mapping (see docs/bulk.md)" in fault(tmp_path, "# nothing\n")


def test_columns_that_the_data_lacks_are_told_together(tmp_path: Path) -> None:
    found = read(tmp_path, EVENTS)
    found.check_columns(["who", "at", "what", "price"])
    with pytest.raises(Invalid) as caught:
        found.check_columns(["who", "At", "prices"])
    lines = caught.value.message.splitlines()
    assert len(lines) == 3
    assert "map.yaml:3:18: no column 'at' in the data; did you mean 'At'?" in lines[0]
    assert "map.yaml:4:18: no column 'what'" in lines[1]
    assert "map.yaml:6:28: no column 'price' in the data; did you mean 'prices'?" in lines[2]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(mapping_file.schema())


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.glob("mapping_*.yaml")), ids=lambda path: path.stem
)
def test_the_examples_are_mappings(path: Path) -> None:
    assert list(mapping_file.read(path, vocabulary()).mapping.rows.columns)

from datetime import timedelta
from pathlib import Path

import pytest

from dramatis.core.errors import Invalid
from dramatis.ingest.adapters.feeds import catalogue
from dramatis.ingest.adapters.third_party import party_file
from dramatis.ingest.adapters.third_party.party_file import Column
from dramatis.ingest.domain.feeds.connector import Name
from dramatis.ingest.domain.third_party import Party

EXAMPLE = Path(__file__).parents[5] / "examples/connectors.yaml"
GOOD = """\
third_party:
  - name: datahouse
    tenant: acme
    address: https://data.example/acme.parquet
    format: parquet
    key: id
    token: {env: TOKEN}
    consents: ["form v*"]
    ttl_days: 30
    attributes:
      income: {name: dh_income, kind: amount}
"""
SECOND = """\
  - {name: other, tenant: acme, path: x.csv, format: csv, key: id, consents: ["*"], ttl_days: 1,
     attributes: {income: {name: other_income, kind: number}}}
"""


def read(tmp_path, text=GOOD, token="t0ken"):
    path = tmp_path / "connectors.yaml"
    path.write_text(text, encoding="utf-8")
    assert catalogue.read(path, {}) == []
    return party_file.read(path, {"TOKEN": token})


def test_third_parties_are_as_described(tmp_path):
    first, second = read(tmp_path, GOOD + SECOND)
    assert first.party == Party(Name("acme", "datahouse"), ("form v*",), timedelta(days=30))
    assert first.columns == {"income": Column("dh_income", "amount")}
    assert first.headers == {"authorization": "Bearer t0ken"}
    assert "t0ken" not in repr(first)
    assert (first.path, first.max_bytes) == (None, 256 << 20)
    assert (second.path, second.address) == (tmp_path / "x.csv", "")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("    ttl_days: 30\n", "", "2:5: missing 'ttl_days'"),
        ("kind: amount", "kind: sum", "'sum' is not known"),
        ("    address: https://data.example/acme.parquet\n", "", "either an 'address' or a 'path'"),
        ("ttl_days: 30", "ttl_days: 30\n    path: x", "either an 'address' or a 'path'"),
        ("ttl_days: 30", "ttl_days: nan", "ttl_days must be a"),
        (GOOD, GOOD + SECOND.replace("other_income", "dh_income"), "is written by 'datahouse' too"),
        (GOOD, GOOD + SECOND.replace("name: other,", "name: datahouse,"), "a second third party"),
    ],
)
def test_a_fault_is_named(tmp_path, old, new, fault):
    with pytest.raises(Invalid, match="connectors") as caught:
        read(tmp_path, GOOD.replace(old, new))
    assert fault in caught.value.message


def test_a_missing_secret_is_named(tmp_path):
    with pytest.raises(Invalid, match="TOKEN holds no token"):
        read(tmp_path, token="")


def test_the_example_is_sound():
    environ = {"MASTODON_TOKEN": "t", "DATAHOUSE_TOKEN": "t"}
    assert [each.party.name.connector for each in party_file.read(EXAMPLE, environ)] == [
        "datahouse"
    ]

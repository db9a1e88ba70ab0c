import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dramatis.core.errors import Unavailable
from dramatis.ingest.adapters.third_party import tables

ROWS = [{"id": f"r{each}", "age": each, "more": "x"} for each in range(1_200)]


def parquet():
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), file)
    return file.getvalue()


def read(data, form, columns=("id", "age")):
    return list(tables.rows(io.BytesIO(data), form, columns))


def test_a_parquet_file():
    assert read(parquet(), "parquet") == [{"id": each["id"], "age": each["age"]} for each in ROWS]


def test_a_csv_with_rows_that_are_none():
    data = b'\xef\xbb\xbf id ,age\r\nr1,"1\n2"\r\n\r\nr2\r\nr3,3,4\r\nr4,\r\n'
    assert read(data, "csv") == [{"id": "r1", "age": "1\n2"}, None, None, {"id": "r4", "age": ""}]


def test_json_lines_with_lines_that_are_none():
    data = b'{"id": "r1", "age": 1}\n\n[1]\nx\n' + json.dumps(ROWS[2]).encode()
    assert read(data, "jsonl") == [{"id": "r1", "age": 1}, None, None, ROWS[2]]


@pytest.mark.parametrize(
    ("data", "form", "why"),
    [
        (parquet()[:2_000], "parquet", "no Parquet"),
        (parquet()[2_000:], "parquet", "no Parquet"),
        (b"", "parquet", "no Parquet"),
        (b"id,income\n", "csv", "no column 'age'"),
        (b"", "csv", "no column 'age'"),
        (b"id,age\n\xff\xfe\n", "csv", "UTF-8"),
        (b"id,age\n" + b"x" * (2 << 20), "csv", "too long"),
        (b"[" * (2 << 20), "jsonl", "too long"),
        (b'id,age\n"' + b"x\n" * 200_000, "csv", "no CSV"),
    ],
)
def test_a_broken_file_says_why(data, form, why):
    with pytest.raises(Unavailable, match=why) as caught:
        read(data, form)
    assert caught.value.reason == "BROKEN_FILE"


def test_a_row_group_that_is_too_large(monkeypatch):
    monkeypatch.setattr(tables, "MAX_GROUP_BYTES", 1_000)
    with pytest.raises(Unavailable, match="row group"):
        read(parquet(), "parquet")

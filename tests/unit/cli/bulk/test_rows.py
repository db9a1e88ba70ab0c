"""Rows of every format, from every place, the same as from the beginning."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dramatis.cli.bulk.csv_rows import CsvSource
from dramatis.cli.bulk.jsonl_rows import JsonlSource
from dramatis.cli.bulk.parquet_rows import ParquetSource
from dramatis.cli.bulk.rows import Place, Row, Source, format_of
from dramatis.core.errors import Invalid

TABLE = [
    {"id": str(i), "name": f'é "{i}",\nnext' if i % 3 == 0 else f"plain {i}"} for i in range(50)
]


def write(tmp_path: Path, form: str) -> Source:
    path = tmp_path / f"data.{form}"
    if form == "csv":
        cells = ['"{}";"{}"'.format(each["id"], each["name"].replace('"', '""')) for each in TABLE]
        path.write_bytes("\r\n".join(["\ufeffid;name", *cells, ""]).encode())
        return CsvSource(path, "", "utf-8")
    if form == "jsonl":
        path.write_text("\n".join(map(json.dumps, TABLE)) + "\n\n")
        return JsonlSource(path, "utf-8")
    pq.write_table(pa.Table.from_pylist(TABLE), path, row_group_size=8)
    return ParquetSource(path, ["id", "name"])


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_the_rows_are_what_was_written(tmp_path: Path, form: str) -> None:
    source = write(tmp_path, form)
    rows = list(source.rows(Place()))
    assert [row.cells for row in rows] == TABLE
    assert [row.place.row for row in rows] == list(range(1, 51))
    if form != "jsonl":
        assert source.columns == ("id", "name")
        assert rows[-1].place.offset == source.size


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_any_place_is_one_to_go_on_from(tmp_path: Path, form: str) -> None:
    source = write(tmp_path, form)
    rows = list(source.rows(Place()))
    for done, row in enumerate(rows, start=1):
        assert list(source.rows(row.place)) == rows[done:]


def only(source: Source) -> list[tuple[int, int, str]]:
    return [(row.place.row, row.line, row.fault) for row in source.rows(Place())]


def test_a_csv_with_bad_rows_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    long = b"x" * (1 << 20) + b",2\n"
    path.write_bytes(b"a,b\n1,2\n1\n\n1,2,3\n\xff,2\n" + long + b"1,2\n")
    assert only(CsvSource(path, "", "utf-8")) == [
        (1, 2, ""),
        (2, 3, "wrong_cell_count"),
        (3, 5, "wrong_cell_count"),
        (4, 6, "not_utf_8"),
        (5, 7, "line_too_long"),
        (6, 8, ""),
    ]


def test_a_quote_that_is_never_closed_is_told(tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    path.write_text('a,b\n1,2\n"1,2\n' + "1,2\n" * 100_000)
    with pytest.raises(Invalid, match=r"open\.csv:3: not a CSV: .*is a quote never closed"):
        list(CsvSource(path, "", "utf-8").rows(Place()))


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "header"), (b"\n\n", "header"), (b"a,a\n", "more than once"), (b"PK\0\3", "header")],
)
def test_a_csv_without_a_usable_header(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=why):
        CsvSource(path, "", "utf-8")


def test_json_lines_with_bad_lines_go_on(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    deep = b"[" * 200_000 + b"\n"
    path.write_bytes(b'{"a": 1}\n{"a":\n[1]\n\n' + deep + b'"\xff"\n{"a": {"b": 2}}')
    assert only(JsonlSource(path, "utf-8")) == [
        (1, 1, ""),
        (2, 2, "not_json"),
        (3, 3, "not_an_object"),
        (4, 5, "not_json"),
        (5, 6, "not_utf_8"),
        (6, 7, ""),
    ]


def test_parquet_keeps_its_types_and_reads_only_what_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "typed.parquet"
    time = datetime(2026, 1, 1, 12, 0, 0, 5, tzinfo=UTC)
    table = pa.table(
        {
            "at": pa.array([time], pa.timestamp("ns", "UTC")),
            "price": pa.array([Decimal("1.50")], pa.decimal128(10, 2)),
            "person": [{"id": 7}],
            "other": ["not read"],
        }
    )
    pq.write_table(table, path)
    [row] = ParquetSource(path, ["at", "price", "person.id"]).rows(Place())
    assert row == Row(
        Place(1, 0, 1), 0, {"at": time, "price": Decimal("1.50"), "person": {"id": 7}}
    )


@pytest.mark.parametrize("content", [b"", b"PAR1", b"a,b\n1,2\n"])
def test_what_is_no_parquet_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.parquet"
    path.write_bytes(content)
    with pytest.raises(Invalid, match="is no Parquet file"):
        ParquetSource(path, ["a"])


@pytest.mark.parametrize(
    ("name", "told"), [("data.xlsx", "expected a file called"), ("data.csv.gz", "Unpack it first")]
)
def test_a_format_that_is_not_known(name: str, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        format_of(Path(name))

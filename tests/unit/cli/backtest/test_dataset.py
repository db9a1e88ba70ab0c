import csv
import re
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from dramatis.cli.backtest import csv_table, dataset, spec_file
from dramatis.cli.backtest.dataset import Dataset
from dramatis.core.errors import Invalid

Rows = list[dict[str, object]]


def rows_of(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]


def put(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def load(csv_path: Path, spec_path: Path) -> Dataset:
    return dataset.load(csv_path, spec_file.read(spec_path))


def respec(spec_path: Path, old: str, new: str) -> None:
    text = spec_path.read_text()
    assert old in text
    spec_path.write_text(text.replace(old, new))


def reasons(data: Dataset) -> dict[str, int]:
    return dict(Counter(r.reason for r in data.rejected))


def test_columns_are_read_by_their_types(csv_path: Path, spec_path: Path) -> None:
    data = load(csv_path, spec_path)
    first = rows_of(csv_path)[0]
    cells = {name: column[0] for name, column in data.recipients.columns.items()}
    assert cells["age"] == float(str(first["age"]))
    assert cells["books"] is (first["books"] == "1")
    assert cells["joined"] == date.fromisoformat(str(first["joined"]))
    assert "key" not in cells
    assert data.recipients.ids[:2] == ("r2", "r3")
    assert data.responses.arm[0] == ("none", "a", "b").index(str(first["arm"]))
    assert not data.rejected
    assert data.rows == len(data.recipients) == 3_000
    assert data.spec.propensity == pytest.approx(np.bincount(data.responses.arm) / 3_000)
    assert any("'key' is not used: an id" in note for note in data.notes)


def test_crlf_quotes_bom_delimiters_and_latin_1_give_the_same(
    csv_path: Path, spec_path: Path, tmp_path: Path
) -> None:
    plain = load(csv_path, spec_path)
    text = csv_path.read_text().replace("north", "n\u00f6rd")
    quoted = "\n".join(
        ",".join(f'"{cell}"' for cell in row) for row in csv.reader(text.splitlines())
    )
    semicolons = "\n".join(
        ";".join(c for c in row) for row in csv.reader(csv_path.read_text().splitlines())
    )
    variants = {
        "crlf": text.replace("\n", "\r\n").encode(),
        "bom": b"\xef\xbb\xbf" + text.encode(),
        "latin-1": text.encode("latin-1"),
        "utf-16": text.encode("utf-16"),
        "quoted": quoted.encode(),
        "semicolons": semicolons.replace("north", "n\u00f6rd").encode(),
        "tabs": semicolons.replace(";", "\t").replace("north", "n\u00f6rd").encode(),
        "empty lines": text.replace("\n", "\n\n").encode(),
    }
    for name, content in variants.items():
        path = tmp_path / "variant.csv"
        path.write_bytes(content)
        data = load(path, spec_path)
        assert not data.rejected, name
        assert (data.responses.arm == plain.responses.arm).all(), name
        assert set(data.recipients.columns["region"]) == {"n\u00f6rd", "south", "east, far"}, name
    assert "not UTF-8: read as Latin-1" in _notes(tmp_path, variants["latin-1"], spec_path)


def _notes(folder: Path, content: bytes, spec_path: Path) -> tuple[str, ...]:
    path = folder / "noted.csv"
    path.write_bytes(content)
    return load(path, spec_path).notes


def test_rows_that_cannot_be_read_are_named_and_the_rest_is_used(
    csv_path: Path, spec_path: Path, tmp_path: Path
) -> None:
    respec(spec_path, "objective: click", "objective: amount")
    rows = rows_of(csv_path)
    rows[0]["arm"] = "c"
    rows[1]["arm"] = ""
    rows[2]["click"] = "2"
    rows[3]["click"] = "maybe"
    rows[4]["click"] = "NaN"
    rows[5]["amount"] = "-3"
    rows[6]["amount"] = "inf"
    put(csv_path, rows)
    lines = csv_path.read_text().splitlines()
    lines.insert(10, lines[0])  # a second header, as when two exports are joined
    lines[12] += ",more"
    csv_path.write_text("\n".join(lines))
    data = load(csv_path, spec_path)
    assert reasons(data) == {
        "unknown_arm": 1, "missing_arm": 1, "not_0_or_1": 1, "not_a_number": 2,
        "missing_outcome": 1, "negative_outcome": 1, "second_header": 1, "wrong_cell_count": 1,
    }  # fmt: skip
    assert len(data.recipients) == 2_992
    assert data.rows == 3_001
    places = {r.reason: r.line for r in data.rejected}
    assert (places["unknown_arm"], places["second_header"], places["wrong_cell_count"]) == (
        2,
        11,
        13,
    )

    dataset.write_rejected(data.rejected, tmp_path / "rejected.csv")
    listed = rows_of(tmp_path / "rejected.csv")
    assert listed[0] == {"line": "2", "column": "arm", "reason": "unknown_arm", "value": "c"}
    assert [int(str(r["line"])) for r in listed] == sorted(r.line for r in data.rejected)


def test_line_numbers_hold_after_a_cell_with_a_line_break(csv_path: Path, spec_path: Path) -> None:
    rows = rows_of(csv_path)
    rows[0]["region"] = "two\nlines"
    rows[1]["arm"] = "c"
    put(csv_path, rows)
    assert [r.line for r in load(csv_path, spec_path).rejected] == [4]


def test_too_many_rejected_rows_stop_the_run(csv_path: Path, spec_path: Path) -> None:
    respec(spec_path, ", empty: 0", "")
    with pytest.raises(dataset.TooManyRejected, match="missing_outcome in 'amount'") as caught:
        load(csv_path, spec_path)
    assert "empty: 0" in caught.value.message
    assert len(caught.value.rejected) > 1_000
    respec(spec_path, "objective", "max_rejected_share: 0.99\nobjective")
    assert len(load(csv_path, spec_path).recipients) > 60


def test_an_unknown_column_is_told_with_its_line_in_the_spec(
    csv_path: Path, spec_path: Path
) -> None:
    respec(spec_path, "  region:", "  regoin:")
    respec(spec_path, "column: bought", "column: sold")
    with pytest.raises(Invalid) as caught:
        load(csv_path, spec_path)
    first, second = caught.value.message.splitlines()
    assert re.search(r"spec.yaml:9:30: no column 'sold' in the data; expected one of", first)
    assert second.endswith("spec.yaml:16:3: no column 'regoin' in the data; did you mean 'region'?")


def test_an_arm_without_rows_is_told_with_its_line_in_the_spec(
    csv_path: Path, spec_path: Path
) -> None:
    rows = [row for row in rows_of(csv_path) if row["arm"] != "b"]
    put(csv_path, rows)
    with pytest.raises(Invalid, match=r"spec.yaml:6:3: no row has 'b' in the arm column 'arm'"):
        load(csv_path, spec_path)
    put(csv_path, [*rows, *[{**rows[0], "arm": "b"}] * 5])
    with pytest.raises(Invalid, match="5 usable rows in the arm 'b'"):
        load(csv_path, spec_path)


def test_constant_unreadable_and_id_like_features_are_left_out(
    csv_path: Path, spec_path: Path
) -> None:
    rows = rows_of(csv_path)
    for i, row in enumerate(rows):
        row |= {"spent": "5", "region": f"place {i}", "age": "old"}
    put(csv_path, rows)
    data = load(csv_path, spec_path)
    notes = " | ".join(data.notes)
    assert "'spent' is not used: it is constant" in notes
    assert "'region' is not used: 3,000 distinct values" in notes
    assert "'age' is not used: no cell can be read as numeric" in notes
    assert set(data.recipients.columns) == {"loyalty", "books", "joined"}
    assert [f.column for f in data.spec.features] == ["loyalty", "books", "joined"]


def test_no_usable_feature_is_an_error(csv_path: Path, spec_path: Path) -> None:
    text = spec_path.read_text()
    spec_path.write_text(text[: text.index("features:")] + "features: {key: id}\n")
    with pytest.raises(Invalid, match="no feature can be used: feature 'key'"):
        load(csv_path, spec_path)


def test_unreadable_features_are_missing_and_never_reject(csv_path: Path, spec_path: Path) -> None:
    rows = rows_of(csv_path)
    rows[0] |= {"age": "NaN", "loyalty": "top", "books": "?", "joined": "soon", "region": " "}
    put(csv_path, rows)
    data = load(csv_path, spec_path)
    assert not data.rejected
    assert {
        data.recipients.columns[c][0] for c in ("age", "loyalty", "books", "joined", "region")
    } == {None}
    assert data.missing == {
        "age": 1,
        "spent": 0,
        "loyalty": 1,
        "region": 1,
        "books": 1,
        "joined": 1,
    }


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty"),
        (b"\n\n  \n", "the file is empty"),
        (b"arm,click\n", "a header line and no rows"),
        (b"arm,arm\n1,2\n", "'arm' more than once"),
        (b"PK\x03\x04 zipped", "not a text file"),
        (b'arm,click\n"' + b"x" * 200_000 + b'",1\n', "not a CSV"),
    ],
)
def test_files_that_are_no_data_are_told(
    spec_path: Path, tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=told):
        load(path, spec_path)


def test_a_missing_data_file_is_told(spec_path: Path, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read: No such file"):
        load(tmp_path / "none.csv", spec_path)


@pytest.mark.slow
def test_a_million_distinct_categories_are_taken_for_an_id(spec_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    with path.open("w") as file:
        file.write("age,spent,loyalty,region,books,joined,key,arm,click,bought,amount\n")
        file.writelines(
            f"{i % 60},{i % 97},low,r{i},{i % 2},2020-01-01,k,{('none', 'a', 'b')[i % 3]},0,0,\n"
            for i in range(1_000_000)
        )
    data = load(path, spec_path)
    assert any("1,000,000 distinct values" in note for note in data.notes)
    assert set(data.recipients.columns) == {"age", "spent", "books"}


def test_a_quote_that_is_never_closed_is_named(tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    path.write_text('arm,age\na,1\n"b,2\na,3\n')
    with pytest.raises(Invalid, match=r":3: a quote .* never closed: all up to line 4"):
        csv_table.read(path)
    path.write_text('arm,age\na,1\n"b\nc",2\n')
    assert len(csv_table.read(path).rows) == 2

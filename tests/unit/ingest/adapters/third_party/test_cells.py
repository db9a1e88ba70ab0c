from datetime import UTC, date, datetime

import pytest

from dramatis.ingest.adapters.third_party import cells
from dramatis.ingest.domain.third_party import Told

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("number", "1e3", 1000.0),
        ("number", 7, 7.0),
        ("amount", "12.50", 12_500_000),
        ("rank", 3, 3.0),
        ("flag", "No", False),
        ("flag", True, True),
        ("category", 17, "17"),
        ("category", " gold ", "gold"),
        ("time", "2026-05-01T14:00:00+02:00", NOON),
        ("time", datetime(2026, 5, 1, 12), NOON),
        ("time", date(2026, 5, 1), datetime(2026, 5, 1, tzinfo=UTC)),
        ("affinity", "0.25", 0.25),
    ],
)
def test_a_cell_is_a_value(kind, cell, value):
    assert cells.read(kind, cell) == Told(kind, value)


@pytest.mark.parametrize("kind", cells.KINDS)
@pytest.mark.parametrize("cell", [None, "", "  "])
def test_an_empty_cell_is_unknown(kind, cell):
    assert cells.read(kind, cell) is None


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("number", "x"), ("number", "nan"), ("number", True), ("number", [1]), ("amount", "1e300"),
        ("flag", "perhaps"), ("category", "x" * 257), ("category", "a\0b"),
        ("category", "\ud800"), ("time", "yesterday"), ("affinity", 1.5), ("rank", "inf"),
    ],
)  # fmt: skip
def test_another_cell_is_refused(kind, cell):
    with pytest.raises(ValueError):  # noqa: PT011 - any will do
        cells.read(kind, cell)

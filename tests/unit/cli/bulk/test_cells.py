import doctest
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from dramatis.cli.bulk import cells
from dramatis.cli.bulk.cells import Unreadable
from dramatis.cli.bulk.mapping import Cell


def test_the_examples_are_true() -> None:
    result = doctest.testmod(cells)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("text", "decimal", "micros"),
    [
        ("3.75", ".", 3_750_000),
        ("1,234.50", ".", 1_234_500_000),
        ("1.234,50 €", ",", 1_234_500_000),
        ("-0,01", ",", -10_000),
        ("\u22125.00", ".", -5_000_000),
        ("1 000 000,5", ",", 1_000_000_500_000),
        ("0.0000005", ".", 0),
        ("0.0000015", ".", 2),
        ("1e3", ".", 1_000_000_000),
        (12, ".", 12_000_000),
        (0.1, ".", 100_000),
        (Decimal("9.99"), ".", 9_990_000),
        ("", ".", None),
        (None, ".", None),
    ],
)
def test_money_is_exact(text: object, decimal: str, micros: int | None) -> None:
    assert cells.micros({"a": text}, Cell("a", decimal=decimal)) == micros


@pytest.mark.parametrize(
    "text", ["ten", "1-2", "inf", "nan1", "1e999", "0x10", "1_000", "--1", "9999999999999999"]
)
def test_what_is_no_amount_is_told(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        cells.micros({"a": text}, Cell("a"))
    assert caught.value.column == "a"
    assert caught.value.reason in {"not_a_number", "too_large"}


def test_an_amount_may_be_price_times_quantity() -> None:
    row = {"price": "2.95", "quantity": "-6"}
    assert cells.micros(row, Cell("price", times="quantity")) == -17_700_000
    assert cells.micros(row, Cell("price", times="quantity", unsigned=True)) == 17_700_000
    with pytest.raises(Unreadable, match="missing"):
        cells.micros({"price": "2.95"}, Cell("price", times="quantity"))


@pytest.mark.parametrize(
    ("value", "cell", "time"),
    [
        ("2026-03-01T10:00:00+01:00", Cell("t"), datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("2026-03-01", Cell("t", zone="Europe/Berlin"), datetime(2026, 2, 28, 23, tzinfo=UTC)),
        ("12/1/2010 8:45", Cell("t", format="%m/%d/%Y %H:%M", zone="Europe/London"),
         datetime(2010, 12, 1, 8, 45, tzinfo=UTC)),
        ("01.07.2026", Cell("t", format="%d.%m.%Y", zone="Europe/Berlin"),
         datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("25.10.2026 02:30", Cell("t", format="%d.%m.%Y %H:%M", zone="Europe/Berlin"),
         datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (1_600_000_000, Cell("t", format="seconds"), datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)),
        ("1600000000500", Cell("t", format="milliseconds"),
         datetime(2020, 9, 13, 12, 26, 40, 500_000, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12), Cell("t", zone="America/New_York"),
         datetime(2026, 7, 1, 16, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_times_in_their_zones(value: object, cell: Cell, time: datetime) -> None:
    assert cells.moment({"t": value}, cell) == time


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "99999999999999", "0001-01-01"])
def test_what_is_no_time_is_told(text: str) -> None:
    zone = "Asia/Tokyo" if text.startswith("0001") else "UTC"
    with pytest.raises(Unreadable, match="not_a_time"):
        cells.moment({"t": text}, Cell("t", zone=zone))


def test_words_ranks_lists_and_truths() -> None:
    row = {"tier": "Gold", "app": "ja", "bought": "a; b;;c", "tags": ["x", 2]}
    assert cells.rank(row, Cell("tier", order=("Bronze", "Gold"))) == 1.0
    assert cells.truth(row, Cell("app", words={"ja": "yes"})) is True
    assert cells.texts(row, Cell("bought")) == ["a", "b", "c"]
    assert cells.texts(row, Cell("tags")) == ["x", "2"]
    with pytest.raises(Unreadable, match="not_in_the_order"):
        cells.rank({"tier": "Lead"}, Cell("tier", order=("Bronze", "Gold")))
    with pytest.raises(Unreadable, match="not_yes_or_no"):
        cells.truth({"app": "maybe"}, Cell("app"))


def test_columns_inside_structures() -> None:
    row = {"person": {"id": 7.0, "address": {"city": "Ulm"}}, "a.b": "flat"}
    assert cells.text(row, Cell("person.id")) == "7"
    assert cells.text(row, Cell("person.address.city")) == "Ulm"
    assert cells.text(row, Cell("a.b")) == "flat"
    assert cells.text(row, Cell("person.nothing.there")) is None
    with pytest.raises(Unreadable, match="not_a_text"):
        cells.text(row, Cell("person"))

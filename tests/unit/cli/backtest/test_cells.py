from datetime import date

import pytest

from dramatis.cli.backtest import cells


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3.0),
        (" -2.5 ", -2.5),
        ("1e3", 1000.0),
        ("$1,234.50", 1234.5),
        ("1,234,567", 1234567.0),
        ("12,5", 12.5),
        ("7 %", 7.0),
        ("\u20ac 9", 9.0),
        ("", None),
        ("ten", None),
        ("nan", None),
        ("inf", None),
        ("1,2,3", None),
    ],
)
def test_numbers(text: str, value: float | None) -> None:
    assert cells.number(text) == value
    assert cells.numbers([text, "1"]) == [value, 1.0]


def test_truth() -> None:
    assert [cells.truth(t) for t in ("1", "Yes", "FALSE", "n", "", "2")] == [
        True, True, False, False, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["2024-01-31", "2024-01-31T10:00:00", "2024/01/31", "31.01.2024", "01/31/2024"]
)
def test_days(text: str) -> None:
    assert cells.day(text) == date(2024, 1, 31)


def test_words_keep_what_may_be_a_name() -> None:
    assert [cells.word(t) for t in (" a b ", "NA", "None", "", "NaN")] == [
        "a b",
        "NA",
        "None",
        None,
        None,
    ]


def test_natural_order_falls_back_to_the_alphabet() -> None:
    assert cells.natural_order(["b", "a", "10"]) == ("10", "a", "b")

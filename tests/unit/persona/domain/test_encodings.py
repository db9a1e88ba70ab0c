import math

import pytest

from dramatis.core.attributes import Attribute, AttributeKind
from dramatis.core.encoding import EncodingKind, encode
from dramatis.persona.domain.encodings import fit

K = AttributeKind


def column(kind: AttributeKind, *values: float | str | None) -> list[dict[str, Attribute]]:
    return [{} if value is None else {"x": Attribute(kind, value)} for value in values]


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        (K.NUMBER, EncodingKind.LINEAR),
        (K.RANK, EncodingKind.LINEAR),
        (K.TIME, EncodingKind.LINEAR),
        (K.AMOUNT, EncodingKind.LOGARITHMIC),
    ],
)
def test_the_kind_decides(kind: AttributeKind, form: EncodingKind) -> None:
    assert fit(column(kind, 1.0, 3.0))[0].kind is form


def test_numbers_by_hand() -> None:
    (linear,) = fit(column(K.NUMBER, 1.0, 3.0, 5.0, 7.0))
    assert (linear.center, linear.scale) == (4.0, math.sqrt(5.0))
    (amount,) = fit(column(K.AMOUNT, 0.0, math.e - 1))
    assert (amount.center, amount.scale) == pytest.approx((0.5, 0.5))
    assert not linear.missing_column


def test_missing_values_get_a_column_when_they_are_not_rare() -> None:
    (some,) = fit(column(K.FLAG, 0.0, 1.0, None))
    assert some.missing_column
    (rare,) = fit(column(K.FLAG, *[0.0, 1.0] * 100, None))
    assert not rare.missing_column


def test_levels_most_frequent_first_without_the_rare() -> None:
    (zone,) = fit(column(K.CATEGORY, *["b"] * 150, *["a"] * 60, "rare"))
    assert zone.levels == ("b", "a")
    assert encode([zone], [{"x": "rare"}]).tolist() == [[0.0, 0.0]]


def test_levels_that_few_share_are_never_shown() -> None:
    (zone,) = fit(column(K.CATEGORY, *["b"] * 10, *["a"] * 5, *["rare"] * 4))
    assert zone.levels == ("b", "a")


def test_at_most_twelve_levels_and_no_ids() -> None:
    many = [f"l{i % 20:02d}" for i in range(400)]
    assert len(fit(column(K.CATEGORY, *many))[0].levels) == 12
    assert fit(column(K.CATEGORY, *[f"id{i}" for i in range(400)])) == ()


@pytest.mark.parametrize("values", [(5.0, 5.0, 5.0), (5.0,)])
def test_what_tells_nobody_apart_is_left_out(values: tuple[float, ...]) -> None:
    assert fit(column(K.NUMBER, *values)) == ()
    assert fit(column(K.CATEGORY, *["same"] * len(values))) == ()


def test_the_order_of_recipients_does_not_matter() -> None:
    rows = column(K.NUMBER, *[0.1 * i for i in range(100)])
    assert fit(rows) == fit(rows[::-1])


def test_no_recipients_no_encodings() -> None:
    assert fit([]) == ()


@pytest.mark.parametrize("huge", [1e200, 1e308])
def test_numbers_too_large_to_standardise_are_left_out(huge: float) -> None:
    assert fit(column(K.NUMBER, 1.0, 2.0, huge, huge)) == ()

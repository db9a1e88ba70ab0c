"""Recipients as numbers, and whom they are like."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramatis.core.attributes import Attribute, AttributeKind
from dramatis.core.encoding import LIMIT, AttributeEncoding, EncodingKind, encode, names
from dramatis.core.errors import Invalid
from dramatis.core.membership import MembershipModel, harden, outliers, predict

SIZE = AttributeEncoding("size", EncodingKind.LINEAR, 10.0, 2.0, missing_column=True)
SPENT = AttributeEncoding("spent", EncodingKind.LOGARITHMIC, 1.0, 1.0)
ZONE = AttributeEncoding("zone", EncodingKind.LEVELS, levels=("a", "b"))
ALL = (SIZE, SPENT, ZONE)


def test_columns_have_names() -> None:
    assert names(ALL) == ("size", "size?", "spent", "zone=a", "zone=b")


def test_what_is_missing_unknown_or_of_another_type_is_nothing() -> None:
    encoded = encode(ALL, [{}, {"size": "big", "spent": 0.0, "zone": 3.0}, {"zone": "c"}])
    assert encoded.tolist() == [[0, 1, 0, 0, 0], [0, 1, -1, 0, 0], [0, 1, 0, 0, 0]]


def test_amounts_are_compared_on_a_log_scale() -> None:
    encoded = encode([SPENT], [{"spent": float(np.e) - 1}, {"spent": 1 - float(np.e)}])
    np.testing.assert_allclose(encoded, [[0.0], [-2.0]])


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_no_value_leaves_the_limits(value: float) -> None:
    encoded = encode(ALL, [{"size": value, "spent": value}])
    assert np.isfinite(encoded).all()
    assert np.abs(encoded).max() <= LIMIT


def test_nobody_and_nothing() -> None:
    assert encode(ALL, []).shape == (0, 5)
    assert encode([], [{}, {}]).shape == (2, 0)


def model() -> MembershipModel:
    slopes = np.array([[1.0, 0.0], [0.0, 2.0]])
    return MembershipModel(
        (), slopes, np.array([0.0, np.log(3.0)]), np.eye(2), outlier_distance=4.0
    )


def test_membership_by_hand() -> None:
    member = predict(model(), np.array([[0.0, 0.0], [np.log(3.0), 0.0]]))
    np.testing.assert_allclose(member, [[0.25, 0.75], [0.5, 0.5]])


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=5))
def test_memberships_are_probabilities(rows: list[tuple[float, float]]) -> None:
    member = predict(model(), np.array(rows))
    assert (member >= 0).all()
    np.testing.assert_allclose(member.sum(axis=1), 1.0)


def test_hard_membership_is_the_closest() -> None:
    assert harden(np.array([[0.2, 0.8], [0.6, 0.4]])).tolist() == [[0, 1], [1, 0]]


def test_outliers_are_far_from_every_persona() -> None:
    assert outliers(model(), np.array([[1.0, 0.0], [3.0, 3.0]])).tolist() == [False, True]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (AttributeKind.NUMBER, float("nan")),
        (AttributeKind.NUMBER, "ten"),
        (AttributeKind.CATEGORY, 3.0),
        (AttributeKind.AFFINITY, 1.5),
        (AttributeKind.AMOUNT, float("inf")),
    ],
)
def test_attributes_that_cannot_be(kind: AttributeKind, value: float | str) -> None:
    with pytest.raises(Invalid):
        Attribute(kind, value)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramatis.core.errors import Invalid
from dramatis.persona.domain.network.structure import YES_NO, Node, structure
from dramatis.persona.domain.network.tallies import UNKNOWN, Rows, axes, empty
from tests.unit.persona.domain.network.nets import rows, shape

PAIR = structure([Node("zone", ("n", "s")), Node("open", YES_NO, ("zone",))])
SEEN = {"zone": np.array([0, 0, 1]), "open": np.array([1, 0, 1])}


def test_counts_by_hand() -> None:
    tables = empty(PAIR).update(Rows(SEEN)).tables
    assert tables["zone"].tolist() == [2, 1]
    assert tables["open"].tolist() == [[1, 1], [0, 1]]
    assert axes(PAIR.nodes["open"]) == ("zone", "open")


def test_a_row_counts_half_after_a_half_life() -> None:
    tallies = empty(PAIR, half_life_days=10, day=100)
    tallies = tallies.update(Rows(SEEN, days=np.array([100.0, 90.0, 80.0])))
    assert tallies.at(100)["zone"].tolist() == [1.5, 0.25]
    assert tallies.at(110)["zone"].tolist() == [0.75, 0.125]


def test_unknown_states_have_no_say_where_they_matter() -> None:
    codes = {**SEEN, "zone": np.array([UNKNOWN, 0, 1])}
    tables = empty(PAIR).update(Rows(codes, weights=np.array([5.0, 1.0, 1.0]))).tables
    assert tables["zone"].tolist() == [1, 1]
    assert tables["open"].tolist() == [[1, 0], [0, 1]]


def test_shares_count_as_the_rows_that_they_share_out() -> None:
    made = structure([Node("who", ("p", "q")), Node("open", YES_NO, ("who",))])
    shares = np.array([[0.25, 0.75], [1.0, 0.0]])
    soft = Rows({"open": np.array([1, 0])}, {"who": shares}, weights=np.array([1.0, 2.0]))
    tables = empty(made).update(soft).tables
    assert tables["who"].tolist() == [2.25, 0.75]
    assert tables["open"].tolist() == [[2.0, 0.25], [0.0, 0.75]]


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_portions_in_any_order_are_a_refit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made, n = shape(rng, 6), 200
    whole = rows(rng, made, n)
    assert whole.weights is not None
    assert whole.days is not None
    at_once = empty(made, half_life_days=1.5).update(whole)
    bit_by_bit = empty(made, half_life_days=1.5, day=19_000)
    for part in np.array_split(rng.permutation(n), int(rng.integers(1, 9))):
        codes = {name: each[part] for name, each in whole.codes.items()}
        bit_by_bit = bit_by_bit.update(
            Rows(codes, weights=whole.weights[part], days=whole.days[part])
        )
    for name, table in at_once.at(20_000).items():
        np.testing.assert_allclose(bit_by_bit.at(20_000)[name], table, rtol=1e-9, atol=1e-300)


def test_ages_beyond_all_numbers_fade_to_nothing() -> None:
    tallies = empty(PAIR, half_life_days=0.001)
    tallies = tallies.update(Rows(SEEN, days=np.array([0.0, 20_000.0, 20_000.0])))
    assert tallies.at(20_000)["zone"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (Rows({**SEEN, "zone": np.array([0, 2, 1])}), "rows.zone"),
        (Rows({**SEEN, "open": np.array([-2, 0, 1])}), "rows.open"),
        (Rows(SEEN, weights=np.array([1.0, -1.0, 1.0])), "rows.weights"),
        (Rows(SEEN, weights=np.array([1.0, np.nan, 1.0])), "rows.weights"),
        (Rows(SEEN, days=np.array([1.0, np.nan, 1.0])), "rows.days"),
    ],
)
def test_impossible_rows_are_refused(wrong: Rows, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        empty(PAIR, half_life_days=1.0).update(wrong)
    assert caught.value.metadata["field"] == field


def test_rows_in_the_future_are_rows() -> None:
    tallies = empty(PAIR, half_life_days=10.0).update(Rows(SEEN, days=np.full(3, 10.0)))
    assert tallies.at(0.0)["zone"].tolist() == [4, 2]


def test_a_table_has_its_parents_by_name_whatever_their_order() -> None:
    nodes = [Node("b", ("0", "1")), Node("a", ("0", "1", "2"))]
    codes = {"a": np.array([2, 2]), "b": np.array([0, 1]), "x": np.array([1, 1])}
    tables = [
        empty(structure([*nodes, Node("x", YES_NO, order)])).update(Rows(codes)).tables["x"]
        for order in (("a", "b"), ("b", "a"))
    ]
    np.testing.assert_array_equal(*tables)
    assert tables[0].shape == (3, 2, 2)
    assert tables[0][2, :, 1].tolist() == [1, 1]

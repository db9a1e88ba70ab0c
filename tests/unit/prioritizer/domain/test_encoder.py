import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dramatis.core.encoding import AttributeEncoding, EncodingKind
from dramatis.core.encoding import encode as encode_by_rows
from dramatis.prioritizer.domain.encoder import MISSING, Columns, compile_encodings, encode
from dramatis.prioritizer.domain.single import encode_one

names = st.integers(0, 5).map("attribute-{}".format)
encodings = st.lists(
    st.builds(
        AttributeEncoding,
        names,
        st.sampled_from(EncodingKind),
        st.floats(-5, 5),
        st.floats(0.1, 10),
        st.just(("x", "y", "z")),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda each: each.attribute,
)
values = st.one_of(st.floats(-1e9, 1e9), st.sampled_from(["x", "y", "z", "other", ""]))
rows = st.lists(st.dictionaries(names, values, max_size=6), min_size=1, max_size=5)


@given(encodings, rows)
def test_it_encodes_as_core_does(encodings, rows):
    encoder = compile_encodings(encodings)
    numbers = [
        [v if isinstance(v := row.get(name), float) else MISSING for row in rows]
        for name in encoder.numbers
    ]
    levels = [
        [v if isinstance(v := row.get(name), str) else None for row in rows]
        for name in encoder.levels
    ]
    encoded = encode(encoder, Columns(numbers, levels), len(rows))
    np.testing.assert_allclose(encoded.values, encode_by_rows(encodings, rows), atol=1e-12)
    one = encode_one(
        encoder, Columns([each[:1] for each in numbers], [each[:1] for each in levels])
    )
    np.testing.assert_allclose(one.values, encoded.values[:1], atol=1e-12)
    assert (one.given[0], one.finite[0]) == (encoded.given[0], encoded.finite[0])


def test_a_number_that_is_none_spoils_its_own_row_only():
    encoder = compile_encodings([AttributeEncoding("size", EncodingKind.LOGARITHMIC)])
    encoded = encode(encoder, Columns([[np.nan, np.inf, 0.0, MISSING]], []), 4)
    assert encoded.finite.tolist() == [False, False, True, True]
    assert encoded.given.tolist() == [True, True, True, False]
    assert np.isfinite(encoded.values).all()


def test_a_level_that_is_unknown_is_still_given():
    zone = AttributeEncoding("zone", EncodingKind.LEVELS, levels=("x",), missing_column=True)
    encoded = encode(compile_encodings([zone]), Columns([], [["x", "new", None]]), 3)
    assert encoded.given.tolist() == [True, True, False]
    assert encoded.values.tolist() == [[1, 0], [0, 0], [0, 1]]


def test_one_recipient_with_a_number_that_is_none():
    encoder = compile_encodings([AttributeEncoding("size", EncodingKind.LINEAR)])
    encoded = encode_one(encoder, Columns([[np.nan]], []))
    assert (encoded.given[0], encoded.finite[0]) == (True, False)
    assert encoded.values.tolist() == [[0.0]]

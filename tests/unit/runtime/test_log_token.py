import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramatis.core.errors import Invalid
from dramatis.runtime.event_log import Position
from dramatis.runtime.log_token import LogToken

tokens = st.dictionaries(
    st.tuples(st.sampled_from(["plans", "recipient-events", "decisions"]), st.integers(0, 11)),
    st.integers(1, 10**12),
).map(LogToken)


@given(tokens)
def test_the_round_trip_is_identity(token: LogToken) -> None:
    assert LogToken.decode(token.encode()) == token


@given(tokens, tokens)
def test_merge_is_the_least_that_covers_both(one: LogToken, two: LogToken) -> None:
    both = one.merge(two)
    assert both.covers(one)
    assert both.covers(two)
    assert both == two.merge(one)
    assert (one.covers(two)) == (both == one)


def test_after_covers_exactly_those_records() -> None:
    token = LogToken.after([Position("t", 0, 4), Position("t", 0, 2), Position("u", 1, 0)])
    assert token == LogToken({("t", 0): 5, ("u", 1): 1})
    assert token.only(["u"]) == LogToken({("u", 1): 1})


@pytest.mark.parametrize(
    "text", ["x", "not a token!", "MTtw", "\u00e9", "A" * 9000, "MTtwbGFuczowOi01", "====", "MTs7"]
)
def test_what_is_not_a_token_is_the_senders_fault(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        LogToken.decode(text, field="token")
    assert caught.value.metadata == {"field": "token"}

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramatis.core.errors import Invalid
from dramatis.runtime import pages

IDS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=128)


@given(IDS, IDS, IDS, st.integers(0, 2**62))
def test_a_token_leads_to_its_place(listing: str, one: str, other: str, number: int) -> None:
    place = [one, other, number]
    assert pages.place(listing, pages.token(listing, place), ["", "", 0]) == place


def test_the_first_page_has_no_token() -> None:
    assert pages.place("forecasts acme s", "", ["", ""]) == ["", ""]


def forged(place: list[str | int]) -> str:
    """A token as somebody makes it who knows how."""
    return pages.token("forecasts acme s", place)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "????",
        "\u00e4",
        "W10",
        "A" * 5000,
        urlsafe_b64encode(json.dumps(3).encode()).decode(),
        urlsafe_b64encode(b"[" * 3000).decode(),
        pages.token("forecasts beta s", ["p", 1]),
        forged(["p"]),
        forged([3, 1]),
        forged(["p", "c"]),
        forged(["p", True]),
        forged(["p", 2**63]),
        forged(["p\0", 1]),
    ],
)
def test_another_token_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as error:
        pages.place("forecasts acme s", text, ["", 0])
    assert error.value.metadata["field"] == "page_token"
    assert error.value.reason == "BAD_PAGE_TOKEN"


def test_page_sizes() -> None:
    assert (pages.size(0, 100, 1_000), pages.size(5_000, 100, 1_000)) == (100, 1_000)
    with pytest.raises(Invalid) as error:
        pages.size(-1, 100, 1_000)
    assert error.value.metadata["field"] == "page_size"


def test_a_page_holds_what_was_asked_for_and_what_fits_a_message() -> None:
    half = pages.MAX_BYTES // 2
    assert pages.fitting([1, 1, 1], 2, int) == [1, 1]
    assert pages.fitting([half, half, 1], 3, int) == [half, half]
    assert pages.fitting([3 * half, 1], 2, int) == [3 * half]
    assert pages.fitting([], 5, int) == []

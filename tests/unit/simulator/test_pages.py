import pytest

from dramatis.core.errors import Invalid
from dramatis.simulator.adapters import pages


def test_a_token_leads_to_its_place():
    token = pages.token("forecasts acme s", ["p/1", "c"])
    assert pages.place("forecasts acme s", token, ["", ""]) == ["p/1", "c"]
    assert pages.place("forecasts acme s", "", ["", ""]) == ["", ""]


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "????",
        "W10",
        pages.token("forecasts beta s", ["p", "c"]),
        pages.token("l", [3]),
        "A" * 2000,
    ],
)
def test_another_token_is_refused(text):
    with pytest.raises(Invalid) as error:
        pages.place("forecasts acme s", text, ["", ""])
    assert error.value.metadata["field"] == "page_token"


def test_page_sizes():
    assert (pages.size(0, 100, 1_000), pages.size(5_000, 100, 1_000)) == (100, 1_000)
    with pytest.raises(Invalid):
        pages.size(-1, 100, 1_000)

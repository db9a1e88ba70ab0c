from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramatis.core.attributes import Attribute, AttributeKind
from dramatis.core.errors import Invalid
from dramatis.persona.adapters import outlook_file
from dramatis.persona.domain import signals
from dramatis.persona.domain.formed import Known, form
from dramatis.persona.domain.population import assemble
from dramatis.persona.domain.signals import Outlook, Rule, Signal, Tone
from dramatis.persona.domain.standing import Standing, establish

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DOWNTURN = Rule("economy/downturn", Tone.BAD, "price_sensitivity", 0.2, "people look at prices")
OUTLOOK = Outlook([DOWNTURN], limit=0.3, half_life_days=10.0, region_trait="country")


@cache
def standing() -> Standing:
    """Twenty who live in DE and mind prices little, twenty in FR who mind them much."""
    rows = [
        {
            "price_sensitivity": Attribute(AttributeKind.AFFINITY, level + 0.002 * (at % 10)),
            "country": Attribute(AttributeKind.CATEGORY, country),
            "age": Attribute(AttributeKind.NUMBER, 30.0 + 20 * (country == "FR")),
        }
        for country, level in (("DE", 0.2), ("FR", 0.9))
        for at in range(20)
    ]
    people = assemble(tuple(f"r{at:02}" for at in range(40)), rows, ())
    return establish("acme", form(people, Known(), 0, 2), people, None, NOW)[0]


def downturn(score: float | None = -1.0, region: str = "", days: float = 0.0) -> Signal:
    when = (NOW - timedelta(days=days)).timestamp()
    return Signal(f"s{score}{region}{days}", "economy/downturn", region, score, 1.0, when)


def mean(held: Standing, country: str) -> float:
    """Of price sensitivity, of the persona that lives there, as GetPersona shows it."""
    by_name = {table.name: table for table in held.traits}
    there = by_name["country"].states.index(country)
    at = int(by_name["country"].probabilities[:, there].argmax())
    table = by_name["price_sensitivity"]
    assert table.mean is not None
    assert held.personas.affinities[at, 0] == pytest.approx(min(max(table.mean[at], 0), 1))
    return float(table.mean[at])


def moved(*heard: Signal, outlook: Outlook = OUTLOOK) -> Standing:
    plain = standing()
    return signals.apply(plain, signals.find(outlook, heard, plain, NOW))


def test_a_downturn_raises_price_sensitivity_and_says_why() -> None:
    held = moved(downturn())
    assert mean(held, "DE") == pytest.approx(0.209 + 0.2)
    (shift,) = held.shifts
    assert shift.why == "people look at prices (1 of 'economy/downturn')"


def test_the_simulator_gets_the_shift_in_its_own_units() -> None:
    plain, held = standing(), moved(downturn())
    column = plain.personas.trait_names.index("price_sensitivity")
    scale = next(e.scale for e in plain.snapshot.membership.encodings if "price" in e.attribute)
    gap = held.personas.traits[:, column] - plain.personas.traits[:, column]
    amounts = np.array(held.shifts[0].amounts)
    np.testing.assert_allclose(gap, amounts / scale, atol=1e-9)
    np.testing.assert_array_equal(
        held.snapshot.membership.centroids, plain.snapshot.membership.centroids
    )


def test_an_affinity_ends_at_one() -> None:
    assert mean(moved(downturn()), "FR") == pytest.approx(1.0)


def test_half_as_much_after_the_half_life() -> None:
    assert mean(moved(downturn(days=10)), "DE") == pytest.approx(0.209 + 0.1)


def test_within_an_hour_nothing_changes() -> None:
    early, late = (
        signals.strength(downturn(), Tone.BAD, 1.0, NOW + timedelta(minutes=m)) for m in (1, 59)
    )
    assert early == late == 1.0
    assert signals.strength(downturn(), Tone.BAD, 1.0, NOW - timedelta(days=3)) == 1.0


@pytest.mark.parametrize("score", [None, 0.0, 1.0])
def test_what_is_not_understood_not_felt_or_good_is_no_bad_news(score: float | None) -> None:
    assert moved(downturn(score)).shifts == ()


def test_a_region_moves_those_who_live_there() -> None:
    """The one of forty who is thought like all of them leaves 1/42 of DE in FR's persona."""
    held = moved(downturn(region="DE"))
    assert mean(held, "DE") == pytest.approx(0.209 + 0.2, abs=0.01)
    assert mean(held, "FR") == pytest.approx(0.909, abs=0.01)
    assert moved(downturn(region="XX")).shifts == ()


@given(st.lists(st.floats(-1, 1), max_size=30))
@settings(deadline=None, max_examples=30)
def test_no_trait_moves_by_more_than_the_limit(scores: list[float]) -> None:
    plain = standing()
    heard = [downturn(score) for score in scores]
    for shift in signals.find(OUTLOOK, heard, plain, NOW):
        assert np.abs(shift.amounts).max() <= OUTLOOK.limit + 1e-12


def test_a_rehearsal_starts_from_what_recipients_show() -> None:
    plain, held = standing(), moved(downturn())
    back = signals.unshifted(held)
    for mine, theirs in zip(back.traits, plain.traits, strict=True):
        if mine.mean is not None and theirs.mean is not None:
            np.testing.assert_allclose(mine.mean, theirs.mean)
    assert signals.find(OUTLOOK, [], back, NOW) == ()


VALID = """\
half_life_days: 14
limit: 0.3
rules:
  - {topic: a, sentiment: bad, trait: x, shift: 0.2, why: because}
  - {topic: a, sentiment: good, trait: x, shift: -0.2, why: because}
"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("sentiment: good", "sentiment: bad", "5:5: a second rule of this topic, sentiment and trait"),
        ("shift: 0.2", "shift: 0.4", "4:49: a shift is within the limit of 0.3"),
        ("sentiment: bad", "sentiment: sad", "'sad' is not known; did you mean 'bad'?"),
        ("limit: 0.3", "limits: 0.3", "2:1: unknown key 'limits'; did you mean 'limit'?"),
        ("half_life_days: 14", "half_life_days: soon", "1:17: half_life_days must be a number"),
    ],
)  # fmt: skip
def test_faults_are_told_with_their_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    path = tmp_path / "world.yaml"
    path.write_text(VALID)
    assert len(outlook_file.read(path).rules) == 2
    path.write_text(VALID.replace(old, new))
    with pytest.raises(Invalid) as caught:
        outlook_file.read(path)
    assert fault in caught.value.message


def test_the_example_is_valid() -> None:
    example = Path(__file__).parents[4] / "examples" / "world_signals.yaml"
    assert outlook_file.find(str(example), "acme")
    assert outlook_file.find("", "acme") is None

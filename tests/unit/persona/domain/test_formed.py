from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from dramatis.core.attributes import Attribute, AttributeKind
from dramatis.core.campaign import CONTROL
from dramatis.persona.domain.formed import EVERYONE, Known, form
from dramatis.persona.domain.persona_event import Change
from dramatis.persona.domain.population import Population, assemble
from dramatis.persona.domain.standing import establish, refresh
from dramatis.wire import personas
from tests.unit.persona.domain.people import planted

NOW = datetime(2026, 2, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def people() -> tuple[Population, np.ndarray]:
    return planted()


def test_planted_kinds_are_found_and_named(people: tuple[Population, np.ndarray]) -> None:
    population, kind = people
    formed = form(population, Known(), seed=0, count=3)
    closest = formed.memberships.argmax(axis=1)
    table = np.zeros((3, 3))
    np.add.at(table, (kind, closest), 1)
    assert table.max(axis=1).sum() / len(kind) > 0.99
    young = int(table[0].argmax())
    assert {"mens", "Urban"} <= set(formed.names[young].split(", "))
    assert "mens 100 % (" in formed.sentences[young]
    assert len(set(formed.names)) == 3
    assert formed.weights.sum() == pytest.approx(1.0)
    assert formed.affinity_names == ("mens",)
    assert formed.affinities[young, 0] > 0.99
    assert all(kind[int(each[1:])] == 0 for each in formed.exemplars[young])


def test_evidence_adds_up(people: tuple[Population, np.ndarray]) -> None:
    population, _ = people
    evidence = form(population, Known(), seed=0).evidence
    sent = evidence.trials[..., 0].sum(axis=0)
    assert sent == pytest.approx(np.bincount(population.campaign))
    assert evidence.amount_sum.sum() == pytest.approx(population.amount.sum())
    assert (evidence.successes <= evidence.trials + 1e-9).all()


def test_the_same_recipients_and_seed_give_the_same_bytes(
    people: tuple[Population, np.ndarray],
) -> None:
    population, _ = people
    records = []
    for _ in range(2):
        formed = form(population, Known(), seed=3)
        standing, _ = establish("t", formed, population, None, NOW)
        records.append(personas.from_persona_set(standing.personas))
    assert records[0] == records[1]


@pytest.mark.parametrize(
    "attributes",
    [[], [{}] * 5, [{"x": Attribute(AttributeKind.NUMBER, 1.0)}] * 5],
    ids=["nobody", "nothing known", "all alike"],
)
def test_where_nothing_tells_them_apart_all_are_everyone(attributes: list[dict]) -> None:
    ids = tuple(f"r{i}" for i in range(len(attributes)))
    formed = form(assemble(ids, attributes, ()), Known(frozenset({"a", CONTROL})), seed=0)
    assert formed.names == (EVERYONE,)
    assert formed.weights.tolist() == [1.0]
    assert formed.sizes.tolist() == [len(attributes)]
    assert formed.evidence.axes.campaign_ids == ("a", CONTROL)


def test_one_recipient_is_fine() -> None:
    row = {"x": Attribute(AttributeKind.NUMBER, 1.0)}
    assert form(assemble(("r",), [row], [(0, "a", 0, 0)]), Known(), 0).sizes.tolist() == [1]


def test_identities_survive_and_events_tell(people: tuple[Population, np.ndarray]) -> None:
    population, _ = people
    nobody = assemble((), (), ())
    first, born = establish("t", form(nobody, Known(), 0), nobody, None, NOW)
    assert [each.change for each in born] == [Change.BORN]
    second, events = establish("t", form(population, Known(), 0, 3), population, first, NOW)
    assert second.personas.persona_ids == ("p1", "p2", "p3")
    assert [each.before for each in events if each.change is Change.FADED] == [(EVERYONE,)]
    third, none = establish("t", form(population, Known(), 5, 3), population, second, NOW)
    assert (sorted(third.personas.persona_ids), none) == (["p1", "p2", "p3"], [])
    fourth, events = establish("t", form(population, Known(), 5, 9), population, third, NOW)
    known = set(third.personas.persona_ids)
    assert fourth.serial == 3 + len(set(fourth.personas.persona_ids) - known)
    assert Change.SPLIT in {each.change for each in events}
    assert {first.living(each) for each in known} == known
    assert fourth.living(EVERYONE) in fourth.personas.persona_ids
    assert [s.personas.persona_set_id for s in (first, fourth)] == ["set-000000", "set-000003"]


def test_new_evidence_without_new_personas_equals_the_batch(
    people: tuple[Population, np.ndarray],
) -> None:
    """Personas formed from all, evidence first of a half and then of all."""
    population, _ = people
    standing, _ = establish("t", form(population, Known(), 0, 4), population, None, NOW)
    half = replace(
        population,
        **{
            name: getattr(population, name)[:1500]
            for name in ("recipient", "campaign", "stages", "amount")
        },
    )
    less = refresh(standing, half, Known(), None, NOW)
    more = refresh(less, population, Known(), None, NOW)
    assert less.personas.evidence.trials.sum() < more.personas.evidence.trials.sum()
    np.testing.assert_array_equal(
        more.personas.evidence.successes, standing.personas.evidence.successes
    )
    np.testing.assert_array_equal(more.snapshot.responses.alpha, standing.snapshot.responses.alpha)

"""Edges learned from rows whose truth is known. Seeds are fixed; signals are far from the edge."""

import numpy as np
import pytest

from dramatis.persona.domain.network.learning import extend, information, learn
from dramatis.persona.domain.network.structure import YES_NO, Node, structure

MADE = structure(
    [
        Node("persona", ("p", "q")),
        Node("age", ("low", "high"), ("persona",)),
        Node("zone", ("n", "s"), ("persona",)),
        Node("noise", ("0", "1", "2"), ("persona",)),
        Node("visit", YES_NO, ("persona",)),
    ]
)


def told(n: int, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    persona = rng.integers(0, 2, n)
    age = (rng.random(n) < 0.3 + 0.3 * persona).astype(int)
    zone = (rng.random(n) < 0.5).astype(int)
    visit = (rng.random(n) < 0.1 + 0.4 * age + 0.2 * zone).astype(int)
    return {
        "persona": persona, "age": age, "zone": zone, "noise": rng.integers(0, 3, n),
        "visit": visit,
    }  # fmt: skip


WANTED = [(each, "visit") for each in ("age", "zone", "noise")]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_true_edges_are_found_and_noise_is_not() -> None:
    found = learn(MADE, WANTED, told(5000), 4)
    assert list(found) == [("age", "visit"), ("zone", "visit")]  # age tells more
    nodes = {node.name: node for node in extend(MADE, found)}
    assert nodes["visit"].parents == ("persona", "age", "zone")
    assert nodes["age"].parents == ("persona",)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_no_more_parents_than_asked_for() -> None:
    assert list(learn(MADE, WANTED, told(5000), 2)) == [("age", "visit")]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_chance_makes_no_edges() -> None:
    """20 times 2,000 rows without any relation; one edge in 1,500 offered is expected by chance."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        codes = {n: rng.integers(0, len(node.states), 2000) for n, node in MADE.nodes.items()}
        assert list(learn(MADE, WANTED, codes, 4)) == []


def test_what_can_never_pay_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that large costs more than all that could be told: pgmpy is not even imported."""
    many = structure(
        [
            Node("c", tuple(map(str, range(500)))),
            Node("t", tuple("abcd")),
            Node("v", YES_NO, ("c",)),
        ]
    )
    rng = np.random.default_rng(0)
    codes = {
        "c": rng.integers(0, 500, 3000),
        "t": rng.integers(0, 4, 3000),
        "v": rng.integers(0, 2, 3000),
    }
    monkeypatch.setattr("dramatis.persona.domain.network.learning.import_module", None)
    assert list(learn(many, [("t", "v")], codes, 4)) == []
    assert list(learn(many, [("t", "v")], {}, 4)) == []


def test_information_by_hand() -> None:
    same = np.array([0, 1, 0, 1])
    assert information(same, same, 2, 2) == pytest.approx(np.log(2))
    assert information(same, np.array([0, 0, 1, 1]), 2, 2) == pytest.approx(0.0)

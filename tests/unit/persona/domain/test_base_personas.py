from pathlib import Path

import numpy as np
import pytest

from dramatis.core import membership
from dramatis.core.attributes import Attribute, AttributeKind, Attributes
from dramatis.core.encoding import encode
from dramatis.core.errors import Invalid
from dramatis.persona.adapters import base_file
from dramatis.persona.domain.base_personas import (
    SPECIMENS,
    BasePersona,
    BasePersonas,
    Bell,
    form,
    specimens,
)
from dramatis.persona.domain.formed import Formed, Known
from dramatis.persona.domain.population import assemble

TWO = BasePersonas(
    worth=100.0,
    kinds={
        "age": AttributeKind.NUMBER,
        "member": AttributeKind.FLAG,
        "zone": AttributeKind.CATEGORY,
    },
    personas=(
        BasePersona("young", "y", 0.25, {
            "age": Bell(20.0, 5.0), "member": {"yes": 0.2, "no": 0.8}, "zone": {"a": 0.9, "b": 0.1},
        }),
        BasePersona("old", "o", 0.75, {
            "age": Bell(60.0, 5.0), "member": {"yes": 0.6, "no": 0.4}, "zone": {"a": 0.5, "b": 0.5},
        }),
    ),
)  # fmt: skip


def formed(*rows: Attributes) -> Formed:
    people = assemble(tuple(f"r{at:04}" for at in range(len(rows))), rows, ())
    return form(TWO, people, Known(), np.ones(len(rows)))


def member(yes: bool) -> Attributes:
    return {"member": Attribute(AttributeKind.FLAG, float(yes))}


def membership_of(found: Formed, row: Attributes) -> np.ndarray:
    x = encode(found.model.encodings, [{name: each.value for name, each in row.items()}])
    return membership.predict(found.model, x)[0]


def test_who_is_not_known_is_like_the_shares() -> None:
    assert membership_of(formed(), {}) == pytest.approx([0.25, 0.75])


def test_membership_is_bayes_by_hand() -> None:
    """Members: 0.25 x 0.2 to 0.75 x 0.6, that is 1 to 9; in zone b 0.25 x 0.1 to 0.75 x 0.5."""
    found = formed()
    assert membership_of(found, member(True)) == pytest.approx([0.1, 0.9], abs=0.005)
    zone = {"zone": Attribute(AttributeKind.CATEGORY, "b")}
    assert membership_of(found, zone) == pytest.approx([1 / 16, 15 / 16], abs=0.005)
    both = membership_of(found, {**member(True), **zone})
    assert both == pytest.approx(
        [0.25 * 0.02, 0.75 * 0.3] / np.sum([0.25 * 0.02, 0.75 * 0.3]), abs=0.003
    )


def test_the_counts_are_those_of_the_starting_probabilities() -> None:
    """25 and 75 recipients, and one more who is like all: a half of those are members."""
    table = next(t for t in formed().traits if t.name == "member")
    assert table.states == ("no", "yes")
    assert table.counts[:, 1] == pytest.approx([0.2 * 25 + 0.5, 0.6 * 75 + 0.5])
    assert table.counts.sum(axis=1) == pytest.approx([25 + 1, 75 + 1])


def test_real_recipients_move_the_counts_and_take_over() -> None:
    """Ninety old members in zone b: of 75 + 90 recipients 45 + 90 are members."""
    row = {
        **member(True),
        "age": Attribute(AttributeKind.NUMBER, 60.0),
        "zone": Attribute(AttributeKind.CATEGORY, "b"),
    }
    found = formed(*[row] * 90)
    assert found.sizes.tolist() == [0, 90]
    assert found.weights == pytest.approx([25 / 190, 165 / 190], abs=0.002)
    table = next(t for t in found.traits if t.name == "member")
    assert table.probabilities[1, 1] == pytest.approx(135 / 165, abs=0.01)
    assert table.probabilities[0, 1] == pytest.approx(0.2, abs=0.03)


def test_the_eight_that_are_shipped_are_the_example() -> None:
    base = base_file.find("example", "acme")
    assert base is not None
    assert len(base.personas) == 8
    example = Path(__file__).parents[4] / "examples" / "base_personas.yaml"
    assert base_file.read(example) == base
    found = form(base, assemble((), (), ()), Known(), np.zeros(0))
    assert found.weights == pytest.approx(base.shares)
    assert found.affinity_names == ("newness", "price_sensitivity")
    assert found.affinities[0] == pytest.approx([0.3, 0.85], abs=0.01)


def test_each_specimen_is_closest_to_its_own_mostly() -> None:
    """The eight can be told apart: two thirds of those made up by one are found to be its own."""
    base = base_file.find("example", "acme")
    assert base is not None
    rows, _ = specimens(base)
    found = form(base, assemble((), (), ()), Known(), np.zeros(0))
    x = encode(found.model.encodings, [{n: a.value for n, a in row.items()} for row in rows])
    whose = np.repeat(np.arange(8), SPECIMENS)
    assert (membership.closest(found.model, x) == whose).mean() > 2 / 3


def test_who_is_like_none_is_out_of_distribution() -> None:
    found = formed()
    x = encode(found.model.encodings, [{"age": 150.0}, {"age": 60.0, "zone": "a", "member": 1.0}])
    assert membership.outliers(found.model, x).tolist() == [True, False]


VALID = """\
worth: 10
kinds: {age: number, member: flag}
personas:
  - name: a
    share: 0.5
    traits:
      age: {mean: 20, deviation: 5}
      member: {"yes": 0.5, "no": 0.5}
  - name: b
    share: 0.5
    traits:
      age: {mean: 40, deviation: 5}
      member: {"yes": 0.1, "no": 0.9}
"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("share: 0.5", "share: 0.4", "4:3: the shares sum to 0.8; expected 1"),
        ("name: b", "name: a", "9:11: a second persona named 'a'"),
        ('"no": 0.9', '"no": 0.8', "13:15: the probabilities sum to 0.9; expected 1"),
        ('"yes": 0.5, "no": 0.5', "maybe: 1, no: 0", "8:15: a flag has the probabilities of 'yes' and 'no'"),
        ("deviation: 5", "deviation: 0", "deviation must be more than 0"),
        ("worth: 10", "worth: ten", "1:8: worth must be a number, not 'ten'"),
        ("age: number, ", "", "7:7: 'age' is not among 'kinds'"),
        ("age: number", "age: number, zip: category", "missing 'zip', which 'kinds' names"),
        ("name: b", "name: b\n    colour: red", "unknown key 'colour'"),
    ],
)  # fmt: skip
def test_faults_are_told_with_their_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    path = tmp_path / "base.yaml"
    path.write_text(VALID)
    assert len(base_file.read(path).personas) == 2
    path.write_text(VALID.replace(old, new))
    with pytest.raises(Invalid) as caught:
        base_file.read(path)
    assert fault in caught.value.message
    assert caught.value.message.startswith(f"{path}:")


def test_a_folder_has_a_file_for_each_tenant_who_has_some(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(VALID)
    assert base_file.find(str(tmp_path), "acme") is not None
    assert base_file.find(str(tmp_path), "beta") is None
    assert base_file.find("", "acme") is None

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dramatis.core.errors import Invalid
from dramatis.persona.adapters import network_file
from dramatis.persona.domain.network.rules import FAMILIES

EXAMPLE = Path(__file__).parents[4] / "examples/network.yaml"
GOOD = """\
default:
  nodes:
    persona: []
    stages: [persona, tone]
    stimuli: []
tenants:
  acme:
    nodes: {persona: [], no: [persona]}
    learn:
      no: [persona]
    most_parents: 2
    least_rows: 500
    half_life_days: 90.5
"""


def read(tmp_path: Path, text: str = GOOD):
    path = tmp_path / "network.yaml"
    path.write_text(text, encoding="utf-8")
    return network_file.read(str(path))


def fault(tmp_path: Path, text: str) -> str:
    with pytest.raises(Invalid) as caught:
        read(tmp_path, text)
    assert caught.value.reason == "NETWORK_INVALID"
    return caught.value.message.replace(f"{tmp_path}/", "")


def test_rules_are_as_described(tmp_path: Path) -> None:
    rules_of = read(tmp_path)
    acme, other = rules_of("acme"), rules_of("beta")
    assert acme.nodes == {"persona": (), "no": ("persona",)}
    assert acme.learn == {"no": ("persona",)}
    assert (acme.most_parents, acme.least_rows, acme.half_life_days) == (2, 500, 90.5)
    assert other.nodes["stages"] == ("persona", "tone")
    assert other.half_life_days == float("inf")


def test_without_a_file_the_packaged_one_holds(tmp_path: Path) -> None:
    ours = network_file.read("")("anybody")
    assert set(ours.nodes) == set(FAMILIES)
    only_acme = read(tmp_path, "tenants: {acme: {nodes: {persona: []}}}")
    assert only_acme("beta") == ours


def test_the_example_and_the_schema_hold() -> None:
    assert network_file.read(str(EXAMPLE))("careful-shop").nodes
    Draft202012Validator.check_schema(network_file.schema())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("default: {}\n", "network.yaml:1:10: missing 'nodes' in default"),
        ("default: {nodes: {a: [b, b]}}", "network.yaml:1:26: 'b' stands twice"),
        (
            "default:\n  nodes:\n    a: [b]\n    b: [c]\n    c: [a]\n",
            "network.yaml:3:5: a depends on itself: a -> c -> b -> a",
        ),
        ("default: {nodes: {traits: [traits]}}", "network.yaml:1:19: traits depends on itself: traits -> traits"),
        (
            "default:\n  nodes: {stages: [persona]}\n",
            "network.yaml:2:20: the family 'persona' has no nodes here",
        ),
        (
            "default:\n  nodes: {stages: []}\n  learn: {stages: [world]}",
            "network.yaml:3:20: the family 'world' has no nodes here",
        ),
        (
            "default: {nodes: {a: []}, least_row: 7}",
            "network.yaml:1:27: unknown key 'least_row'; did you mean 'least_rows'?",
        ),
        (
            "default: {nodes: {a: []}, most_parents: 1.5}",
            "network.yaml:1:41: default.most_parents: 1.5 is not a multiple of 1",
        ),
        (
            "default: {nodes: {a: []}, half_life_days: nan}",
            "network.yaml:1:43: half_life_days must be a finite number",
        ),
        ("tenants: {a: {nodes: [x]}}", "network.yaml:1:22: tenants.a.nodes must be a mapping, not ['x']"),
        ("a: [", "network.yaml:1:5: not YAML: expected the node content, but found '<stream end>'"),
        ("", "network.yaml:1:1: the file is empty; expected a layout of networks (see docs/network.md)"),
    ],
)  # fmt: skip
def test_every_fault_has_its_place(tmp_path: Path, text: str, told: str) -> None:
    assert fault(tmp_path, text) == told


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        network_file.read(str(tmp_path / "no.yaml"))

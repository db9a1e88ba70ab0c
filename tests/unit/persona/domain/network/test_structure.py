import pytest

from dramatis.core.errors import Invalid
from dramatis.persona.domain.network.structure import YES_NO, Node, structure

AB = ("a", "b")


def test_parents_come_first_and_the_gate_is_one() -> None:
    made = structure(
        [Node("click", YES_NO, ("who",), "open"), Node("open", YES_NO), Node("who", AB)]
    )
    assert list(made.nodes)[-1] == "click"
    assert set(made.edges) == {("who", "click"), ("open", "click")}
    assert made.ancestors({"click"}) == {"click", "open", "who"}
    assert made.ancestors({"open"}) == {"open"}


@pytest.mark.parametrize(
    ("nodes", "field", "why"),
    [
        ([Node("x", AB, ("y",)), Node("y", AB, ("x",))], "network.[xy]", "x -> y -> x|y -> x -> y"),
        ([Node("x", AB, ("x",))], "network.x", "x -> x"),
        ([Node("x", AB), Node("x", AB)], "network.x", "two of this name"),
        ([Node("x", ())], "network.x", "no states"),
        ([Node("x", ("a", "a"))], "network.x", "state 'a' stands twice"),
        ([Node("x", AB, ("y",))], "network.x", "'y' is no node"),
        ([Node("y", AB), Node("x", AB, ("y", "y"))], "network.x", "parent 'y' stands twice"),
        (
            [
                *(Node(f"p{n}", AB) for n in range(25)),
                Node("x", AB, tuple(f"p{n}" for n in range(25))),
            ],
            "network.x",
            r"6.7e\+07 cells, at most 33554432",
        ),
        ([Node("y", AB), Node("x", YES_NO, (), "y")], "network.x", "states no and yes"),
    ],
)
def test_what_is_no_structure_is_refused(nodes: list[Node], field: str, why: str) -> None:
    with pytest.raises(Invalid, match=f"{field}: .*({why})"):
        structure(nodes)

"""A network of ten nodes with 64 personas and 500 stimuli, and rows to learn it from."""

from typing import Final

import numpy as np

from dramatis.persona.domain.network.bayes import Belief, Network, network
from dramatis.persona.domain.network.pooling import Layer
from dramatis.persona.domain.network.structure import YES_NO, Node, Structure, structure
from dramatis.persona.domain.network.tallies import Rows

GIVEN: Final = ("persona", "tone", "offer", "channel", "daypart")
SIZES: Final = (64, 5, 5, 4, 5)
STAGE: Final = "convert"


def layout() -> Structure:
    """The structure: every stage depends on the persona, the first one on the whole stimulus."""
    roots = [Node(name, _states(size)) for name, size in zip(GIVEN, SIZES, strict=True)]
    return structure([
        *roots,
        Node("zone", _states(3), ("persona",)),
        Node("open", YES_NO, GIVEN),
        Node("click", YES_NO, ("persona", "offer", "tone"), "open"),
        Node("convert", YES_NO, ("persona", "offer"), "click"),
        Node("unsubscribe", YES_NO, ("persona", "channel")),
    ])  # fmt: skip


def _states(size: int) -> tuple[str, ...]:
    return tuple(f"s{at}" for at in range(size))


def believed(rng: np.random.Generator) -> Network:
    """Counts in every cell."""
    made = layout()
    beliefs = {
        name: Belief((Layer(rng.gamma(2.0, 5.0, made.sizes((*node.parents, name)))),))
        for name, node in made.nodes.items()
    }
    return network(made, beliefs)


def rows(made: Structure, n: int, rng: np.random.Generator) -> Rows:
    """N rows; the stages of half of them are closed by their gates."""
    codes = {name: rng.integers(0, len(node.states), n) for name, node in made.nodes.items()}
    for name, node in made.nodes.items():
        if node.gate:
            codes[name] = codes[name] * codes[node.gate]
    return Rows(codes)

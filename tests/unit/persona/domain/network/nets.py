"""Networks made for tests."""

import numpy as np

from dramatis.persona.domain.network.bayes import Belief, Network, network
from dramatis.persona.domain.network.pooling import pool
from dramatis.persona.domain.network.structure import YES_NO, Node, Structure, structure
from dramatis.persona.domain.network.tallies import Rows


def shape(rng: np.random.Generator, size: int, most_parents: int = 3) -> Structure:
    """Nodes of 1 to 4 states with parents in any order; some are stages with gates."""
    nodes: list[Node] = []
    for at in range(size):
        few = int(rng.integers(0, min(at, most_parents) + 1))
        parents = [str(each.name) for each in rng.choice(np.array(nodes, object), few, False)]
        closed = [each.name for each in nodes if each.states == YES_NO]
        if rng.random() < 0.3:
            gate = str(rng.choice(closed)) if closed and rng.random() < 0.7 else ""
            free = tuple(each for each in parents if each != gate)
            nodes.append(Node(f"n{at}", YES_NO, free, gate))
        else:
            states = tuple(f"s{each}" for each in rng.permutation(int(rng.integers(1, 5))))
            nodes.append(Node(f"n{at}", states, tuple(parents)))
    order = rng.permutation(size)
    return structure([nodes[each] for each in order])


def believed(rng: np.random.Generator, made: Structure) -> Network:
    """Counts of all sizes, many of them nothing."""
    beliefs = {
        name: Belief(pool(rng.gamma(0.3, 20.0, made.sizes((*node.parents, name))).round()))
        for name, node in made.nodes.items()
    }
    return network(made, beliefs)


def question(rng: np.random.Generator, made: Structure) -> tuple[dict[str, str], str]:
    """Some evidence in some order, and another node."""
    names = [str(each) for each in rng.permutation(sorted(made.nodes))]
    few = int(rng.integers(0, min(5, len(names))))
    evidence = {each: str(rng.choice(made.states(each))) for each in names[1 : few + 1]}
    return evidence, names[0]


def rows(rng: np.random.Generator, made: Structure, n: int) -> Rows:
    codes = {name: rng.integers(0, len(node.states), n) for name, node in made.nodes.items()}
    return Rows(codes, weights=rng.random(n), days=rng.uniform(19_000, 20_000, n))

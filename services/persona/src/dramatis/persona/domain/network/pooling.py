"""Partial pooling: what a thin cell does not know it borrows from the cells above it.

The parents of a node stand in an order, most telling first. Dropping the last, then the one before
it, and so on gives layers, from no parents to all of them. In the cell u of a layer, with counts
n(x, u) of the states x and n(u) in all, and v the same cell without its last parent,

    p(x | u) = (n(x, u) + w(u) p(x | v)) / (n(u) + w(u))

(backing off: MacKay and Peto, A hierarchical Dirichlet language model, 1995). So each cell starts
with w(u) rows like those of the layer above. How many is learned. The Dirichlet-multinomial
likelihood of a cell's counts, p(x | v) given, says how well each of the candidates for w suits it;
a distribution over the candidates is fitted to all cells of a layer (nonparametric maximum
likelihood by expectation and maximisation: Laird, JASA 1978); and w(u) is what the cell's own
likelihood makes of that. Where cells scatter around the layer above no more than chance does, w is
large. One cell among many that is quite different has the small w that its own rows ask for: it
learns from them alone.

S states of the node; a layer's counts have an axis per parent, and S last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.special import gammaln

from dramatis.core.arrays import Floats

PRIOR_COUNT: Final = 1.0
"""Rows in all that a node without evidence starts with, shared out evenly over its states."""
WEIGHTS: Final[Floats] = np.geomspace(1.0, 1e6, 25)
"""Candidates for w."""
ROUNDS: Final = 40
"""Of expectation and maximisation: a fixed number, so that all moves smoothly with the counts."""
MOST_CELLS: Final = 20_000
"""That the distribution of w is fitted to, and that are worked on at a time."""
FLOOR: Final = 1e-9
"""Keeps the shapes of Gamma distributions above zero."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What was counted, and what each cell borrows.

    Attributes:
        counts: [parents, S]; in the first layer with its flat prior.
        weights: [parents, 1] rows of the layer before that each cell starts with.
    """

    counts: Floats
    weights: Floats = field(default_factory=lambda: np.zeros(1))


Layers = tuple[Layer, ...]


def pool(table: Floats, base: Floats | None = None) -> Layers:
    """The layers of a table of counts, the one without parents first.

    Args:
        table: [parents, most telling first, S].
        base: [some first parents, S] Dirichlet counts that stand in for the first layers.

    >>> mean(pool(np.array([[30.0, 10.0], [0.0, 0.0]])))[1].round(3)
    array([0.744, 0.256])
    """
    parents = table.ndim - 1
    if base is None:
        total = table.sum(axis=tuple(range(parents)))
        base = total + PRIOR_COUNT / len(total)
    layers: Layers = (Layer(base),)
    for depth in range(base.ndim, table.ndim):
        counts = table.sum(axis=tuple(range(depth, parents)))
        coarse = np.broadcast_to(mean(layers)[..., None, :], counts.shape)
        layers = (*layers, Layer(counts, learn_weights(counts, coarse)))
    return layers


def mean(layers: Layers) -> Floats:
    """[parents, S] probabilities."""
    shares = _normal(layers[0].counts)
    for layer in layers[1:]:
        shares = _normal(layer.counts + layer.weights * shares[..., None, :])
    return shares


def draw(layers: Layers, n: int, rng: np.random.Generator) -> Floats:
    """[n, parents, S] probabilities drawn from what the counts leave open.

    Each layer is drawn around what was drawn for the one before: a cell that borrows is as unsure
    as what it borrows.
    """
    first = layers[0].counts
    shares = _dirichlet(np.broadcast_to(first, (n, *first.shape)), rng)
    for layer in layers[1:]:
        shares = _dirichlet(layer.counts + layer.weights * shares[..., None, :], rng)
    return shares


def learn_weights(counts: Floats, coarse: Floats) -> Floats:
    """[..., 1] how many rows of the layer above each cell starts with.

    Args:
        counts: [..., S] of the cells.
        coarse: [..., S] probabilities that each would borrow.
    """
    states = counts.shape[-1]
    n, p = counts.reshape(-1, states), np.maximum(coarse.reshape(-1, states), FLOOR)
    seen = np.flatnonzero(n.sum(axis=1))
    some = seen[:: len(seen) // MOST_CELLS + 1]
    prior = _fit(_likelihood(n[some], p[some]))
    weights = np.full(len(n), np.exp(prior @ np.log(WEIGHTS)))
    for start in range(0, len(seen), MOST_CELLS):
        part = seen[start : start + MOST_CELLS]
        chance = _posterior(_likelihood(n[part], p[part]), prior)
        weights[part] = _effective(chance, n[part].sum(axis=1))
    return weights.reshape(*counts.shape[:-1], 1)


def _likelihood(n: Floats, p: Floats) -> Floats:
    """[cells, candidates] of the counts under each w, the best of a cell's being 1."""
    total = n.sum(axis=1)
    logs = np.stack([
        gammaln(w) - gammaln(total + w) + (gammaln(n + w * p) - gammaln(w * p)).sum(axis=1)
        for w in WEIGHTS
    ], axis=1)  # fmt: skip
    scaled: Floats = np.exp(logs - logs.max(axis=1, keepdims=True))
    return scaled


def _fit(likelihood: Floats) -> Floats:
    """[candidates] their shares over the cells; one cell's worth is spread evenly over all."""
    prior = np.full(len(WEIGHTS), 1 / len(WEIGHTS))
    for _ in range(ROUNDS):
        held = _posterior(likelihood, prior).sum(axis=0) + 1 / len(WEIGHTS)
        prior = held / held.sum()
    return prior


def _posterior(likelihood: Floats, prior: Floats) -> Floats:
    return _normal(likelihood * prior)


def _effective(chance: Floats, total: Floats) -> Floats:
    """[cells] the one w under which a cell borrows as much as under its distribution over w."""
    borrowed = (chance * (WEIGHTS / (total[:, None] + WEIGHTS))).sum(axis=1)
    weights: Floats = total * borrowed / (1 - borrowed)
    return weights


def _normal(counts: Floats) -> Floats:
    shares: Floats = counts / counts.sum(axis=-1, keepdims=True)
    return shares


def _dirichlet(counts: Floats, rng: np.random.Generator) -> Floats:
    """Draws; where shapes are so small that all Gammas are 0, one state has everything."""
    shapes = counts + FLOOR
    gammas = rng.standard_gamma(shapes)
    total = gammas.sum(axis=-1, keepdims=True)
    if not total.all():
        score = np.log(shapes) + rng.gumbel(size=shapes.shape)
        ones = (score == score.max(axis=-1, keepdims=True)).astype(float)
        gammas = np.where(total > 0, gammas, ones)
        total = gammas.sum(axis=-1, keepdims=True)
    shares: Floats = gammas / total
    return shares


def narrow(layers: Layers, at: Sequence[slice]) -> Layers:
    """The layers of some states of the parents: a slice for each."""
    return tuple(
        Layer(layer.counts[part], layer.weights[part if layer.weights.ndim > 1 else ...])
        for layer in layers
        for part in [tuple(at[: layer.counts.ndim - 1])]
    )

"""Personas formed from a population: the whole of the fitting, from attributes to evidence.

R recipients, P personas, D encoded columns, M affinities.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core import encoding, membership
from dramatis.core.arrays import Floats, Indices
from dramatis.core.attributes import AttributeKind
from dramatis.core.campaign import CONTROL, Stage
from dramatis.core.evidence import Axes, EvidenceCounts
from dramatis.core.membership import MembershipModel
from dramatis.persona.domain import chain, clusters, counts, encodings, metric, traits, words
from dramatis.persona.domain.moving import fade
from dramatis.persona.domain.population import Population
from dramatis.persona.domain.traits import TraitTable

EVERYONE: Final = "everyone"
"""Name of the one persona where nothing tells recipients apart."""
EXEMPLARS: Final = 5
LEAST_EXPOSURES: Final = 100
"""A campaign that was sent to fewer has no say in the metric."""
HALF_LIFE_DAYS: Final = 180.0
MOST_CAMPAIGNS: Final = 16
"""That have a say in the metric: those sent most."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of campaigns: ids, `CONTROL` among them, and the stages they give worth to."""

    campaign_ids: frozenset[str] = frozenset({CONTROL})
    priced: frozenset[Stage] = frozenset()


@dataclass(frozen=True, slots=True)
class Formed:
    """Personas, largest first, not yet identified.

    Attributes:
        model: who is like whom.
        precision: [D, D] of the metric: the model's slopes are its centroids times it. None where
            the personas were not formed by distance.
        memberships: [R, P] of the recipients that they were formed from.
        weights: [P] shares of all recipients, those seen lately first; sum to 1.
        sizes: [P] recipients whose closest persona it is.
        names: [P] a few words each.
        sentences: [P] the same with figures.
        exemplars: [P] ids of recipients close to the centre.
        traits: what members are like.
        affinity_names: [M].
        affinities: [P, M] mean affinity of the members.
        evidence: what they answered.
    """

    model: MembershipModel
    precision: Floats | None
    memberships: Floats
    weights: Floats
    sizes: Indices
    names: tuple[str, ...]
    sentences: tuple[str, ...]
    exemplars: tuple[tuple[str, ...], ...]
    traits: tuple[TraitTable, ...]
    affinity_names: tuple[str, ...]
    affinities: Floats
    evidence: EvidenceCounts


def form(
    population: Population,
    known: Known,
    seed: int,
    count: int = 0,
    half_life_days: float = HALF_LIFE_DAYS,
) -> Formed:
    """The personas of a population; the same input gives the same personas.

    Args:
        population: of R >= 0 recipients.
        known: campaigns besides those that were sent.
        seed: of the search.
        count: of personas; 0 lets `clusters.choose_count` choose.
        half_life_days: after this long what a recipient is like counts half.
    """
    axes = chain.axes(population, known.campaign_ids, known.priced)
    fitted = encodings.fit(population.attributes)
    x = encoding.encode(fitted, population.values)
    weights = fade(population.seen, half_life_days)
    if not x.size:
        return describe(population, axes, everyone(), np.zeros((0, 0)), x, weights)
    found = clusters.fit(x, *_space(population, axes, x, count), seed)
    model = MembershipModel(
        fitted, found.slopes, found.offsets, found.centroids, found.outlier_distance
    )
    return describe(population, axes, model, found.precision, x, weights)


def everyone() -> MembershipModel:
    """The model of one persona that all recipients belong to."""
    return MembershipModel((), np.zeros((1, 0)), np.zeros(1), np.zeros((1, 0)))


def _space(population: Population, axes: Axes, x: Floats, count: int) -> tuple[Floats, int]:
    """The metric, and how many personas there is evidence for."""
    sent = np.bincount(population.campaign, minlength=len(population.campaign_ids))
    often = [c for c in np.argsort(-sent, kind="stable").tolist() if sent[c] >= LEAST_EXPOSURES]
    use = np.sort(np.array(often[:MOST_CAMPAIGNS], dtype=np.int64))
    rows = np.isin(population.campaign, use)
    outcome = _outcome(population, axes)[rows]
    count = count or clusters.choose_count(float(outcome.sum()), len(use))
    if not outcome.any():
        return metric.identity(x), count
    campaign = np.searchsorted(use, population.campaign[rows])
    return metric.fit(x[population.recipient[rows]], campaign, len(use), [outcome]), count


def _outcome(population: Population, axes: Axes) -> Floats:
    """[E] the first stage that is reached at all: also without a send, if `CONTROL` was seen."""
    flags = chain.reached(population, axes)
    rows = np.ones(len(flags), dtype=bool)
    if CONTROL in population.campaign_ids:
        rows = population.campaign == population.campaign_ids.index(CONTROL)
    for part in (flags[rows], flags):
        stages = np.flatnonzero(part.any(axis=0))
        if len(stages):
            return flags[:, stages[0]].astype(float)
    return np.zeros(len(flags))


def describe(
    population: Population,
    axes: Axes,
    model: MembershipModel,
    precision: Floats | None,
    x: Floats,
    weights: Floats,
) -> Formed:
    """The personas of a model, as this population shows them.

    Args:
        population: of R recipients.
        axes: of the evidence.
        model: of P personas.
        precision: see `Formed`.
        x: [R, D] the recipients, encoded.
        weights: [R] how much each counts for what the personas are like.
    """
    q = membership.predict(model, x)
    size = len(model.offsets)
    shares = (q * weights[:, None]).sum(axis=0) if len(q) else np.ones(size)
    shares = shares / shares.sum()
    tables = traits.tabulate(population.attributes, q * weights[:, None])
    names, sentences = _words(model, tables, shares, x)
    affinities = affinity(tables, size)
    return Formed(
        model=model,
        precision=precision,
        memberships=q,
        weights=shares,
        sizes=np.bincount(q.argmax(axis=1), minlength=size),
        names=names,
        sentences=sentences,
        exemplars=exemplars(population.recipient_ids, q, x, model.centroids),
        traits=tables,
        affinity_names=affinities[0],
        affinities=affinities[1],
        evidence=counts.count(population, q, axes),
    )


def affinity(tables: Sequence[TraitTable], size: int) -> tuple[tuple[str, ...], Floats]:
    """[M] names of the affinities among the traits, and [P, M] their means."""
    found = [t for t in tables if t.kind is AttributeKind.AFFINITY and t.mean is not None]
    means = [t.mean for t in found if t.mean is not None]
    return tuple(t.name for t in found), _stack(means, size)


def _stack(columns: Collection[Floats], size: int) -> Floats:
    """[P, M], each in [0, 1]; 0 where no member's affinity is known."""
    table = np.stack(list(columns), axis=1) if columns else np.zeros((size, 0))
    return np.clip(np.nan_to_num(table), 0.0, 1.0)


def _words(
    model: MembershipModel, tables: tuple[TraitTable, ...], weights: Floats, x: Floats
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if len(weights) == 1:
        return (EVERYONE,), ("All recipients: nothing tells them apart yet.",)
    middle, spread = (x.mean(axis=0), x.std(axis=0)) if len(x) else (model.centroids, 1.0)
    offsets = (model.centroids - middle) / np.maximum(spread, 1e-9)
    found = [words.differences(model.encodings, tables, offset) for offset in offsets]
    sentences = [
        words.sentence(float(weights[at]), at, each, tables, weights)
        for at, each in enumerate(found)
    ]
    return tuple(words.name(found)), tuple(sentences)


def exemplars(
    ids: tuple[str, ...], q: Floats, x: Floats, centroids: Floats
) -> tuple[tuple[str, ...], ...]:
    """[P] the closest persona's members next to its centre, nearest first."""
    closest = q.argmax(axis=1)
    chosen = []
    for at, center in enumerate(centroids):
        members = np.flatnonzero(closest == at)
        distance = ((x[members] - center) ** 2).sum(axis=1).round(9)
        nearest = members[np.argsort(distance, kind="stable")[:EXEMPLARS]]
        chosen.append(tuple(ids[i] for i in nearest.tolist()))
    return tuple(chosen)

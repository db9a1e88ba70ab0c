"""Personas formed from a population: the whole of the fitting, from attributes to evidence.

R recipients, P personas, D encoded columns, M affinities.
"""

from collections.abc import Collection
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
from dramatis.persona.domain.population import Population
from dramatis.persona.domain.traits import TraitTable

EVERYONE: Final = "everyone"
"""Name of the one persona where nothing tells recipients apart."""
EXEMPLARS: Final = 5
LEAST_EXPOSURES: Final = 100
"""A campaign that was sent to fewer has no say in the metric."""
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
        memberships: [R, P] of the recipients that they were formed from.
        weights: [P] shares of all recipients; sum to 1.
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


def form(population: Population, known: Known, seed: int, count: int = 0) -> Formed:
    """The personas of a population; the same input gives the same personas.

    Args:
        population: of R >= 0 recipients.
        known: campaigns besides those that were sent.
        seed: of the search.
        count: of personas; 0 lets `clusters.choose_count` choose.
    """
    axes = chain.axes(population, known.campaign_ids, known.priced)
    fitted = encodings.fit(population.attributes)
    x = encoding.encode(fitted, population.values)
    if x.size:
        found = clusters.fit(x, *_space(population, axes, x, count), seed)
        model = MembershipModel(
            fitted, found.slopes, found.offsets, found.centroids, found.outlier_distance
        )
    else:
        model = everyone()
    return describe(population, axes, model, x)


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


def describe(population: Population, axes: Axes, model: MembershipModel, x: Floats) -> Formed:
    """The personas of a model, as this population shows them."""
    q = membership.predict(model, x)
    size = len(model.offsets)
    weights = q.mean(axis=0) if len(q) else np.full(size, 1 / size)
    weights = weights / weights.sum()
    tables = traits.tabulate(population.attributes, q)
    names, sentences = _words(model, tables, weights, x)
    affinities = [t for t in tables if t.kind is AttributeKind.AFFINITY and t.mean is not None]
    return Formed(
        model=model,
        memberships=q,
        weights=weights,
        sizes=np.bincount(q.argmax(axis=1), minlength=size),
        names=names,
        sentences=sentences,
        exemplars=_exemplars(population.recipient_ids, q, x, model.centroids),
        traits=tables,
        affinity_names=tuple(t.name for t in affinities),
        affinities=_stack([t.mean for t in affinities if t.mean is not None], size),
        evidence=counts.count(population, q, axes),
    )


def _stack(columns: Collection[Floats], size: int) -> Floats:
    """[P, M], each in [0, 1]; 0 where no member's affinity is known."""
    table = np.stack(list(columns), axis=1) if columns else np.zeros((size, 0))
    return np.clip(np.nan_to_num(table), 0.0, 1.0)


def _words(
    model: MembershipModel, tables: tuple[TraitTable, ...], weights: Floats, x: Floats
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if len(weights) == 1:
        return (EVERYONE,), ("All recipients: nothing tells them apart yet.",)
    offsets = (model.centroids - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-9)
    found = [words.differences(model.encodings, tables, offset) for offset in offsets]
    sentences = [
        words.sentence(float(weights[at]), at, each, tables, weights)
        for at, each in enumerate(found)
    ]
    return tuple(words.name(found)), tuple(sentences)


def _exemplars(
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

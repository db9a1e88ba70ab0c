"""Personas before any data of one's own: starting probabilities, used as priors and not as facts.

Each base persona is worth so many recipients, its specimens: made-up recipients spread evenly over
its starting probabilities. Real recipients are counted beside them by membership, so that they
take over with their number. Membership is naive Bayes: the product of the likelihoods of the
attributes that are known, each by its counts. That is linear in the encoded columns, so that the
model is one like any other; an attribute that is not known says nothing.

R recipients, N specimens, P personas, D encoded columns.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import numpy as np
from scipy.stats import norm

from dramatis.core import membership
from dramatis.core.arrays import Floats
from dramatis.core.attributes import Attribute, AttributeKind, Attributes
from dramatis.core.encoding import AttributeEncoding, EncodingKind, encode
from dramatis.core.membership import MembershipModel
from dramatis.persona.domain import counts, encodings, traits
from dramatis.persona.domain.chain import axes
from dramatis.persona.domain.clusters import OUTLIER_SHARE
from dramatis.persona.domain.formed import Formed, Known, affinity, exemplars
from dramatis.persona.domain.population import Population

SPECIMENS: Final = 200
"""Of each persona; they weigh as much together as it is worth."""
FEW: Final = 0.5
"""Recipients in all that each level of a category is given, so that none is impossible."""


@dataclass(frozen=True, slots=True)
class Bell:
    """A number spread around a mean; both in the attribute's own unit."""

    mean: float
    deviation: float


Chances: TypeAlias = Mapping[str, float]
"""Probability of each level of a category; of a flag, of "yes" and "no"."""


@dataclass(frozen=True, slots=True)
class BasePersona:
    """One persona's starting probabilities.

    Attributes:
        name: a few words.
        sentence: what it is like.
        share: of all recipients; those of all base personas sum to 1.
        traits: by attribute.
    """

    name: str
    sentence: str
    share: float
    traits: Mapping[str, Bell | Chances]


@dataclass(frozen=True, slots=True)
class BasePersonas:
    """The base personas of a tenant.

    Attributes:
        worth: recipients that all of this counts for.
        kinds: of the attributes.
        personas: [P].
    """

    worth: float
    kinds: Mapping[str, AttributeKind]
    personas: Sequence[BasePersona] = field(default_factory=tuple)

    @property
    def shares(self) -> Floats:
        """[P] sum to 1."""
        return np.array([each.share for each in self.personas])


def specimens(base: BasePersonas) -> tuple[list[Attributes], Floats]:
    """[N] made-up recipients, and [N, P] how many real ones each stands for, and of whom."""
    rows = [row for persona in base.personas for row in _specimens(base, persona)]
    whose = np.repeat(np.arange(len(base.personas)), SPECIMENS)
    weights = np.eye(len(base.personas)) * base.shares * base.worth / SPECIMENS
    return rows, weights[whose]


def _specimens(base: BasePersonas, persona: BasePersona) -> Iterator[Attributes]:
    """Yields them: each attribute at evenly spread quantiles, the attributes independent."""
    rng = np.random.default_rng(0)
    columns = {}
    for name, trait in sorted(persona.traits.items()):
        at = rng.permutation((np.arange(SPECIMENS) + 0.5) / SPECIMENS)
        kind = base.kinds[name]
        columns[name] = [Attribute(kind, value) for value in _values(kind, trait, at)]
    for place in range(SPECIMENS):
        yield {name: column[place] for name, column in columns.items()}


def _values(kind: AttributeKind, trait: Bell | Chances, at: Floats) -> Sequence[float | str]:
    """The values at the quantiles `at`."""
    if isinstance(trait, Bell):
        limits = (0.0, 1.0) if kind is AttributeKind.AFFINITY else (-np.inf, np.inf)
        drawn = norm.ppf(at, trait.mean, trait.deviation)
        return [float(each) for each in np.clip(drawn, *limits)]
    levels = sorted(trait)
    edges = np.cumsum([trait[level] for level in levels])[:-1]
    chosen = [levels[each] for each in np.searchsorted(edges, at, side="right")]
    return [float(each == "yes") for each in chosen] if kind is AttributeKind.FLAG else chosen


def form(base: BasePersonas, population: Population, known: Known, weights: Floats) -> Formed:
    """The base personas, as far as these recipients have moved them.

    One step from the starting probabilities: recipients are assigned by them and then counted, so
    that the outcome depends on who is known and not on how often it was asked for.

    Args:
        base: P >= 1 personas.
        population: of R >= 0 recipients.
        known: campaigns besides those that were sent.
        weights: [R] how much each recipient counts.
    """
    rows, own = specimens(base)
    fitted = tuple(replace(each, missing_column=True) for each in encodings.fit(rows))
    shown, seen = encode(fitted, _plain(rows)), encode(fitted, population.values)
    first = _model(base, fitted, shown, own)
    q = membership.predict(first, seen) * weights[:, None]
    model = _model(base, fitted, np.vstack([shown, seen]), np.vstack([own, q]))
    q = membership.predict(model, seen)
    counted = np.vstack([own, q * weights[:, None]])
    tables = traits.tabulate([*rows, *population.attributes], counted)
    mass = counted.sum(axis=0)
    names, affinities = affinity(tables, len(mass))
    about = axes(population, known.campaign_ids, known.priced)
    return Formed(
        model=model,
        precision=None,
        memberships=q,
        weights=mass / mass.sum(),
        sizes=np.bincount(q.argmax(axis=1), minlength=len(mass)),
        names=tuple(each.name for each in base.personas),
        sentences=tuple(each.sentence for each in base.personas),
        exemplars=exemplars(population.recipient_ids, q, seen, model.centroids),
        traits=tables,
        affinity_names=names,
        affinities=affinities,
        evidence=counts.count(population, q, about),
    )


def _plain(rows: Sequence[Attributes]) -> list[dict[str, float | str]]:
    return [{name: each.value for name, each in row.items()} for row in rows]


def _model(
    base: BasePersonas, fitted: Sequence[AttributeEncoding], x: Floats, weights: Floats
) -> MembershipModel:
    """Naive Bayes of weighted rows [N, D], [N, P] as a linear model."""
    mass = weights.sum(axis=0)
    blocks, offsets, start = [], np.log(mass / mass.sum()), 0
    for encoding in fitted:
        columns = x[:, start : start + len(encoding.names)]
        start += len(encoding.names)
        likelihood = _levels if encoding.kind is EncodingKind.LEVELS else _number
        if base.kinds[encoding.attribute] is AttributeKind.FLAG:
            likelihood = _flag
        slopes, constant = likelihood(columns[:, :-1], weights * (columns[:, -1:] == 0))
        blocks.append(np.column_stack([slopes, -constant]))
        offsets = offsets + constant
    centroids = weights.T @ x / mass[:, None]
    model = MembershipModel(fitted, np.hstack(blocks), offsets, centroids)
    made_up = x[: SPECIMENS * len(mass)]
    far = float(np.quantile(membership.distances(model, made_up), OUTLIER_SHARE))
    return replace(model, outlier_distance=far + 1e-6)


def _levels(x: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """[P, L] log p(level) less that of any other one, which is the constant [P]."""
    counted, few = weights.T @ x, FEW / (x.shape[1] + 1)
    held = counted + few
    other = np.maximum(weights.sum(axis=0) - counted.sum(axis=1), 0) + few
    total = np.log(held.sum(axis=1) + other)
    constant = np.log(other) - total
    return np.log(held) - total[:, None] - constant[:, None], constant


def _flag(x: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """[P, 1] slope and [P] constant through log p(yes) at the higher and log p(no) at the lower."""
    low, high = x.min(), x.max()
    yes = weights.T @ (x[:, 0] == high) + FEW / 2
    no = weights.T @ (x[:, 0] < high) + FEW / 2
    log_yes, log_no = np.log(yes / (yes + no)), np.log(no / (yes + no))
    slope = (log_yes - log_no) / (high - low)
    return slope[:, None], log_no - slope * low


def _number(x: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """[P, 1] slope and [P] constant of a normal density, the variance that of all personas."""
    mass = np.maximum(weights.sum(axis=0), 1e-9)
    mean = weights.T @ x[:, 0] / mass
    variance = ((x - mean) ** 2 * weights).sum() / weights.sum()
    slope = mean / max(float(variance), 1e-6)
    return slope[:, None], -0.5 * slope * mean

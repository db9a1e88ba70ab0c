"""A population as rows of a network: of its recipients, and of what was sent to them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dramatis.core.arrays import Indices
from dramatis.persona.domain import chain, traits
from dramatis.persona.domain.network.rules import CAMPAIGN, PERSONA
from dramatis.persona.domain.network.stated import Lexicon
from dramatis.persona.domain.network.tallies import UNKNOWN, Rows
from dramatis.persona.domain.population import Population
from dramatis.persona.domain.standing import Standing, assign


@dataclass(frozen=True, slots=True)
class Observed:
    """Rows of the same recipients, once each and once for each exposure."""

    recipients: Rows
    exposures: Rows


def observe(
    lexicon: Lexicon, standing: Standing, population: Population,
    world: Mapping[str, Indices],
) -> Observed:  # fmt: skip
    """The rows.

    Args:
        lexicon: names and states.
        standing: whose personas.
        population: R recipients, E exposures.
        world: [E] places of the states of the world at each exposure.
    """
    states = {each.name: each.states for each in lexicon.variables}
    codes = {
        node: traits.place(population.attributes, name, states[node])
        for node, name in lexicon.traits.items()
    }
    memberships = assign(standing.snapshot.membership, population)
    who, axes = population.recipient, standing.snapshot.responses.axes
    known = {each: at for at, each in enumerate(axes.campaign_ids)}
    own = np.array([known.get(each, UNKNOWN) for each in population.campaign_ids], dtype=np.int64)
    campaign = own[population.campaign]
    reached = chain.reached(population, axes).astype(np.int64)
    sent = {
        **{node: column[who] for node, column in codes.items()},
        CAMPAIGN: campaign,
        **{
            node: np.where(campaign < 0, UNKNOWN, places[campaign])
            for node, places in lexicon.stimuli.items()
        },
        **{stage.name.lower(): reached[:, g] for g, stage in enumerate(axes.stages)},
        **world,
    }
    return Observed(
        Rows(codes, {PERSONA: memberships}),
        Rows(sent, {PERSONA: memberships[who]}, days=population.days),
    )

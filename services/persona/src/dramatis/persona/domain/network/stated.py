"""What a standing already says of a network: its variables, and what it believes of some.

P personas, C campaigns, S states of a node. Traits given the persona, and stages given persona and
campaign, are believed here as everywhere else: by the counts of the personas' portraits and by the
posteriors of response, forecasts among them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats, Indices
from dramatis.core.campaign import Campaign
from dramatis.persona.domain.network.pooling import PRIOR_COUNT
from dramatis.persona.domain.network.rules import (
    CAMPAIGN,
    FAMILIES,
    OF_RECIPIENTS,
    PERSONA,
    STAGES,
    STIMULI,
    TRAITS,
    WORLD,
    Variable,
)
from dramatis.persona.domain.network.structure import YES_NO
from dramatis.persona.domain.standing import Standing

NONE: Final = "none"
"""State of a stimulus' attribute where the campaign lacks it, as `control` does."""
PREFIX: Final = {TRAITS: "trait.", STIMULI: "stimulus."}
"""Put before the name of an attribute where another node has it."""


@dataclass(frozen=True, slots=True)
class Stated:
    """Counts of a node given some parents.

    Attributes:
        parents: of the counts' first axes.
        counts: [states of parents, S] Dirichlet counts, or probabilities where certain.
        certain: it is known, not learned: a campaign's stimulus is what it is.
    """

    parents: tuple[str, ...]
    counts: Floats
    certain: bool = False


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The variables of a tenant, and what the standing states of them.

    Attributes:
        variables: by family, then by name.
        stated: by node.
        traits: by node the attribute's name.
        stimuli: by node [C] the place of each campaign's state.
    """

    variables: Sequence[Variable]
    stated: Mapping[str, Stated]
    traits: Mapping[str, str]
    stimuli: Mapping[str, Indices]

    @property
    def of_recipients(self) -> frozenset[str]:
        """Variables of which each recipient has one state."""
        return frozenset(each.name for each in self.variables if each.family in OF_RECIPIENTS)


def lexicon(
    standing: Standing, campaigns: Sequence[Campaign], world: Mapping[str, tuple[str, ...]]
) -> Lexicon:
    """What there is to be a node.

    Args:
        standing: personas, traits, posteriors.
        campaigns: their stimuli.
        world: by what is known of the state of the world, such as "world.economy", its states.
    """
    responses = standing.snapshot.responses
    stages = [stage.name.lower() for stage in responses.axes.stages]
    taken = {*FAMILIES, *stages, *world}
    traits = _named(TRAITS, [trait.name for trait in standing.traits], taken)
    columns = _attributes(responses.axes.campaign_ids, campaigns)
    stimuli = _named(STIMULI, list(columns), taken | set(traits))
    gates = [responses.axes.parent(g) for g in range(len(stages))]
    states = {trait.name: trait.states for trait in standing.traits}
    variables = [
        Variable(PERSONA, PERSONA, standing.personas.persona_ids),
        Variable(CAMPAIGN, CAMPAIGN, responses.axes.campaign_ids),
        *(Variable(node, TRAITS, states[name]) for node, name in traits.items()),
        *(Variable(node, STIMULI, columns[name][0]) for node, name in stimuli.items()),
        *(Variable(node, WORLD, held) for node, held in sorted(world.items())),
        *(
            Variable(stage, STAGES, YES_NO, "" if gate is None else stages[gate])
            for stage, gate in zip(stages, gates, strict=True)
        ),
    ]
    counts = {name: columns[name][1] for name in columns}
    stated = {
        **_roots(standing),
        **{
            node: Stated((PERSONA,), trait.counts)
            for node, trait in zip(traits, standing.traits, strict=True)
        },
        **{
            node: Stated((CAMPAIGN,), np.eye(len(columns[name][0]))[counts[name]], certain=True)
            for node, name in stimuli.items()
        },
        **{
            stage: Stated(
                (PERSONA, CAMPAIGN),
                np.stack([responses.beta[..., g], responses.alpha[..., g]], axis=-1),
            )
            for g, stage in enumerate(stages)
        },
    }
    places = {node: counts[name] for node, name in stimuli.items()}
    return Lexicon(variables, stated, traits, places)


def _named(family: str, names: Sequence[str], taken: set[str]) -> Mapping[str, str]:
    """Attributes by the name of their node."""
    return {PREFIX[family] + name if name in taken else name: name for name in names}


def _roots(standing: Standing) -> Mapping[str, Stated]:
    """Persona and campaign: how many recipients, how many sends."""
    personas, axes = standing.personas, standing.snapshot.responses.axes
    sent = personas.evidence.trials[:, :, axes.given.index(None)].sum(axis=0)
    people = personas.weights * personas.recipient_count
    return {
        PERSONA: Stated((), people + PRIOR_COUNT / len(people)),
        CAMPAIGN: Stated((), sent + PRIOR_COUNT / len(sent)),
    }


def _attributes(
    campaign_ids: Sequence[str], campaigns: Sequence[Campaign]
) -> Mapping[str, tuple[tuple[str, ...], Indices]]:
    """By attribute of stimuli its states, and [C] the place of each campaign's own.

    A campaign that was never described has none.
    """
    known = {each.campaign_id: each.stimulus.attributes for each in campaigns}
    columns = [known.get(campaign_id, {}) for campaign_id in campaign_ids]
    found = {}
    for name in sorted({name for column in columns for name in column}):
        values = [column.get(name, NONE) for column in columns]
        states = tuple(sorted(set(values)))
        found[name] = states, np.array([states.index(value) for value in values])
    return found

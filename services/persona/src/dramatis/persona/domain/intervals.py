"""How sure a network's answer is: the same question to many networks drawn from its counts.

N draws, P personas, C campaigns, G stages, H = 2^G patterns of stages reached.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.persona.domain.network import CAMPAIGN, PERSONA, YES_NO, Network

DRAWS: Final = 200
FEWEST_DRAWS: Final = 30
MOST_CELLS: Final = 4_000_000
"""Largest table of draws x personas x campaigns x patterns that is worked on at a time; larger
networks get fewer draws too."""
FLOOR: Final = 1e-9


def draw(
    network: Network, evidence: Mapping[str, str], node: str, rng: np.random.Generator
) -> Floats:
    """[N, S] probabilities of the node's states given the evidence, one row per draw.

    Rows of draws that make the evidence impossible are left out.
    """
    cells = network.alpha[..., 0].size << network.alpha.shape[-1]
    n = int(np.clip(MOST_CELLS // cells, FEWEST_DRAWS, DRAWS))
    persona = rng.dirichlet(network.persona_counts + FLOOR, n)
    campaign = rng.dirichlet(network.campaign_counts + FLOOR, n)
    rates = rng.beta(network.alpha, network.beta, (n, *network.alpha.shape))
    traits = {
        name: _dirichlets(counts, n, rng)
        for name, (_, counts) in network.traits.items()
        if name in evidence or name == node
    }
    step = max(MOST_CELLS // cells, 1)
    parts = [slice(start, start + step) for start in range(0, n, step)]
    return np.concatenate([
        contract(
            network, persona[part], campaign[part], rates[part],
            {name: table[part] for name, table in traits.items()}, evidence, node,
        )
        for part in parts
    ])  # fmt: skip


def mean(network: Network, evidence: Mapping[str, str], node: str) -> Floats:
    """[1, S] the same at the means of the counts: equal to exact inference."""
    rates = network.alpha / (network.alpha + network.beta)
    shares = {
        name: (counts / counts.sum(axis=1, keepdims=True))[None]
        for name, (_, counts) in network.traits.items()
    }
    persona = network.persona_counts / network.persona_counts.sum()
    campaign = network.campaign_counts / network.campaign_counts.sum()
    return contract(network, persona[None], campaign[None], rates[None], shares, evidence, node)


def _dirichlets(counts: Floats, n: int, rng: np.random.Generator) -> Floats:
    """[N, P, S] draws of the rows of [P, S] counts."""
    gammas = rng.gamma(counts + FLOOR, size=(n, *counts.shape))
    shares: Floats = gammas / np.maximum(gammas.sum(axis=-1, keepdims=True), 1e-300)
    return shares


def contract(
    network: Network,
    persona: Floats,
    campaign: Floats,
    rates: Floats,
    traits: Mapping[str, Floats],
    evidence: Mapping[str, str],
    node: str,
) -> Floats:
    """[N, S] normalised; see the structure in `network`.

    Args:
        network: names and states.
        persona: [N, P] probabilities.
        campaign: [N, C] probabilities.
        rates: [N, P, C, G] conditional rates of the stages.
        traits: by node [N, P, S] probabilities, of all in evidence and the one asked for.
        evidence: state of each known node.
        node: asked for.
    """
    weight = persona[:, :, None] * campaign[:, None, :]
    for name, state in evidence.items():
        at = network.states[name].index(state)
        if name in network.traits:
            weight = weight * traits[name][:, :, None, at]
        elif name in network.stimuli:
            weight = weight * network.stimuli[name][1][:, at]
        elif name == PERSONA:
            weight = weight * (np.arange(persona.shape[1]) == at)[:, None]
        elif name == CAMPAIGN:
            weight = weight * (np.arange(campaign.shape[1]) == at)
    patterns, chance = _patterns(network, rates)
    allowed = _allowed(network, patterns, evidence)
    joint = weight[..., None] * chance[..., allowed]
    table = _margin(network, joint, patterns[allowed], traits, node)
    total = table.sum(axis=1, keepdims=True)
    result: Floats = table[total[:, 0] > 0] / total[total[:, 0] > 0]
    return result


def _patterns(network: Network, rates: Floats) -> tuple[Floats, Floats]:
    """[H, G] every pattern of stages reached, and [N, P, C, H] its probability."""
    stages = rates.shape[-1]
    patterns = (np.arange(1 << stages)[:, None] >> np.arange(stages)) & 1
    chance = np.ones((*rates.shape[:-1], len(patterns)))
    for g in range(stages):
        rate = rates[..., g, None]
        given = network.axes.parent(g)
        open_ = np.ones(len(patterns)) if given is None else patterns[:, given]
        chance *= np.where(patterns[:, g] == 1, rate * open_, 1 - rate * open_)
    return patterns.astype(float), chance


def _allowed(network: Network, patterns: Floats, evidence: Mapping[str, str]) -> np.ndarray:
    keep = np.ones(len(patterns), dtype=bool)
    for g, stage in enumerate(network.stages):
        if stage in evidence:
            keep &= patterns[:, g] == YES_NO.index(evidence[stage])
    return keep


def _margin(
    network: Network, joint: Floats, patterns: Floats, traits: Mapping[str, Floats], node: str
) -> Floats:
    """[N, S] what is left of [N, P, C, H] for one node."""
    if node in network.stages:
        reached = patterns[:, network.stages.index(node)]
        both = joint.sum(axis=(1, 2)) @ np.stack([1 - reached, reached], axis=1)
        return np.asarray(both)
    pairs = joint.sum(axis=-1)
    if node == PERSONA:
        return np.asarray(pairs.sum(axis=2))
    if node in network.traits:
        return np.asarray(np.einsum("npc,nps->ns", pairs, traits[node]))
    by_campaign = pairs.sum(axis=1)
    table = by_campaign if node == CAMPAIGN else by_campaign @ network.stimuli[node][1]
    return np.asarray(table)

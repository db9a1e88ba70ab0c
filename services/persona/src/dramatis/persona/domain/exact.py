"""Exact inference in a network by pgmpy, imported when first used: it takes seconds and 200 MB."""

import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.persona.domain.network import CAMPAIGN, PERSONA, Network


def compile_network(network: Network) -> Any:
    """Pgmpy's VariableElimination over the means of the counts. Slow the first time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        models, factors = import_module("pgmpy.models"), import_module("pgmpy.factors.discrete")
        inference = import_module("pgmpy.inference")
        model = models.DiscreteBayesianNetwork(_edges(network))
        model.add_nodes_from(list(network.states))
        model.add_cpds(*(factors.TabularCPD(**table) for table in _tables(network)))
        return inference.VariableElimination(model)


def query(engine: Any, network: Network, evidence: Mapping[str, str], node: str) -> Floats:
    """[S] the distribution of a node, in the order of its states."""
    factor = engine.query([node], evidence=dict(evidence), show_progress=False)
    order = [factor.state_names[node].index(state) for state in network.states[node]]
    result: Floats = np.asarray(factor.values, dtype=float)[order]
    return result


def _edges(network: Network) -> list[tuple[str, str]]:
    edges = [(PERSONA, trait) for trait in network.traits]
    edges += [(CAMPAIGN, attribute) for attribute in network.stimuli]
    for g, stage in enumerate(network.stages):
        edges += [(before, stage) for before in _parents(network, g)]
    return edges


def _parents(network: Network, g: int) -> list[str]:
    given = network.axes.parent(g)
    return [PERSONA, CAMPAIGN, *([] if given is None else [network.stages[given]])]


def _tables(network: Network) -> Sequence[dict[str, Any]]:
    """What TabularCPD takes, for each node."""
    roots = {PERSONA: network.persona_counts, CAMPAIGN: network.campaign_counts}
    tables = [
        _table(network, node, (counts / counts.sum())[:, None]) for node, counts in roots.items()
    ]
    for node, (_, counts) in network.traits.items():
        tables.append(_table(network, node, _columns(counts), [PERSONA]))
    for node, (_, states) in network.stimuli.items():
        tables.append(_table(network, node, _columns(states), [CAMPAIGN]))
    rates = network.alpha / (network.alpha + network.beta)
    for g, stage in enumerate(network.stages):
        parents = _parents(network, g)
        yes = rates[..., g]
        if len(parents) == 3:
            yes = np.stack([np.zeros_like(yes), yes], axis=-1)
        tables.append(_table(network, stage, np.stack([1 - yes.ravel(), yes.ravel()]), parents))
    return tables


def _columns(counts: Floats) -> Floats:
    """[S, P] columns that sum to one, from [P, S] counts."""
    result: Floats = (counts / counts.sum(axis=1, keepdims=True)).T
    return result


def _table(
    network: Network, node: str, values: Floats, parents: Sequence[str] = ()
) -> dict[str, Any]:
    states = network.states
    return {
        "variable": node,
        "variable_card": len(states[node]),
        "values": values,
        "evidence": list(parents) or None,
        "evidence_card": [len(states[each]) for each in parents] or None,
        "state_names": {each: list(states[each]) for each in (node, *parents)},
    }

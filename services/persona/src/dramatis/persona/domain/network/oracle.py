"""Our networks as pgmpy's: it checks them, explains them, and writes them as BIF.

pgmpy is imported when first used: that takes seconds and 200 MB.
"""

import json
import re
import warnings
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from dramatis.persona.domain.network.bayes import Network
from dramatis.persona.domain.network.inference import table


def to_pgmpy(network: Network, names: Mapping[str, str] | None = None) -> Any:
    """A checked `DiscreteBayesianNetwork` of the mean probabilities.

    Args:
        network: ours.
        names: what nodes are to be called; None: as they are.
    """
    called = names or {name: name for name in network.structure.nodes}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        models, factors = import_module("pgmpy.models"), import_module("pgmpy.factors.discrete")
        model = models.DiscreteBayesianNetwork()
        model.add_nodes_from(list(called.values()))
        model.add_edges_from([(called[a], called[b]) for a, b in network.structure.edges])
        for name in network.structure.nodes:
            model.add_cpds(factors.TabularCPD(**_table(network, name, called)))
        model.check_model()
        return model


def _table(network: Network, name: str, called: Mapping[str, str]) -> Mapping[str, Any]:
    """What TabularCPD takes: a row for each state, a column for each case of the parents."""
    factor, parents = table(network, name, {}), network.structure.nodes[name].before
    states = {each: network.structure.states(each) for each in (name, *parents)}
    safe = called[name] != name or called.keys() != set(called.values())
    return {
        "variable": called[name],
        "variable_card": len(states[name]),
        "values": factor.table.reshape(-1, len(states[name])).T,
        "evidence": [called[each] for each in parents] or None,
        "evidence_card": [len(states[each]) for each in parents] or None,
        "state_names": {
            called[each]: identifiers(held) if safe else list(held) for each, held in states.items()
        },
    }


def bif(network: Network) -> str:
    """The network in the Interchange Format of Bayesian networks (BIF).

    Names become identifiers; where that changes one, the property `label` has the name, and
    `states` those of the states.
    """
    names = list(network.structure.nodes)
    called = dict(zip(names, identifiers(names), strict=True))
    model = to_pgmpy(network, called)
    model.name = f"dramatis_{network.version}"
    for name, new in called.items():
        states = network.structure.states(name)
        if name != new:
            model.nodes[new]["label"] = json.dumps(name)
        if list(states) != identifiers(states):
            model.nodes[new]["states"] = json.dumps(states)
    return str(import_module("pgmpy.readwrite").BIFWriter(model))


def identifiers(names: Iterable[str]) -> list[str]:
    """Names of letters, digits and underlines only, each once.

    >>> identifiers(["[0, 0.25) quantile", "2 for 1", "2-for-1"])
    ['_0_0_25_quantile', '_2_for_1', '_2_for_1_']
    """
    found: list[str] = []
    for name in names:
        safe = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")
        safe = safe if safe[:1].isalpha() else f"_{safe}"
        while safe in found:
            safe += "_"
        found.append(safe)
    return found

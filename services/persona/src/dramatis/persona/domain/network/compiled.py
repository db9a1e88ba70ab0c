"""The response table of a network: what every persona answers to every stimulus, all at once."""

import hashlib
from dataclasses import dataclass

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.persona.domain.network.bayes import Evidence, Network
from dramatis.persona.domain.network.contraction import Factor, contract
from dramatis.persona.domain.network.inference import implied, table
from dramatis.persona.domain.network.structure import YES, YES_NO


@dataclass(frozen=True, slots=True)
class StageTable:
    """Response rates.

    Attributes:
        given: nodes of the first axes, such as persona and campaign, or persona and the
            attributes of a stimulus.
        stages: [G] nodes of the last axis.
        rates: [states of given, G] probability of reaching each stage; nan where the network
            holds the combination for impossible.
        version: hash of the network and of what was compiled, 16 hexadecimal digits.
    """

    given: tuple[str, ...]
    stages: tuple[str, ...]
    rates: Floats
    version: str


def compile_table(network: Network, given: tuple[str, ...], stages: tuple[str, ...]) -> StageTable:
    """The table, equal to asking for each of its cells."""
    roots = not any(network.structure.nodes[each].before for each in given)
    chance = 1.0 if roots else _joint(network, given, {})
    with np.errstate(invalid="ignore"):
        reached = [_joint(network, given, {stage: YES_NO[YES]}) / chance for stage in stages]
    digest = hashlib.sha256(repr((network.version, given, stages)).encode())
    return StageTable(given, stages, np.stack(reached, axis=-1), digest.hexdigest()[:16])


def _joint(network: Network, given: tuple[str, ...], evidence: Evidence) -> Floats:
    """[states of given] probability of these and the evidence, each root of these taken for sure.

    How likely a persona or a stimulus is has no say in what follows from it: what was never seen
    has a rate too.
    """
    nodes = network.structure.nodes
    known = implied(network.structure, evidence, given)
    names = sorted(network.structure.ancestors({*given, *known}))
    factors = [
        table(network, name, known) for name in names if name not in given or nodes[name].before
    ]
    bare = {*given} - {name for factor in factors for name in factor.scope}
    ones = [Factor((each,), np.ones(network.structure.sizes((each,)))) for each in sorted(bare)]
    return contract([*factors, *ones], given)

"""The response table of a network: what every persona answers to every stimulus, all at once."""

import hashlib
from dataclasses import dataclass

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.persona.domain.network.bayes import Network
from dramatis.persona.domain.network.contraction import contract
from dramatis.persona.domain.network.inference import table
from dramatis.persona.domain.network.structure import YES


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
    rates = np.stack([_rates(network, given, stage) for stage in stages], axis=-1)
    digest = hashlib.sha256(repr((network.version, given, stages)).encode())
    return StageTable(given, stages, rates, digest.hexdigest()[:16])


def _rates(network: Network, given: tuple[str, ...], stage: str) -> Floats:
    """[states of given] of one stage.

    How likely a given node without parents is has no say in what follows from it: its table is
    left out, and what has never been seen has a rate too.
    """
    nodes = network.structure.nodes
    names = network.structure.ancestors({*given, stage})
    free = [each for each in sorted(names) if nodes[each].before or each not in given]
    bare = [each for each in given if not any(each in nodes[n].before for n in free)]
    factors = [table(network, name) for name in [*free, *(n for n in bare if n not in free)]]
    both = contract(factors, (*given, stage))
    with np.errstate(invalid="ignore"):
        rates: Floats = both[..., YES] / both.sum(axis=-1)
    return rates

"""The Bayesian network of a standing, and how sure its answers are.

Structure:  persona -> every trait;  campaign -> every attribute of its stimulus;
persona, campaign and the stage before -> every response stage.

P personas, C campaigns, S states of a node, G stages. The point estimates are exact inference in
pgmpy on the means of the counts; the intervals come from drawing the parameters from their Beta
and Dirichlet distributions and contracting the same structure with numpy, draw by draw.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.core.campaign import Campaign
from dramatis.core.errors import Invalid
from dramatis.core.evidence import Axes
from dramatis.persona.domain.standing import Standing

PERSONA: Final = "persona"
CAMPAIGN: Final = "campaign"
STIMULUS: Final = "stimulus."
"""Put before the name of a stimulus' attribute where a recipient's has the same."""
NONE: Final = "none"
"""State of a stimulus' attribute where the campaign lacks it, as `control` does."""
YES_NO: Final = ("no", "yes")
PRIOR_COUNT: Final = 1.0
"""Recipients in all that a persona or campaign starts with, shared out evenly."""


@dataclass(frozen=True, slots=True)
class Network:
    """Counts of a Bayesian network of fixed shape.

    Attributes:
        persona_ids: [P] states of `PERSONA`.
        persona_counts: [P] Dirichlet counts.
        axes: campaigns, the states of `CAMPAIGN`, and stages, each a node named in lower case.
        campaign_counts: [C] Dirichlet counts.
        traits: by node: states [S] and Dirichlet counts [P, S].
        stimuli: by node: states [S] and the state of each campaign [C, S], 0 or 1.
        alpha, beta: [P, C, G] counts of the Beta distributions of the stages.
    """

    persona_ids: tuple[str, ...]
    persona_counts: Floats
    axes: Axes
    campaign_counts: Floats
    traits: Mapping[str, tuple[tuple[str, ...], Floats]]
    stimuli: Mapping[str, tuple[tuple[str, ...], Floats]]
    alpha: Floats
    beta: Floats

    @property
    def stages(self) -> tuple[str, ...]:
        """[G] nodes of the response stages."""
        return tuple(stage.name.lower() for stage in self.axes.stages)

    @property
    def states(self) -> Mapping[str, tuple[str, ...]]:
        """The states of every node."""
        return {
            PERSONA: self.persona_ids,
            CAMPAIGN: self.axes.campaign_ids,
            **{node: states for node, (states, _) in {**self.traits, **self.stimuli}.items()},
            **dict.fromkeys(self.stages, YES_NO),
        }

    @property
    def version(self) -> str:
        """Hash of structure and counts, 16 hexadecimal digits."""
        digest = hashlib.sha256(repr((self.states, self.axes)).encode())
        counts = [self.persona_counts, self.campaign_counts, self.alpha, self.beta]
        tables = [table for _, table in [*self.traits.values(), *self.stimuli.values()]]
        for table in [*counts, *tables]:
            digest.update(np.ascontiguousarray(table).tobytes())
        return digest.hexdigest()[:16]


def build(standing: Standing, campaigns: Sequence[Campaign]) -> Network:
    """The network of what is believed now."""
    personas, responses = standing.personas, standing.snapshot.responses
    axes, evidence = responses.axes, personas.evidence
    free = axes.given.index(None)
    size, sent = len(personas.persona_ids), evidence.trials[:, :, free].sum(axis=0)
    reserved = {PERSONA, CAMPAIGN, *(stage.name.lower() for stage in axes.stages)}
    traits = {
        f"trait.{t.name}" if t.name in reserved else t.name: (t.states, t.counts)
        for t in standing.traits
    }
    return Network(
        persona_ids=personas.persona_ids,
        persona_counts=personas.weights * personas.recipient_count + PRIOR_COUNT / size,
        axes=axes,
        campaign_counts=sent + PRIOR_COUNT / len(sent),
        traits=traits,
        stimuli=_stimuli(axes, campaigns, reserved | set(traits)),
        alpha=responses.alpha,
        beta=responses.beta,
    )


def _stimuli(
    axes: Axes, campaigns: Sequence[Campaign], taken: set[str]
) -> Mapping[str, tuple[tuple[str, ...], Floats]]:
    """The attributes of the stimuli; a campaign that was never described has none."""
    known = {each.campaign_id: each.stimulus.attributes for each in campaigns}
    columns = [known.get(campaign_id, {}) for campaign_id in axes.campaign_ids]
    nodes = {}
    for name in sorted({name for column in columns for name in column}):
        values = [column.get(name, NONE) for column in columns]
        states = tuple(sorted(set(values)))
        table = np.array([[float(value == state) for state in states] for value in values])
        nodes[STIMULUS + name if name in taken else name] = (states, table)
    return nodes


def check(network: Network, evidence: Mapping[str, str], nodes: Sequence[str]) -> None:
    """Raises Invalid where a node or a state is not known; says which there are."""
    states = network.states
    for node, state in sorted(evidence.items()):
        where = f"evidence.{node}"
        _known(node, states, where, "node")
        _known(state, states[node], where, f"state of {node}")
    for at, node in enumerate(nodes):
        where = f"query_nodes[{at}]"
        _known(node, states, where, "node")
        if node in evidence:
            raise Invalid(f"{where}: {node} is given as evidence", field=where)


def _known(name: str, among: Mapping[str, object] | Sequence[str], where: str, what: str) -> None:
    if name not in among:
        known = sorted(among)
        shown = ", ".join(known[:50]) + ", ..." * (len(known) > 50)
        raise Invalid(
            f"{where}: there is no {what} {name[:64]!r}; known: {shown}",
            reason="UNKNOWN_NODE" if what == "node" else "UNKNOWN_STATE",
            field=where,
        )

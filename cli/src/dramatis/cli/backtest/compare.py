"""Whether the prioritizer's answers are what its tables say, computed again in numpy."""

from dataclasses import dataclass

import numpy as np

from dramatis.cli.backtest.ports import Decisions, Posterior
from dramatis.core.errors import Conflict


@dataclass(frozen=True)
class Agreement:
    """Scores that came over the wire against membership @ table.

    Attributes:
        max_abs_error: largest difference of any score, in units of the objective.
        recipients: compared.
        scores: compared.
        other_choices: recipients whose campaign is not the best of their scores although nothing
            held it back; ties within 1e-9 count as the best.
    """

    max_abs_error: float
    recipients: int
    scores: int
    other_choices: int


def agreement(decisions: Decisions, posterior: Posterior) -> Agreement:
    """Recomputes every score from the recipient's mixture and the served table.

    The tables' personas may come in another order, and may be more than those of the decisions:
    a persona without any member has no column there.

    Raises:
        Conflict: a decision names a persona that the tables lack: they are of another snapshot.
    """
    row = {persona: k for k, persona in enumerate(posterior.persona_ids)}
    unknown = sorted(set(decisions.persona_ids) - set(row))
    if unknown:
        raise Conflict(
            f"decisions name {unknown[0]!r}, snapshot {posterior.snapshot_id!r} does not"
        )
    table = posterior.net_gain[[row[p] for p in decisions.persona_ids]]
    expected = decisions.membership @ table
    offered = np.isfinite(decisions.scores)
    error = np.abs(decisions.scores - expected)[offered]
    best = np.where(offered, expected, -np.inf).max(1, initial=-np.inf)
    rows = np.flatnonzero(decisions.arm > 0)
    taken = expected[rows, decisions.arm[rows] - 1]
    return Agreement(
        float(error.max(initial=0.0)),
        len(decisions.arm),
        int(offered.sum()),
        int((taken < best[rows] - 1e-9).sum()),
    )

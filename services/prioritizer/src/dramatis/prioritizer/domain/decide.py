"""The decision for a batch of recipients, in the order of work of the contract.

Letters: R recipients, P personas, n ranked campaigns.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dramatis.core import membership
from dramatis.core.arrays import Floats, Indices, Mask
from dramatis.prioritizer.domain import ladder
from dramatis.prioritizer.domain.eligibility import Candidates, candidates
from dramatis.prioritizer.domain.encoder import Columns, Encoded, Encoder, encode
from dramatis.prioritizer.domain.scoring import Ranking, rank, repeat
from dramatis.prioritizer.domain.single import encode_one
from dramatis.prioritizer.domain.standing import Standing, holds
from dramatis.prioritizer.domain.tables import Tables


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about R recipients.

    Attributes:
        standings: [R] bits of `Standing`.
        columns: their attributes, for the encoder of the tables that will decide.
        campaign_ids: to choose from; empty: all live ones.
        top_n: at most so many ranked campaigns each, >= 1.
        hard: whether only the closest persona counts.
        hurried: whether there is no time for more than averages.
    """

    standings: Indices
    columns: Columns
    campaign_ids: Sequence[str] = ()
    top_n: int = 1
    hard: bool = False
    hurried: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """What was decided, before it is known what each recipient's consent allows.

    Attributes:
        tables: what decided.
        candidates: what there was to choose from.
        rungs: [R] see `Rung`.
        encoded: [R, D] features; all 0 where none were known.
        personal: [R] whether the recipient's own features were used.
        finite: [R] False where an attribute was no finite number: that item is bad.
        memberships: [R, P].
        ranking: [R, n] best first, also those below zero; None without candidates.
        positive: [R] how many of the ranked are worth sending: all of those come first.
    """

    tables: Tables
    candidates: Candidates
    rungs: Indices
    encoded: Floats
    personal: Mask
    finite: Mask
    memberships: Floats
    ranking: Ranking | None
    positive: Indices


def decide(tables: Tables, question: Question, now_seconds: float) -> Decided:
    """Ranks the campaigns of each recipient.

    Raises:
        Invalid: a campaign is named that is not known.
    """
    chosen = candidates(tables, question.campaign_ids, now_seconds)
    count = len(question.standings)
    if question.hurried:
        return _averages(tables, chosen, count, question.top_n)
    encoded = _encode(tables.encoder, question.columns, count)
    personal = encoded.given & encoded.finite & ~holds(question.standings, Standing.UNPROFILED)
    memberships = membership.predict(tables.membership, encoded.values)
    if question.hard:
        memberships = membership.harden(memberships)
    if not personal.all():
        memberships[~personal] = tables.weights
    ranking = None
    if chosen.columns.size:
        ranking = rank(tables, chosen.columns, memberships, question.top_n)
    return Decided(
        tables=tables,
        candidates=chosen,
        rungs=ladder.rungs(tables.rung, personal),
        encoded=encoded.values,
        personal=personal,
        finite=encoded.finite,
        memberships=memberships,
        ranking=ranking,
        positive=_positive(ranking, count),
    )


def _encode(chosen: Encoder, columns: Columns, count: int) -> Encoded:
    return encode_one(chosen, columns) if count == 1 else encode(chosen, columns, count)


def _averages(tables: Tables, chosen: Candidates, count: int, top_n: int) -> Decided:
    """The same answer for all, from shares of all recipients: one row of work."""
    weights = tables.weights[None, :]
    ranking = None
    if chosen.columns.size:
        ranking = repeat(rank(tables, chosen.columns, weights, top_n), count)
    nobody = np.zeros(count, dtype=bool)
    return Decided(
        tables=tables,
        candidates=chosen,
        rungs=ladder.rungs(tables.rung, nobody),
        encoded=np.zeros((count, tables.encoder.width)),
        personal=nobody,
        finite=~nobody,
        memberships=weights.repeat(count, axis=0),
        ranking=ranking,
        positive=_positive(ranking, count),
    )


def _positive(ranking: Ranking | None, count: int) -> Indices:
    if ranking is None:
        return np.zeros(count, dtype=np.int64)
    result: Indices = (ranking.score >= 0).sum(axis=1)
    return result

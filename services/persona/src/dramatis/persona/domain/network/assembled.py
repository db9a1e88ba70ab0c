"""The network that a tenant's questions are put to: laid out, learned, believed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from dramatis.persona.domain.network import learning
from dramatis.persona.domain.network.bayes import Network
from dramatis.persona.domain.network.believed import believe, count, layout, thin
from dramatis.persona.domain.network.learning import Edge
from dramatis.persona.domain.network.observed import Observed, observe
from dramatis.persona.domain.network.rules import CAMPAIGN, PERSONA, Rules, allowed
from dramatis.persona.domain.network.stated import Lexicon
from dramatis.persona.domain.population import Population
from dramatis.persona.domain.standing import Standing

LEARN_AGAIN: Final = 2.0
"""Edges are learned again once there are so many times the sends."""


@dataclass(frozen=True, slots=True)
class Learned:
    """Edges learned from data, and of what.

    Attributes:
        edges: (parent, child); none where data did not suffice.
        names: all variables that there were.
        persona_set_id: whose personas.
        sends: that there were.
    """

    edges: Sequence[Edge]
    names: frozenset[str]
    persona_set_id: str
    sends: float


def still_learned(
    learned: Learned | None, rules: Rules, lexicon: Lexicon, standing: Standing
) -> Learned | None:
    """What was learned, while it holds; None where edges are to be learned anew."""
    now = _learned((), lexicon, standing)
    if not rules.learn or max(now.sends, standing.personas.recipient_count) < rules.least_rows:
        return now
    if learned is None or replace(learned, edges=(), sends=now.sends) != now:
        return None
    return learned if now.sends < LEARN_AGAIN * max(learned.sends, 1.0) else None


def needs_rows(rules: Rules, lexicon: Lexicon, learned: Learned | None) -> bool:
    """Whether more has to be known than what the standing states."""
    return learned is None or bool(thin(layout(rules, lexicon, learned.edges), lexicon))


def assemble(
    rules: Rules,
    lexicon: Lexicon,
    learned: Learned | None,
    standing: Standing,
    population: Population | None,
    day: float,
) -> tuple[Network, Learned]:
    """The network, and the edges learned for it.

    Args:
        rules: of the tenant.
        lexicon: of the standing.
        learned: what is not to be learned anew.
        standing: whose personas.
        population: where `needs_rows`.
        day: that it is, in days since 1970.
    """
    seen = None if population is None else observe(lexicon, standing, population, {})
    if learned is None:
        edges = _learn(rules, lexicon, seen) if seen else ()
        learned = _learned(edges, lexicon, standing)
    laid = layout(rules, lexicon, learned.edges)
    tables = count(laid, lexicon, seen, rules.half_life_days, day) if seen else {}
    return believe(laid, lexicon, tables), learned


def _learned(edges: Sequence[Edge], lexicon: Lexicon, standing: Standing) -> Learned:
    names = frozenset(each.name for each in lexicon.variables)
    sends = float(lexicon.stated[CAMPAIGN].counts.sum())
    return Learned(edges, names, standing.personas.persona_set_id, sends)


def _learn(rules: Rules, lexicon: Lexicon, seen: Observed) -> Sequence[Edge]:
    """The edges that data suffices for: first between recipients' own nodes, then all others."""
    found: list[Edge] = []
    wanted, own = allowed(rules, lexicon.variables), lexicon.of_recipients
    for rows, level in ((seen.recipients, True), (seen.exposures, False)):
        codes = {**rows.codes, PERSONA: rows.shares[PERSONA].argmax(axis=1)}
        mine = [edge for edge in wanted if ({*edge} <= own) is level]
        if len(codes[PERSONA]) >= rules.least_rows and mine:
            known = layout(rules, lexicon, found)
            found += learning.learn(known, mine, codes, rules.most_parents)
    return found

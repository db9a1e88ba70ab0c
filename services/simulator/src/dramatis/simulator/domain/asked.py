"""What a caller asked for, checked and with the defaults filled in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dramatis.core.campaign import CONTROL, Campaign
from dramatis.core.errors import Invalid, NotFound
from dramatis.core.persona_set import PersonaSet
from dramatis.simulator.domain.job import EvidenceUse, Spec, agent_steps, heads

DRAWS: Final = 500
MAX_DRAWS: Final = 10_000
MAX_HEADS: Final = 10**12
MAX_DRAWN: Final = 5_000_000
"""Draws x campaigns that are held in memory at a time: some hundred MB for each stage."""
MOST_STEPS: Final = 2**63 - 1
"""Simulated responses of single recipients, which the contract counts in an int64."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A specification as it came; empty and 0 stand for defaults."""

    campaign_ids: tuple[str, ...] = ()
    persona_set_id: str = ""
    evidence_use: int = 0
    draw_count: int = 0
    recipient_counts: tuple[int, ...] = ()
    seed: int = 0


def check(asked: Asked) -> None:
    """What can be said without knowing the personas.

    Raises:
        Invalid: a number is out of range, or a campaign is named twice; `field` says where.
    """
    if not 0 <= asked.draw_count <= MAX_DRAWS:
        raise _bad("draw_count", f"is 1..{MAX_DRAWS:,}, or 0 for {DRAWS}", asked.draw_count)
    if asked.seed < 0:
        raise _bad("seed", "is 0 or more", asked.seed)
    if asked.evidence_use not in (0, *EvidenceUse):
        raise _bad("evidence_use", "is unknown", asked.evidence_use)
    for place, count in enumerate(asked.recipient_counts):
        if not 1 <= count <= MAX_HEADS:
            raise _bad(f"recipient_counts[{place}]", f"is 1..{MAX_HEADS:,}", count)
    named: set[str] = set()
    for place, one in enumerate(asked.campaign_ids):
        if not one or one in named:
            raise _bad(f"campaign_ids[{place}]", "names a campaign, each once", one)
        named.add(one)


def settle(
    asked: Asked, personas: PersonaSet, campaigns: Sequence[Campaign], now: datetime
) -> Spec:
    """The specification with defaults filled in.

    Args:
        asked: went through `check`.
        personas: of the set that it names, or the newest.
        campaigns: all that the tenant has.
        now: decides which campaigns are live.

    Raises:
        NotFound: a campaign is not known.
        Invalid: not one recipient count per persona, or more responses than can be counted.
    """
    counts = asked.recipient_counts or tuple(heads(personas))
    if len(counts) != len(personas.persona_ids):
        raise _bad(
            "recipient_counts", f"has one for each of {len(personas.persona_ids)} personas",
            len(counts),
        )  # fmt: skip
    draws = asked.draw_count or DRAWS
    known = {*personas.evidence.axes.campaign_ids, *_ids(campaigns)}
    if draws * len(known) > MAX_DRAWN:
        most = MAX_DRAWN // len(known)
        raise _bad("draw_count", f"is at most {most:,} with {len(known):,} campaigns", draws)
    named = tuple(one for one in asked.campaign_ids if one != CONTROL)
    _check_known(named, known)
    live = tuple(sorted(_ids([one for one in campaigns if one.live(now)])))
    spec = Spec(
        campaign_ids=named if asked.campaign_ids else live,
        persona_set_id=personas.persona_set_id,
        evidence_use=EvidenceUse(asked.evidence_use or EvidenceUse.ALL),
        draw_count=draws,
        recipient_counts=counts,
        seed=asked.seed,
    )
    if (steps := agent_steps(spec)) > MOST_STEPS:
        rule = f"times campaigns and draws is at most {MOST_STEPS:,}"
        raise _bad("recipient_counts", rule, steps)
    return spec


def _check_known(named: Sequence[str], known: Collection[str]) -> None:
    for one in named:
        if one not in known:
            raise NotFound("campaign", one)


def _ids(campaigns: Sequence[Campaign]) -> list[str]:
    return [one.campaign_id for one in campaigns]


def _bad(field: str, rule: str, got: object) -> Invalid:
    return Invalid(f"spec.{field} {rule}, got {got!r}", field=f"spec.{field}")

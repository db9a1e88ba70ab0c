"""Who the new personas are: ids that go on, parents, heirs of the dead, and the events that tell.

R recipients, O personas before, P personas now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dramatis.core.arrays import Floats
from dramatis.core.membership import harden
from dramatis.persona.domain import descent, lineage
from dramatis.persona.domain.descent import Descent
from dramatis.persona.domain.persona_event import Change, PersonaEvent


@dataclass(frozen=True, slots=True)
class Past:
    """The personas that were.

    Attributes:
        ids: [O].
        names: [O].
        parents: [O] ids of those that each came from.
        heirs: id of every persona that is no more -> id of the one that lives on in its place.
        serial: the last number that a persona id was given.
        apart: whether nobody now may be one of them or come of one, but for ids that are given.
    """

    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    parents: tuple[tuple[str, ...], ...] = ()
    heirs: Mapping[str, str] = field(default_factory=dict)
    serial: int = 0
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Occasion:
    """When the new personas were formed, as which set, and why; a sentence without full stop."""

    set_id: str
    time: datetime
    why: str = "Found afresh"


@dataclass(frozen=True, slots=True)
class Succession:
    """The new personas' place in history; see `Past`."""

    ids: tuple[str, ...]
    parents: tuple[tuple[str, ...], ...]
    heirs: Mapping[str, str]
    serial: int
    events: Sequence[PersonaEvent]


def succeed(
    past: Past,
    old: Floats,
    new: Floats,
    sentences: Sequence[str],
    occasion: Occasion,
    given: tuple[str, ...] = (),
) -> Succession:
    """Identifies the new personas.

    Args:
        past: the O personas that were.
        old: [R, O] memberships in them.
        new: [R, P] memberships of the same recipients now, largest persona first.
        sentences: [P] what sets each apart.
        occasion: of the new set.
        given: [P] ids, where they are not to be found.
    """
    old, new = (harden(each) if each.shape[1] else each for each in (old, new))
    traced = descent.trace(old, new)
    if past.apart or given:
        traced = replace(traced, splits={}, merges={})
    matched = [None] * len(sentences) if past.apart else lineage.match(old, new)
    ids, serial = lineage.identify(matched, past.ids, past.serial)
    if given:
        ids, serial = given, past.serial
    return Succession(
        ids=ids,
        parents=_parents(past, traced, ids),
        heirs=_heirs(past, traced, ids),
        serial=serial,
        events=[
            *_related(past, traced, ids, occasion),
            *_alone(past, traced, ids, sentences, occasion),
        ],
    )


def _parents(past: Past, traced: Descent, ids: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """[P] those that each came of now, or else when it was formed."""
    known = dict(zip(past.ids, past.parents, strict=True))
    parents = {each: known.get(each, ()) for each in ids}
    for before, after in traced.splits.items():
        for at in after:
            if ids[at] != past.ids[before]:
                parents[ids[at]] = (past.ids[before],)
    for at, merged in traced.merges.items():
        parents[ids[at]] = tuple(past.ids[before] for before in merged)
    return tuple(parents[each] for each in ids)


def _heirs(past: Past, traced: Descent, ids: tuple[str, ...]) -> Mapping[str, str]:
    """Where everybody who ever was lives now."""
    step = {
        each: each if each in ids else ids[heir]
        for each, heir in zip(past.ids, traced.heirs, strict=True)
    }
    heirs = {each: step[heir] for each, heir in past.heirs.items()} | step
    return {each: heir for each, heir in heirs.items() if each not in ids}


def _related(
    past: Past, traced: Descent, ids: tuple[str, ...], occasion: Occasion
) -> Iterator[PersonaEvent]:
    """Yields the splits and the mergers."""
    for before, after in traced.splits.items():
        told = f"Its members are in {len(after)} groups now that answer or are unlike each other."
        to = tuple(ids[at] for at in after)
        yield _event(Change.SPLIT, (past.ids[before],), to, occasion, told)
    for at, merged in traced.merges.items():
        told = f"Most members of {len(merged)} personas are alike now."
        those = tuple(past.ids[before] for before in merged)
        yield _event(Change.MERGED, those, (ids[at],), occasion, told)


def _alone(
    past: Past, traced: Descent, ids: tuple[str, ...], sentences: Sequence[str], occasion: Occasion
) -> Iterator[PersonaEvent]:
    """Yields births and fadings: of those that no split or merger explains."""
    born = set(traced.merges).union(*traced.splits.values())
    gone = set(traced.splits).union(*traced.merges.values())
    for at, (each, sentence) in enumerate(zip(ids, sentences, strict=True)):
        if each not in past.ids and at not in born:
            yield _event(Change.BORN, (), (each,), occasion, f"{occasion.why}: {sentence}")
    for before, (each, name) in enumerate(zip(past.ids, past.names, strict=True)):
        if each not in ids and before not in gone:
            told = f"No group of recipients is like {name!r} now."
            yield _event(Change.FADED, (each,), (), occasion, told)


def _event(
    change: Change, before: tuple[str, ...], after: tuple[str, ...], occasion: Occasion, told: str
) -> PersonaEvent:
    return PersonaEvent(change, before, after, occasion.set_id, occasion.time, told)

"""How fast a recipient goes through the site."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dramatis.core.act import Act
from dramatis.persona.domain.features import decay
from dramatis.persona.domain.features.feature import SINGLE, Feature, Held, Stimuli

SLOT_SECONDS: Final = 1800
"""Without an id, what was done in the same half-hour of UTC is one session."""
LEAST_MINUTES: Final = 1.0
"""A session lasts at least so long: of one act the length is not known."""
NOTHING: Final[tuple[Mapping[str, list[float]], Sequence[decay.Sum]]] = ({}, (None, None))


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionVelocity(Feature):
    """Acts per minute of the sessions, each fading from its end.

    The newest sessions are open; one that gives way to newer ones is settled, and what comes of it
    later is a session of its own. Holds {session: [first time, last time, acts]} and the settled
    sums of acts and minutes.

    Attributes:
        most: sessions that are open.
    """

    most: int

    def update(self, held: Held, act: Act, time: float) -> Held:
        """See `Feature`."""
        sessions, settled = held or NOTHING
        key = _key(act.session_id, time)
        first, last, acts = sessions.get(key, (time, time, 0))
        sessions = {**sessions, key: [min(first, time), max(last, time), acts + 1]}
        if len(sessions) > self.most:
            oldest = min(sessions, key=lambda each: (sessions[each][1], each))
            settled = self._settle(settled, *sessions.pop(oldest))
        return [sessions, settled]

    def _settle(
        self, settled: Sequence[decay.Sum], first: float, last: float, acts: float
    ) -> list[decay.Sum]:
        minutes = max(LEAST_MINUTES, (last - first) / 60.0)
        return [
            decay.add(each, weight, last, self.half_life)
            for each, weight in zip(settled, (float(acts), minutes), strict=True)
        ]

    def read(self, held: Held, time: float, stimuli: Stimuli) -> Mapping[str, float]:
        """See `Feature`."""
        sessions, settled = held
        for each in sessions.values():
            settled = self._settle(settled, *each)
        acts, minutes = settled
        return {SINGLE: decay.ratio(acts, minutes)}


def _key(session_id: str, time: float) -> str:
    """Short, whatever the tenant calls its sessions."""
    return (
        f"{zlib.crc32(session_id.encode()):08x}" if session_id else f"@{time // SLOT_SECONDS:.0f}"
    )

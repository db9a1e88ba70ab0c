"""Features of what was sent and what came back: rates of response, and fatigue."""

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from dramatis.core.act import Act, ActKind
from dramatis.persona.domain.features import decay
from dramatis.persona.domain.features.feature import SINGLE, Feature, Held, Stimuli

LABELS: Final = ("open", "click", "convert")
OPEN, CLICK, CONVERT = (1 << at for at in range(len(LABELS)))
REACHED: Final[Mapping[ActKind, int]] = {
    ActKind.OPENED: OPEN,
    ActKind.CLICKED: OPEN | CLICK,
    ActKind.ORDERED: CONVERT,
}
"""What a response counts for: who clicks has opened, with images or without."""
REWARD_SECONDS: Final = 7 * decay.DAY_SECONDS
"""A response that names no campaign answers the last send, if that is not longer ago."""

Waiting: TypeAlias = Mapping[str, Sequence[Any]]
Settled: TypeAlias = Sequence[decay.Sum]
NOTHING: Final[tuple[Waiting, Settled]] = ({}, [None] * (1 + len(LABELS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRates(Feature):
    """Of the sends, the shares opened, clicked and followed by an order; each send fades.

    A send is answered once at each stage, however often its mail is opened, and counts with the
    time of the send, so that a rate never exceeds 1. The newest sends wait for their answers, by
    campaign; one that gives way to newer ones is settled. A response may come before its send.
    Holds {campaign: [time of the send or None, time of rank, stages]} and the settled sums of sends
    and stages.

    Attributes:
        most: sends that wait.
    """

    most: int

    def update(self, held: Held, act: Act, time: float) -> Held:
        """See `Feature`."""
        waiting, settled = held or NOTHING
        if act.kind is ActKind.SENT:
            return self._sent(waiting, settled, act.campaign_id, time) if act.campaign_id else held
        campaign_id = act.campaign_id or _last(waiting, time)
        if not campaign_id:
            return held
        sent, rank, stages = waiting.get(campaign_id, (None, time, 0))
        answered = [sent, rank, stages | REACHED[act.kind]]
        return self._bounded({**waiting, campaign_id: answered}, settled)

    def _sent(self, waiting: Waiting, settled: Settled, campaign_id: str, time: float) -> Held:
        """A campaign that is sent again is settled; one that comes late is so at once."""
        sent, _, stages = waiting.get(campaign_id, (None, time, 0))
        if sent is None:
            return self._bounded({**waiting, campaign_id: [time, time, stages]}, settled)
        if time <= sent:
            return [waiting, self._settle(settled, time, 0)]
        settled = self._settle(settled, sent, stages)
        return [{**waiting, campaign_id: [time, time, 0]}, settled]

    def _bounded(self, waiting: Waiting, settled: Settled) -> Held:
        if len(waiting) > self.most:
            oldest = min(waiting, key=lambda each: (waiting[each][1], each))
            sent, _, stages = waiting[oldest]
            waiting = {name: each for name, each in waiting.items() if name != oldest}
            settled = settled if sent is None else self._settle(settled, sent, stages)
        return [waiting, settled]

    def _settle(self, settled: Settled, sent: float, stages: int) -> Settled:
        """The sums with one more send."""
        one = sent / (self.half_life * decay.DAY_SECONDS)
        counted = (True, *(stages >> at & 1 for at in range(len(LABELS))))
        pairs = zip(settled, counted, strict=True)
        return [decay.plus(each, one) if counts else each for each, counts in pairs]

    def read(self, held: Held, time: float, stimuli: Stimuli) -> Mapping[str, float]:
        """See `Feature`."""
        waiting, settled = held
        for sent, _, stages in waiting.values():
            settled = settled if sent is None else self._settle(settled, sent, stages)
        total, *answered = settled
        if total is None:
            return {}
        rates = (min(1.0, decay.ratio(each, total)) for each in answered)
        return dict(zip(LABELS, rates, strict=True))


def _last(waiting: Waiting, time: float) -> str:
    """The campaign sent last before a time; "" where none was, or too long ago."""
    sent = [
        (when, campaign_id)
        for campaign_id, (when, *_) in waiting.items()
        if when is not None and 0 <= time - when <= REWARD_SECONDS
    ]
    return max(sent)[1] if sent else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fatigue(Feature):
    """Sends since the last response. Holds the time of that and of the sends after it.

    Attributes:
        most: sends that are held; so many are "so many or more".
    """

    most: int

    def update(self, held: Held, act: Act, time: float) -> Held:
        """See `Feature`."""
        answered, sends, ever = held or (None, [], 0)
        if act.kind is not ActKind.SENT:
            if answered is not None and time <= answered:
                return held
            return [time, [each for each in sends if each > time], ever]
        if answered is not None and time <= answered:
            return [answered, sends, 1]
        sends = [*sends]
        bisect.insort(sends, time)
        return [answered, sends[-self.most :], 1]

    def read(self, held: Held, time: float, stimuli: Stimuli) -> Mapping[str, float]:
        """See `Feature`."""
        _, sends, ever = held
        return {SINGLE: float(len(sends))} if ever else {}

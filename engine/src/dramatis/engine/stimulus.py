"""Stimuli as numbers: attributes shared between campaigns, match with personas, and novelty.

Letters: C campaigns with `CONTROL` first, K attribute values, M affinities, P personas.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dramatis.core.arrays import Floats, Mask
from dramatis.core.campaign import CONTROL, Campaign

Word = tuple[str, str]
"""An attribute and its value, in lower case."""


@dataclass(frozen=True, slots=True)
class Stimuli:
    """What the response model sees of the campaigns.

    Attributes:
        attributes: [C, K] 1 where a campaign has a value that some, but not all, share.
        match: [P, C] affinity of a persona with what the stimulus is about, [0, 1].
        distance: [C] share of a campaign's attribute values never observed, [0, 1]; 0 for one
            that was observed itself, 1 for one without attributes that was not.
    """

    attributes: Floats
    match: Floats
    distance: Floats


def describe(
    campaign_ids: Sequence[str],
    campaigns: Mapping[str, Campaign],
    observed: Mask,
    affinity_names: Sequence[str],
    affinities: Floats,
) -> Stimuli:
    """What the model sees of the campaigns.

    Args:
        campaign_ids: [C].
        campaigns: by id; one that is missing has no attributes.
        observed: [C] whether there is evidence of a campaign.
        affinity_names: [M].
        affinities: [P, M] in [0, 1].
    """
    words = [_words(campaigns.get(one)) if one != CONTROL else frozenset() for one in campaign_ids]
    return Stimuli(_attributes(words), _match(words, affinity_names, affinities),
                   _distance(words, observed))  # fmt: skip


def _words(campaign: Campaign | None) -> frozenset[Word]:
    if campaign is None:
        return frozenset()
    pairs = campaign.stimulus.attributes.items()
    return frozenset((name.casefold(), value.casefold()) for name, value in pairs if value)


def _attributes(words: Sequence[frozenset[Word]]) -> Floats:
    """[C, K]; a value of one campaign is in that campaign's effect, one of all in the send's."""
    count = Counter(word for each in words for word in each)
    shared = sorted(word for word, times in count.items() if 1 < times < len(words) - 1)
    table = [[float(word in each) for word in shared] for each in words]
    return np.array(table, dtype=float).reshape(len(words), len(shared))


def _match(words: Sequence[frozenset[Word]], names: Sequence[str], affinities: Floats) -> Floats:
    """[P, C] the largest affinity of those whose name is a value of the stimulus."""
    folded = [name.casefold() for name in names]
    columns = []
    for each in words:
        values = {value for _, value in each}
        at = [i for i, name in enumerate(folded) if name in values]
        columns.append(affinities[:, at].max(axis=1, initial=0.0))
    return np.stack(columns, axis=1)


def _distance(words: Sequence[frozenset[Word]], observed: Mask) -> Floats:
    """[C]; nothing can be said of `CONTROL`'s attributes: it has none and is always known."""
    known = {word for each, seen in zip(words, observed, strict=True) if seen for word in each}
    share = [len(each - known) / len(each) if each else 1.0 for each in words]
    distance = np.where(observed, 0.0, share)
    distance[0] = 0.0
    return distance

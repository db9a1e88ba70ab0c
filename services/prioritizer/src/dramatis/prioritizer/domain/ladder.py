"""Where an answer may come from, best first."""

from enum import IntEnum

import numpy as np

from dramatis.core.arrays import Indices, Mask


class Rung(IntEnum):
    """The ladder; the numbers are those of the contract."""

    LIVE_POSTERIOR = 1
    DISK_SNAPSHOT = 2
    CAMPAIGN_AVERAGES = 3
    CALLER_DEFAULT = 4


def rungs(best: Rung, personal: Mask) -> Indices:
    """[R] the rung of each answer.

    Args:
        best: the rung that the tables allow.
        personal: [R] whether anything may be said of the recipient beyond the average.
    """
    return np.where(personal, int(best), int(Rung.CAMPAIGN_AVERAGES))

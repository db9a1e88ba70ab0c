"""Which campaigns a call may choose from."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from dramatis.core.arrays import Indices
from dramatis.core.errors import Invalid
from dramatis.prioritizer.domain.tables import Tables

NEVER_FORECAST: Final = "campaign/never-forecast"
NOT_LIVE: Final = "campaign/not-live"
NONE_LIVE: Final = "campaign/none-live"


class Reason(IntEnum):
    """Why something is suppressed; the numbers are those of the contract."""

    CONSENT = 1
    SUPPRESSION_LIST = 2
    LOW_VALUE = 7
    INELIGIBLE = 9
    NO_DATA = 11


@dataclass(frozen=True, slots=True)
class Block:
    """One reason, for one campaign or, with an empty id, for all of them."""

    reason: Reason
    campaign_id: str = ""
    rule_id: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What is left to choose from.

    Attributes:
        columns: [C] places in the tables.
        blocks: why others are not among them; the same for every recipient.
    """

    columns: Indices
    blocks: tuple[Block, ...]


def candidates(tables: Tables, campaign_ids: Sequence[str], now_seconds: float) -> Candidates:
    """The campaigns that can be chosen now.

    Args:
        tables: the tenant's.
        campaign_ids: those that the caller names, paused ones too; empty: all live ones.
        now_seconds: since 1970.

    Raises:
        Invalid: there is no such campaign; `field` says which.
    """
    if tables.steady and not campaign_ids:
        return Candidates(tables.everything, ())
    open_now = (tables.starts <= now_seconds) & (now_seconds < tables.ends)
    if campaign_ids:
        return _named(tables, campaign_ids, open_now.tolist())
    columns = np.flatnonzero(open_now & ~tables.paused)
    unseen = () if len(tables.known) == len(tables.campaigns) else _unseen(tables, now_seconds)
    if columns.size or unseen:
        return Candidates(columns, unseen)
    return Candidates(columns, (Block(Reason.INELIGIBLE, rule_id=NONE_LIVE),))


def _named(tables: Tables, campaign_ids: Sequence[str], open_now: Sequence[bool]) -> Candidates:
    columns: set[int] = set()
    blocks: dict[Block, None] = {}
    for index, campaign_id in enumerate(campaign_ids):
        place = tables.places.get(campaign_id)
        if campaign_id not in tables.known:
            field = f"campaign_ids[{index}]"
            raise Invalid(
                f"{field}: no campaign {campaign_id[:128]!r}",
                reason="UNKNOWN_CAMPAIGN",
                field=field,
            )
        if place is None:
            blocks[Block(Reason.NO_DATA, campaign_id, NEVER_FORECAST)] = None
        elif not open_now[place]:
            blocks[Block(Reason.INELIGIBLE, campaign_id, NOT_LIVE)] = None
        else:
            columns.add(place)
    return Candidates(np.array(sorted(columns), dtype=np.int64), tuple(blocks))


def _unseen(tables: Tables, now_seconds: float) -> tuple[Block, ...]:
    """Live campaigns that the snapshot says nothing of."""
    return tuple(
        Block(Reason.NO_DATA, campaign_id, NEVER_FORECAST)
        for campaign_id, campaign in sorted(tables.known.items())
        if campaign_id not in tables.places
        and not campaign.paused
        and (campaign.start_time is None or campaign.start_time.timestamp() <= now_seconds)
        and (campaign.end_time is None or now_seconds < campaign.end_time.timestamp())
    )

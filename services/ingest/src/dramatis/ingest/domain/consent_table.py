"""Which consent each part of an event needs, and what becomes of the part without it.

    part                                 consent       without it
    message, site, order, support,       BEHAVIOUR     the event is refused
      experiment_viewed
    recipient_updated                    ALL           the event is refused
    social                               SOCIAL        the event is refused
    context.country_code, .region_code,  LOCATION      the field is dropped
      .local_hour, .daypart
    attributes and properties that       THIRD_PARTY,  the field is dropped: see `rules.consent`
      have a source                      of that party
    context.session_id                   BEHAVIOUR,    the field is hashed, keyed per tenant
                                         granted

BEHAVIOUR and ALL are lacking where the recipient said no, the others also where they said nothing,
unless the tenant's policy says otherwise; the session keeps its own id only after an explicit yes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dramatis.core.consent import DataType


class Action(StrEnum):
    """What becomes of a field."""

    DROPPED = "dropped"
    HASHED = "hashed"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What a field needs to be kept as it is.

    Attributes:
        data_type: the consent.
        otherwise: what becomes of it.
        explicit: whether only a yes will do, whatever the default.
    """

    data_type: DataType
    otherwise: Action = Action.DROPPED
    explicit: bool = False


EVENTS: Final[Mapping[str, DataType]] = {
    "message": DataType.BEHAVIOUR,
    "site": DataType.BEHAVIOUR,
    "order": DataType.BEHAVIOUR,
    "support": DataType.BEHAVIOUR,
    "experiment_viewed": DataType.BEHAVIOUR,
    "recipient_updated": DataType.ALL,
    "social": DataType.SOCIAL,
}
"""By payload."""

FIELDS: Final[Mapping[str, FieldRule]] = {
    "context.country_code": FieldRule(DataType.LOCATION),
    "context.region_code": FieldRule(DataType.LOCATION),
    "context.local_hour": FieldRule(DataType.LOCATION),
    "context.daypart": FieldRule(DataType.LOCATION),
    "context.session_id": FieldRule(DataType.BEHAVIOUR, Action.HASHED, explicit=True),
}
"""By path."""

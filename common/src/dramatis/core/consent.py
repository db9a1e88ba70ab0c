"""What recipients said about the use of their data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from dramatis.core.errors import Invalid


class Purpose(IntEnum):
    """What a consent is for; the numbers are those of the contract."""

    MARKETING = 1
    PROFILING = 2


class DataType(IntEnum):
    """Which data a consent covers; the numbers are those of the contract."""

    ALL = 0
    BEHAVIOUR = 1
    LOCATION = 2
    SOCIAL = 3
    THIRD_PARTY = 4


class ConsentState(IntEnum):
    """What the recipient said; the numbers are those of the contract."""

    UNKNOWN = 0
    GRANTED = 1
    DENIED = 2
    WITHDRAWN = 3


@dataclass(frozen=True, slots=True)
class Consent:
    """One statement about one purpose and one type of data.

    Attributes:
        purpose: what for.
        state: what was said.
        time: when.
        data_type: which data.
        source: where it was said.
        proof: a reference to it.
        third_party: whose data, with `DataType.THIRD_PARTY` only; empty: that of all.
    """

    purpose: Purpose
    state: ConsentState
    time: datetime
    data_type: DataType = DataType.ALL
    source: str = ""
    proof: str = ""
    third_party: str = ""

    def __post_init__(self) -> None:
        if self.third_party and self.data_type is not DataType.THIRD_PARTY:
            raise Invalid("a third party is named only with its type of data", field="third_party")


def newest(consents: Iterable[Consent]) -> tuple[Consent, ...]:
    """What holds for each purpose, data type and third party, whatever the order of the input.

    It is the newest; of several at the same time, the least permissive.
    """
    held: dict[tuple[Purpose, DataType, str], Consent] = {}
    for consent in sorted(consents, key=lambda c: (c.time, c.state)):
        held[consent.purpose, consent.data_type, consent.third_party] = consent
    return tuple(held[about] for about in sorted(held))


def verdict(consents: Iterable[Consent], purpose: Purpose) -> ConsentState:
    """What holds for a purpose as a whole.

    >>> from datetime import UTC, datetime
    >>> day = datetime(2026, 1, 1, tzinfo=UTC)
    >>> verdict([Consent(Purpose.MARKETING, ConsentState.GRANTED, day)], Purpose.MARKETING).name
    'GRANTED'
    >>> verdict([], Purpose.MARKETING).name
    'UNKNOWN'
    """
    for consent in newest(consents):
        if consent.purpose is purpose and consent.data_type is DataType.ALL:
            return consent.state
    return ConsentState.UNKNOWN

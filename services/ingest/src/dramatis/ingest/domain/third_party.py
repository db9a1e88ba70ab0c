"""What third parties tell of recipients, and whom they may tell of."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final, TypeAlias

from dramatis.core.consent import Consent, ConsentState, DataType, Purpose, newest
from dramatis.ingest.domain.feeds.connector import Name
from dramatis.ingest.domain.permissions import Unasked, profiling

ONLY_ASKED: Final[Unasked] = dict.fromkeys(DataType, False)
"""A third party's file needs a yes, whatever a tenant's policy says of those who said nothing."""
Value: TypeAlias = float | int | bool | str | datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A value and how it is to be understood."""

    kind: str
    value: Value


@dataclass(frozen=True, slots=True)
class Row:
    """What a file says of one recipient: values by the names of attributes; unknown ones lack."""

    recipient_id: str
    values: Mapping[str, Told]

    @property
    def content(self) -> str:
        """The same for the same values."""
        return json.dumps([[name, t.kind, str(t.value)] for name, t in sorted(self.values.items())])


@dataclass(frozen=True, slots=True)
class Lot:
    """Some rows of a file, in its order.

    Attributes:
        rows: those that can be read.
        cursor: from where to go on once they have been taken in.
        broken: rows that cannot be read, by reason.
    """

    rows: Sequence[Row]
    cursor: str
    broken: Sequence[str] = ()


@dataclass(frozen=True)
class Party:
    """A third party as its file describes it.

    Attributes:
        name: whose, and what the values' `source` says.
        consents: patterns of where a statement was said that covers this party.
        ttl: how long a value is known after it was received.
    """

    name: Name
    consents: Sequence[str]
    ttl: timedelta


@dataclass(frozen=True, slots=True)
class Lent:
    """What is held of a recipient from one third party.

    Attributes:
        party: the name of the third party.
        recipient_id: of whom.
        names: of the attributes, sorted.
        digest: of the values, keyed; empty while it is not known whether they are in the log.
        expires: when they end to be known.
    """

    party: str
    recipient_id: str
    names: Sequence[str]
    digest: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written of one recipient.

    Attributes:
        event_id: of the event.
        recipient_id: of whom.
        party: from whom.
        obtained: when it was received.
        expires: when it ends to be known.
        values: that are new, by name.
        removed: names of those that are not known any more.
    """

    event_id: str
    recipient_id: str
    party: str
    obtained: datetime
    expires: datetime
    values: Mapping[str, Told] = field(default_factory=dict)
    removed: Sequence[str] = ()


def consented(said: Collection[Consent], party: str, patterns: Sequence[str]) -> bool:
    """Whether a recipient allows a third party's data to be learned from.

    What they said of this party by name decides, wherever they said it, if they have said nothing
    general since. Else they have granted it for third parties' data, or for all, where one of the
    patterns fits. A no to all data outweighs.

    >>> from datetime import UTC, datetime
    >>> day = datetime(2026, 1, 1, tzinfo=UTC)
    >>> yes = Consent(Purpose.PROFILING, ConsentState.GRANTED, day, DataType.THIRD_PARTY, "form v3")
    >>> consented([yes], "p", ["form v3"]), consented([yes], "p", ["v4"]), consented([], "p", ["*"])
    (True, False, False)
    """
    if not profiling(said).allow_party(party, ONLY_ASKED):
        return False
    about = [
        each
        for each in newest(said)
        if each.purpose is Purpose.PROFILING
        and each.data_type in (DataType.ALL, DataType.THIRD_PARTY)
        and each.third_party in ("", party)
    ]
    if max(about, key=lambda each: (each.time, not each.third_party)).third_party:
        return True
    granted = [
        each.source for each in about if each.state is ConsentState.GRANTED and not each.third_party
    ]
    return any(fnmatchcase(source, each) for source in granted for each in patterns)

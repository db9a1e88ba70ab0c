"""What may be learned of a recipient, by what they said.

Of one third party's data, in this order: a no to all data; what was said of that party; what was
said of all parties; a yes to all data; the default. A no to all parties ends what was said of one
before it, or at the same time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from dramatis.core.consent import Consent, ConsentState, DataType, Purpose, newest

NO: Final = frozenset({ConsentState.DENIED, ConsentState.WITHDRAWN})
Unasked = Mapping[DataType, bool]
"""Whether data of a type may be learned from while its recipient has said nothing of it."""

UNASKED: Final[Unasked] = {
    DataType.ALL: True,
    DataType.BEHAVIOUR: True,
    DataType.LOCATION: False,
    DataType.SOCIAL: False,
    DataType.THIRD_PARTY: False,
}
"""What is sensitive needs a yes; a tenant's policy may ask for more of them, or for fewer."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a recipient allows, and what they do not.

    Attributes:
        denied: the types of data that they denied, or took back.
        granted: those that they granted.
        parties: third parties of whom they have spoken by name, and whether that was a yes.
    """

    denied: frozenset[DataType] = frozenset()
    granted: frozenset[DataType] = frozenset()
    parties: Mapping[str, bool] = field(default_factory=dict)

    def forbid(self, data_type: DataType) -> bool:
        """Whether the recipient said no to it, or to all."""
        return DataType.ALL in self.denied or data_type in self.denied

    def allow(self, data_type: DataType, unasked: Unasked) -> bool:
        """Whether it may be learned from: a no outweighs, then a yes counts, then the default."""
        if self.forbid(data_type):
            return False
        return self.granted_to(data_type) or unasked[data_type]

    def allow_party(self, third_party: str, unasked: Unasked) -> bool:
        """Whether what one third party tells may be learned from."""
        named = self.parties.get(third_party)
        if named is None or DataType.ALL in self.denied:
            return self.allow(DataType.THIRD_PARTY, unasked)
        return named

    def granted_to(self, data_type: DataType) -> bool:
        """Whether the recipient said yes to it, or to all."""
        return data_type in self.granted or DataType.ALL in self.granted


NOTHING_SAID: Final = Permissions()


def profiling(consents: Iterable[Consent]) -> Permissions:
    """What these statements permit to learn.

    >>> from datetime import UTC, datetime
    >>> day = datetime(2026, 1, 1, tzinfo=UTC)
    >>> said = Consent(Purpose.PROFILING, ConsentState.GRANTED, day, DataType.LOCATION)
    >>> profiling([said]).allow(DataType.LOCATION, UNASKED)
    True
    """
    said = [each for each in newest(consents) if each.purpose is Purpose.PROFILING]
    general = [each for each in said if not each.third_party]
    denied = {each.data_type: each.time for each in general if each.state in NO}
    granted = (each.data_type for each in general if each.state is ConsentState.GRANTED)
    ended = denied.get(DataType.THIRD_PARTY)
    parties = {
        each.third_party: each.state is ConsentState.GRANTED
        for each in said
        if each.third_party and (ended is None or each.time > ended)
    }
    return Permissions(frozenset(denied), frozenset(granted), parties)

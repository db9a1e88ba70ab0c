"""What may be learned of a recipient, by what they said."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from dramatis.core.consent import Consent, ConsentState, DataType, Purpose, newest

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
    """The types of data that a recipient denied, or took back, and those that they granted."""

    denied: frozenset[DataType] = frozenset()
    granted: frozenset[DataType] = frozenset()

    def forbid(self, data_type: DataType) -> bool:
        """Whether the recipient said no to it, or to all."""
        return DataType.ALL in self.denied or data_type in self.denied

    def allow(self, data_type: DataType, unasked: Unasked) -> bool:
        """Whether it may be learned from: a no outweighs, then a yes counts, then the default."""
        if self.forbid(data_type):
            return False
        return self.granted_to(data_type) or unasked[data_type]

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
    return Permissions(
        frozenset(
            each.data_type
            for each in said
            if each.state in (ConsentState.DENIED, ConsentState.WITHDRAWN)
        ),
        frozenset(each.data_type for each in said if each.state is ConsentState.GRANTED),
    )

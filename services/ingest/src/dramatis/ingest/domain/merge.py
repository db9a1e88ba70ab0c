"""What holds after new statements; consents only ever grow newer."""

from collections.abc import Iterable, Mapping, Sequence

from dramatis.core.consent import Consent, ConsentState, DataType, Purpose, newest

Held = tuple[Consent, ...]


def merge(
    held: Mapping[str, Held], statements: Iterable[tuple[str, Consent]]
) -> Mapping[str, Held]:
    """By recipient what holds now, only of those for whom something changed."""
    said: dict[str, list[Consent]] = {}
    for recipient_id, consent in statements:
        said.setdefault(recipient_id, []).append(consent)
    merged = {
        recipient_id: newest((*held.get(recipient_id, ()), *consents))
        for recipient_id, consents in said.items()
    }
    return {each: now for each, now in merged.items() if now != held.get(each, ())}


def profiling_denials(consents: Iterable[Consent]) -> Sequence[DataType]:
    """The types of data that may not be used for profiling."""
    return [
        consent.data_type
        for consent in newest(consents)
        if consent.purpose is Purpose.PROFILING
        and consent.state in (ConsentState.DENIED, ConsentState.WITHDRAWN)
    ]

"""What holds after new statements; consents only ever grow newer."""

from collections.abc import Iterable, Mapping

from dramatis.core.consent import Consent, newest

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

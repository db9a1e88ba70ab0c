"""The items of a request: checked, each on its own, and read as far as deciding needs it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

import numpy as np

from dramatis.api.common.v1 import consent_pb2
from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb
from dramatis.core.arrays import Indices
from dramatis.core.consent import Consent, ConsentState, Purpose
from dramatis.core.errors import DramatisError, Invalid
from dramatis.prioritizer.adapters.attributes import Given
from dramatis.prioritizer.domain.standing import standing
from dramatis.wire.consents import to_consent

MAX_ITEMS: Final = 500
MAX_TOP_N: Final = 1_000
MAX_TOLD: Final = 20_000
"""Campaigns that one answer tells of, over all its recipients: about 0.4 s and 2 MiB."""
MAX_ID: Final = 128
_YEAR_9999: Final = 253_000_000_000

Look: TypeAlias = Callable[[str], int]


@dataclass(slots=True)
class Items:
    """R good items, and why the others are bad.

    Attributes:
        good: [R] the good ones.
        places: [R] their indices in the request.
        ids: [R] recipient ids.
        given: [R] attributes.
        bits: [R] of `Standing`, from inline and recorded consents.
        errors: by index in the request.
    """

    good: list[pb.PrioritizeItem] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    bits: list[int] = field(default_factory=list)
    errors: dict[int, DramatisError] = field(default_factory=dict)

    @property
    def standings(self) -> Indices:
        """[R] `bits` as an array."""
        return np.array(self.bits, dtype=np.int64)


def check(request: pb.PrioritizeRequest) -> None:
    """Makes sure that the request as a whole can be answered.

    Raises:
        Invalid: it cannot; `field` says why.
    """
    if not 1 <= len(request.items) <= MAX_ITEMS:
        raise Invalid(
            f"items: 1..{MAX_ITEMS} recipients per call, got {len(request.items)}",
            reason="BATCH_SIZE",
            field="items",
        )
    if not 0 <= request.top_n <= MAX_TOP_N:
        raise Invalid(f"top_n is in 0..{MAX_TOP_N}, got {request.top_n}", field="top_n")
    for name, most in (("message_class", 3), ("mode", 3), ("explain", 3), ("scoring", 2)):
        if not 0 <= getattr(request, name) <= most:
            raise Invalid(f"{name} {getattr(request, name)} is not known here", field=name)


def check_size(request: pb.PrioritizeRequest, campaigns: int) -> None:
    """Makes sure that the answer stays small enough to send, and quick enough to write.

    Args:
        request: what was asked.
        campaigns: how many can be chosen from.

    Raises:
        Invalid: fewer recipients, campaigns or explanations must do.
    """
    explained = request.explain >= pb.EXPLAIN_SUMMARY
    told = campaigns if explained else min(request.top_n or 1, campaigns)
    if len(request.items) * told > MAX_TOLD:
        field = "explain" if explained else "top_n"
        raise Invalid(
            f"{field}: {len(request.items)} recipients x {told} campaigns are more than "
            f"{MAX_TOLD} in one answer; ask for fewer at once",
            reason="ANSWER_TOO_LARGE",
            field=field,
        )


def read(items: Sequence[pb.PrioritizeItem], dry_run: bool, look: Look) -> Items:
    """The items, sorted into good and bad ones.

    Args:
        items: of the request.
        dry_run: whether they leave no trace, and so need no ids.
        look: finds what is recorded of a recipient, as bits of `Standing`.
    """
    result, seen = Items(), set[str]()
    for place, item in enumerate(items):
        recipient, request_id = item.recipient, item.request_id
        recipient_id = recipient.recipient_id
        if (fault := _fault(place, item, recipient_id, request_id, dry_run, seen)) is not None:
            result.errors[place] = fault
            continue
        bits = look(recipient_id) if recipient_id else 0
        if recipient.consents:
            try:
                bits |= _inline(recipient.consents, place)
            except Invalid as error:
                result.errors[place] = error
                continue
        result.good.append(item)
        result.places.append(place)
        result.ids.append(recipient_id)
        result.given.append(recipient.attributes)
        result.bits.append(bits)
    return result


def _fault(
    place: int, item: pb.PrioritizeItem, recipient_id: str, request_id: str, dry_run: bool,
    seen: set[str],
) -> Invalid | None:  # fmt: skip
    if len(request_id) > MAX_ID or len(recipient_id) > MAX_ID or "\0" in recipient_id:
        name = "request_id" if len(request_id) > MAX_ID else "recipient.recipient_id"
        return _invalid(place, name, f"has at most {MAX_ID} characters, none of them NUL")
    if request_id in seen:
        return _invalid(place, "request_id", "is that of an earlier item", "REQUEST_ID_REPEATED")
    if request_id:
        seen.add(request_id)
    elif not dry_run:
        return _invalid(place, "request_id", "is missing", "REQUEST_ID_MISSING")
    if not recipient_id and not (dry_run and item.recipient.attributes):
        return _invalid(place, "recipient.recipient_id", "is missing")
    if len(item.default_campaign_id) > MAX_ID:
        return _invalid(place, "default_campaign_id", f"has at most {MAX_ID} characters")
    return None


def not_finite(place: int) -> Invalid:
    """The error of an item with a number that is none."""
    return _invalid(place, "recipient.attributes", "holds a number that is not finite")


def reused(place: int) -> Invalid:
    """The error of an item whose request id belongs to another question."""
    return _invalid(place, "request_id", "was used to ask something else", "REQUEST_ID_REUSED")


def _invalid(place: int, name: str, what: str, reason: str = "") -> Invalid:
    where = f"items[{place}].{name}"
    return Invalid(f"{where} {what}", reason=reason, field=where)


def _inline(consents: Sequence[consent_pb2.Consent], place: int) -> int:
    """Bits of what the request itself says. Nearly always that is one plain statement."""
    if len(consents) == 1:
        one = consents[0]
        at = one.consent_time.seconds
        if 0 < at < _YEAR_9999 and (bits := _plain(one.purpose, one.state, one.data_type)):
            return bits
    path = f"items[{place}].recipient.consents"
    return int(standing(to_consent(each, f"{path}[{at}]") for at, each in enumerate(consents)))


_PLAIN: Final = {
    (int(purpose), int(state)): int(standing([Consent(purpose, state, datetime.min)]))
    for purpose in Purpose
    for state in ConsentState
}


def _plain(purpose: int, state: int, data_type: int) -> int:
    """Bits of one statement about all data; 0 where it takes a closer look."""
    return 0 if data_type else _PLAIN.get((purpose, state), 0)

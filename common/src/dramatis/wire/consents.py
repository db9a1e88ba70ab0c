"""Consents as messages."""

from collections.abc import Iterable

from dramatis.api.common.v1 import consent_pb2 as pb
from dramatis.core.consent import Consent, ConsentState, DataType, Purpose
from dramatis.core.errors import Invalid
from dramatis.wire.times import from_timestamp, to_timestamp

_STATES = frozenset(map(int, ConsentState)) - {ConsentState.UNKNOWN}
_PURPOSES = frozenset(map(int, Purpose))
_DATA_TYPES = frozenset(map(int, DataType))


def to_consent(message: pb.Consent, path: str = "consent") -> Consent:
    """What the recipient said.

    Raises:
        Invalid: purpose or state is missing or unknown, there is no time, or a third party is named
            for other data; `field` says where.
    """
    if not message.HasField("consent_time"):
        raise Invalid(f"{path}.consent_time is missing", field=f"{path}.consent_time")
    if int(message.state) not in _STATES:
        raise Invalid(f"{path}.state must say what was said", field=f"{path}.state")
    if int(message.purpose) not in _PURPOSES:
        raise Invalid(f"{path}.purpose must say what for", field=f"{path}.purpose")
    if int(message.data_type) not in _DATA_TYPES:
        raise Invalid(f"{path}.data_type is unknown", field=f"{path}.data_type")
    if message.third_party and int(message.data_type) != DataType.THIRD_PARTY:
        where = f"{path}.third_party"
        raise Invalid(f"{where} is only for the data type THIRD_PARTY", field=where)
    return Consent(
        purpose=Purpose(message.purpose),
        state=ConsentState(message.state),
        time=from_timestamp(message.consent_time, f"{path}.consent_time"),
        data_type=DataType(message.data_type),
        source=message.source,
        proof=message.proof,
        third_party=message.third_party,
    )


def from_consent(consent: Consent) -> pb.Consent:
    """The message of one statement."""
    return pb.Consent(
        purpose=pb.ConsentPurpose.ValueType(consent.purpose),
        data_type=pb.ConsentDataType.ValueType(consent.data_type),
        state=pb.ConsentState.ValueType(consent.state),
        consent_time=to_timestamp(consent.time),
        source=consent.source,
        proof=consent.proof,
        third_party=consent.third_party,
    )


def from_recipient(tenant: str, recipient_id: str, held: Iterable[Consent]) -> bytes:
    """A record of the `consents` topic: all that one recipient has said."""
    return pb.RecipientConsents(
        tenant=tenant, recipient_id=recipient_id, consents=map(from_consent, held)
    ).SerializeToString(deterministic=True)


def to_recipient(record: bytes) -> tuple[str, str, tuple[Consent, ...]]:
    """Tenant, recipient id and statements of a record of the `consents` topic."""
    message = pb.RecipientConsents.FromString(record)
    return message.tenant, message.recipient_id, tuple(map(to_consent, message.consents))

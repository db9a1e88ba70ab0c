"""Messages of Amazon SNS: signed with the key of a certificate that they name.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
Nothing is fetched from a host that is not SNS's own.
"""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.x509 import Certificate, load_pem_x509_certificate

from dramatis.core.errors import Invalid, Unavailable
from dramatis.ingest.adapters.edge.fields import Json, moment, text
from dramatis.ingest.adapters.edge.signatures import Freshness, bad_signature

Fetch = Callable[[str], Awaitable[bytes]]
"""The bytes at an https address; follows no redirect.

Raises:
    Unavailable: they cannot be had at the moment.
"""

NOTIFICATION: Final = "Notification"
CONFIRMATION: Final = "SubscriptionConfirmation"
GOODBYE: Final = "UnsubscribeConfirmation"

_NOTIFIED: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMED: Final = (
    "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
)  # fmt: skip
_SIGNED: Final[Mapping[str, Sequence[str]]] = {
    NOTIFICATION: _NOTIFIED,
    CONFIRMATION: _CONFIRMED,
    GOODBYE: _CONFIRMED,
}
_HASHES: Final[Mapping[str, HashAlgorithm]] = {
    "1": SHA1(),  # noqa: S303
    "2": SHA256(),
}
_HOST: Final = re.compile(r"sns\.[a-z]{2}(-[a-z]{2,12}){1,3}-\d{1,2}\.amazonaws\.com(\.cn)?")
"""Of a region, as us-gov-west-1: sns.s3.amazonaws.com is the bucket of whoever has that name."""
_CERTIFICATE: Final = re.compile(r"/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem")
MAX_CERTIFICATES: Final = 64


class Sns:
    """Verifies messages, and keeps the certificates that it fetched."""

    def __init__(self, fetch: Fetch, freshness: Freshness) -> None:
        self._fetch = fetch
        self._freshness = freshness
        self._certificates: dict[str, Certificate] = {}

    async def verify(self, message: Json, now: datetime) -> str:
        """The type of a message, if SNS signed it.

        Raises:
            Refused: it did not, or long ago.
            Invalid: it is no message of SNS.
            Unavailable: its certificate cannot be had at the moment.
        """
        kind = text(message, "Type")
        if kind not in _SIGNED:
            raise Invalid("this is no message of SNS", reason="NOT_SNS", field="Type")
        certificate = await self._certificate(text(message, "SigningCertURL"), now)
        _check(message, _SIGNED[kind], certificate)
        self._freshness.check_time(moment(message.get("Timestamp"), "Timestamp"), now)
        return kind

    async def confirm(self, message: Json) -> None:
        """Tells SNS that we want its messages.

        Raises:
            Refused: the address to tell is not one of SNS.
            Unavailable: SNS cannot be reached.
        """
        address = text(message, "SubscribeURL")
        own(address)
        await self._fetch(address)

    async def _certificate(self, address: str, now: datetime) -> Certificate:
        if not _CERTIFICATE.fullmatch(own(address).path):
            raise bad_signature("SNS")
        found = self._certificates.get(address)
        if found is None:
            found = _read(await self._fetch(address))
            if len(self._certificates) >= MAX_CERTIFICATES:
                self._certificates.pop(next(iter(self._certificates)))
            self._certificates[address] = found
        if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
            raise bad_signature("SNS")
        return found


def own(address: str) -> SplitResult:
    """The parts of an address of SNS itself.

    Raises:
        Refused: it is another host's, or not https.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise bad_signature("SNS") from None
    known = _HOST.fullmatch(parts.netloc) or (port == 443 and _HOST.fullmatch(parts.netloc[:-4]))
    if parts.scheme != "https" or not known or not address.isascii():
        raise bad_signature("SNS")
    return parts


def _read(pem: bytes) -> Certificate:
    try:
        return load_pem_x509_certificate(pem)
    except ValueError:
        raise Unavailable("what SNS serves is no certificate", reason="NO_CERTIFICATE") from None


def _check(message: Json, names: Sequence[str], certificate: Certificate) -> None:
    algorithm = _HASHES.get(text(message, "SignatureVersion"))
    key = certificate.public_key()
    if algorithm is None or not isinstance(key, rsa.RSAPublicKey):
        raise bad_signature("SNS")
    try:
        signature = base64.b64decode(text(message, "Signature"), validate=True)
        key.verify(signature, to_sign(message, names), padding.PKCS1v15(), algorithm)
    except (InvalidSignature, binascii.Error, ValueError):
        raise bad_signature("SNS") from None


def to_sign(message: Json, names: Sequence[str]) -> bytes:
    """What SNS signs: names and values, each on a line of its own; a missing one is left out."""
    given = [name for name in names if isinstance(message.get(name), str)]
    lines = "".join(f"{name}\n{message[name]}\n" for name in given)
    return lines.encode(errors="replace")

"""Batches of events as SendGrid sends and signs them."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dramatis.ingest.adapters.edge.sendgrid import SIGNATURE, TIMESTAMP

KINDS: Final = ("processed", "delivered", "delivered", "open", "open", "click", "deferred")
AGENT: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0"

Signed = tuple[bytes, dict[str, str]]


class Account:
    """A SendGrid account of our own."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """The verification key, as SendGrid shows it."""
        public = self._key.public_key()
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def batches(self, count: int, size: int, recipients: int, first: int) -> Iterator[Signed]:
        """Yields bodies of `size` new events, with their headers; ids count from `first`."""
        for at in range(count):
            ids = range(first + at * size, first + (at + 1) * size)
            yield self._sign([_event(each, recipients) for each in ids])

    def _sign(self, events: list[dict[str, Any]]) -> Signed:
        body = json.dumps(events, separators=(",", ":")).encode() + b"\r\n"
        stamp = str(int(time.time()))
        signature = self._key.sign(stamp.encode() + body, ec.ECDSA(SHA256()))
        signed = base64.b64encode(signature).decode()
        return body, {SIGNATURE: signed, TIMESTAMP: stamp, "content-type": "application/json"}


def _event(number: int, recipients: int) -> dict[str, Any]:
    kind = KINDS[number % len(KINDS)]
    recipient = f"r{number % recipients}"
    event = {
        "email": f"{recipient}@example.org",
        "timestamp": int(time.time()) - 30,
        "smtp-id": f"<14c5d75ce93.dfd.{number}@ismtpd-555>",
        "event": kind,
        "category": ["newsletter", "spring"],
        "sg_event_id": f"ZGVsaXZlcmVkLTAtMTYyMzQ1-{number}",
        "sg_message_id": f"LRzXl_NHStOGhQ4kofSm_A{number}.filterdrecv-p3mdw1-756b745b58-kmzbl",
        "dramatis_recipient_id": recipient,
        "dramatis_campaign_id": "spring",
    }
    if kind in {"open", "click"}:
        event |= {"useragent": AGENT, "ip": "192.0.2.1", "url": "https://shop.example/men?utm=x"}
    return event

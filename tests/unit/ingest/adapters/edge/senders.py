"""ESPs as they sign, with keys of our own; and SendGrid's published example."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from dramatis.ingest.adapters.edge import sendgrid, sns
from tests.unit.ingest.fakes import NOW

# The vector that SendGrid publishes with its libraries: key, signature, timestamp, body.
PUBLISHED_KEY = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
PUBLISHED_HEADERS = {
    sendgrid.SIGNATURE: "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=",
    sendgrid.TIMESTAMP: "1600112502",
}
PUBLISHED_BODY = (
    b'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address",'
    b'"sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",'
    b'"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",'
    b'"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
)
PUBLISHED_TIME = datetime.fromtimestamp(1_600_112_510, UTC)

TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail-events"
CERTIFICATE_URL = (
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
)
SUBSCRIBE_URL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t1"


def stamp(now: datetime = NOW) -> str:
    return str(int(now.timestamp()))


class SendGridSender:
    """Signs batches as SendGrid does."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.public_key = base64.b64encode(der).decode()

    def headers(self, body: bytes, now: datetime = NOW) -> dict[str, str]:
        signature = self._key.sign(stamp(now).encode() + body, ec.ECDSA(SHA256()))
        return {
            "content-type": "application/json",
            sendgrid.SIGNATURE: base64.b64encode(signature).decode(),
            sendgrid.TIMESTAMP: stamp(now),
        }

    def body(self, events: Any) -> bytes:
        return json.dumps(events, separators=(",", ":")).encode() + b"\r\n"


def sendgrid_event(number: int, event: str = "open", **fields: Any) -> dict[str, Any]:
    return {
        "email": f"r{number}@example.org",
        "timestamp": int(NOW.timestamp()) - 60,
        "smtp-id": f"<{number}@ismtpd-555>",
        "event": event,
        "sg_event_id": f"sg{number}",
        "sg_message_id": f"m{number}.filter0001.16648.5515E0B88.0",
        "dramatis_recipient_id": f"r{number}",
        "dramatis_campaign_id": "spring",
        **fields,
    }


MAILGUN_KEY = "key-0123456789abcdef0123456789abcdef"


def mailgun_body(
    event: dict[str, Any], token: str = "t" * 50, now: datetime = NOW, key: str = MAILGUN_KEY
) -> bytes:
    signed = hmac.new(key.encode(), f"{stamp(now)}{token}".encode(), hashlib.sha256).hexdigest()
    signature = {"timestamp": stamp(now), "token": token, "signature": signed}
    return json.dumps({"signature": signature, "event-data": event}).encode()


def mailgun_event(event: str = "opened", **fields: Any) -> dict[str, Any]:
    return {
        "event": event,
        "id": "Ase7i2zsRYeDXztHGENqRA",
        "timestamp": NOW.timestamp() - 30.5,
        "recipient": "alice@example.com",
        "message": {"headers": {"message-id": "20130503182626.18666.16540@example.com"}},
        "user-variables": {"dramatis_recipient_id": "r1", "dramatis_campaign_id": "spring"},
        "client-info": {
            "device-type": "mobile",
            "user-agent": "Mozilla/5.0 (iPhone) Mobile/15E148",
        },
        "geolocation": {"country": "US", "region": "TX", "city": "Austin"},
        "ip": "50.56.129.169",
        **fields,
    }


def postmark_record(kind: str = "Open", **fields: Any) -> dict[str, Any]:
    at = {"Delivery": "DeliveredAt", "Bounce": "BouncedAt", "SpamComplaint": "BouncedAt",
          "SubscriptionChange": "ChangedAt"}.get(kind, "ReceivedAt")  # fmt: skip
    return {
        "RecordType": kind,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Recipient": "john@example.com",
        at: "2026-05-01T07:58:10.2735393-04:00",
        "Metadata": {"dramatis_recipient_id": "r1", "dramatis_decision_id": "d1"},
        "UserAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.10) Firefox/35.0",
        "Geo": {"CountryISOCode": "RS", "RegionISOCode": "VO", "IP": "188.2.95.4"},
        **fields,
    }


@cache
def amazons_key() -> rsa.RSAPrivateKey:
    """Made once: that takes long."""
    return rsa.generate_private_key(65_537, 2_048)


class Amazon:
    """An SNS of our own: a certificate, and messages signed with its key."""

    def __init__(self) -> None:
        self._key = amazons_key()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        made = (
            x509.CertificateBuilder()
            .subject_name(name).issuer_name(name).public_key(self._key.public_key())
            .serial_number(1).not_valid_before(NOW - timedelta(days=1))
            .not_valid_after(NOW + timedelta(days=1)).sign(self._key, SHA256())
        )  # fmt: skip
        self.pem = made.public_bytes(Encoding.PEM)
        self.fetched: list[str] = []

    async def fetch(self, address: str) -> bytes:
        """What our Amazon serves."""
        self.fetched.append(address)
        return self.pem

    def message(self, inner: Any, **fields: Any) -> dict[str, Any]:
        """A notification, or another type of message, signed."""
        message = {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": TOPIC,
            "Message": inner if isinstance(inner, str) else json.dumps(inner),
            "Timestamp": (NOW - timedelta(seconds=5)).isoformat().replace("+00:00", "Z"),
            "SignatureVersion": "2",
            "SigningCertURL": CERTIFICATE_URL,
            **fields,
        }
        return {**message, "Signature": self._sign(message)}

    def confirmation(self, address: str = SUBSCRIBE_URL) -> dict[str, Any]:
        """What SNS sends before it sends anything else."""
        return self.message(
            "You have chosen to subscribe", Type="SubscriptionConfirmation", Token="t1",
            SubscribeURL=address,
        )  # fmt: skip

    def _sign(self, message: dict[str, Any]) -> str:
        names = sns._SIGNED[message["Type"]]
        algorithm = {"1": SHA1(), "2": SHA256()}[message["SignatureVersion"]]
        signed = self._key.sign(sns.to_sign(message, names), padding.PKCS1v15(), algorithm)
        return base64.b64encode(signed).decode()


def ses_event(kind: str = "Open", **fields: Any) -> dict[str, Any]:
    at = "2026-05-01T11:58:00.000Z"
    parts: dict[str, dict[str, Any]] = {
        "Send": {"send": {}},
        "Open": {"open": {"timestamp": at, "userAgent": "Mozilla/5.0 (iPhone) Mobile", "ipAddress": "192.0.2.1"}},
        "Click": {"click": {"timestamp": at, "link": "https://shop.example/a?x=y", "userAgent": "Firefox X11"}},
        "Delivery": {"delivery": {"timestamp": at, "recipients": ["ann@example.org"]}},
        "Bounce": {"bounce": {"bounceType": "Permanent", "bounceSubType": "General", "timestamp": at,
                              "bouncedRecipients": [{"emailAddress": "ann@example.org"}]}},
        "Complaint": {"complaint": {"timestamp": at, "complainedRecipients": [{"emailAddress": "ann@example.org"}]}},
    }  # fmt: skip
    mail = {
        "timestamp": at,
        "messageId": "EXAMPLE7c191be45",
        "destination": ["ann@example.org"],
        "tags": {"dramatis_recipient_id": ["r1"], "dramatis_campaign_id": ["spring"]},
    }
    return {"eventType": kind, "mail": mail, **parts.get(kind, {}), **fields}

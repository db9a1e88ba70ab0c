"""Signed links in messages: one that counts an open, one that counts a click and leads on.

A token is `KEY.PAYLOAD.MAC`: the id of a key, the base64url of a JSON object, and the base64url of
the HMAC-SHA256, with that key, of `open.KEY.PAYLOAD` or `click.KEY.PAYLOAD`; no padding. Whoever
sends messages makes them, with this module or with any language's library; see docs/edge.md.
Nothing leads on to an address that was not signed.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from dramatis.core.errors import Invalid

OPEN: Final = "open"
CLICK: Final = "click"
MIN_SECRET: Final = 32
MAX_TOKEN: Final = 4_096
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")
_TENANT: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_FIELDS: Final = {"recipient_id": "r", "campaign_id": "c", "decision_id": "d", "message_id": "m"}


@dataclass(frozen=True, slots=True)
class Link:
    """What a token says.

    Attributes:
        recipient_id: whose message the link is in; 1..128 characters.
        expires: until when it is good, aware.
        campaign_id, decision_id: which send it answers; empty where nobody knows.
        message_id: of the message, at the ESP or at the sender.
        url: where a click leads on to, http or https; empty for an open.
    """

    recipient_id: str
    expires: datetime
    campaign_id: str = ""
    decision_id: str = ""
    message_id: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.recipient_id) <= 128:
            raise Invalid("a recipient_id has 1..128 characters", field="recipient_id")
        if self.url and not is_web(self.url):
            raise Invalid("a link leads to an http or https address in ASCII", field="url")


@dataclass(frozen=True, slots=True)
class LinkKey:
    """A key that signs links of one tenant."""

    tenant: str
    key_id: str
    secret: bytes = field(repr=False)

    def sign(self, purpose: str, link: Link) -> str:
        """The token of a link, for `OPEN` or `CLICK`."""
        said = {short: getattr(link, name) for name, short in _FIELDS.items()}
        said |= {"u": link.url, "x": int(link.expires.timestamp())}
        written = json.dumps({name: value for name, value in said.items() if value})
        payload = _encode(written.encode())
        return f"{self.key_id}.{payload}.{_encode(self._mac(purpose, payload))}"

    def signed(self, purpose: str, payload: str, mac: bytes) -> bool:
        """Whether a payload was signed with this key, for that purpose."""
        return hmac.compare_digest(self._mac(purpose, payload), mac)

    def _mac(self, purpose: str, payload: str) -> bytes:
        signed = f"{purpose}.{self.key_id}.{payload}".encode()
        return hmac.new(self.secret, signed, hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class LinkKeys:
    """All keys, by id. A tenant may have several: a new one for new links, old ones stay good."""

    keys: Mapping[str, LinkKey] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "LinkKeys":
        """The keys in `tenant:id:secret,tenant:id:secret`.

        Raises:
            ValueError: it is something else; the sentence holds no secret.
        """
        keys: dict[str, LinkKey] = {}
        for entry in filter(None, (part.strip() for part in text.split(","))):
            tenant, _, rest = entry.partition(":")
            key_id, _, secret = rest.partition(":")
            if not (_TENANT.fullmatch(tenant) and _KEY_ID.fullmatch(key_id)):
                raise ValueError("expected tenant:id:secret, ids of letters, digits, - and _")
            if len(secret) < MIN_SECRET:
                raise ValueError(f"a link key's secret has {MIN_SECRET} characters or more")
            if key_id in keys:
                raise ValueError(f"two link keys have the id {key_id}")
            keys[key_id] = LinkKey(tenant, key_id, secret.encode())
        return cls(keys)

    def read(self, purpose: str, token: str) -> tuple[str, Link]:
        """Tenant and link of a token; whether it has expired is for the caller to see.

        Raises:
            Invalid: no key of ours signed it for this purpose.
        """
        key_id, payload, mac = _parts(token)
        key = self.keys.get(key_id)
        if key is None or not key.signed(purpose, payload, _decode(mac)):
            raise _bad()
        return key.tenant, _link(_decode(payload))

    def __str__(self) -> str:
        return f"{len(self.keys)} keys"


def is_web(url: str) -> bool:
    """Whether a browser may be led there.

    >>> is_web("https://shop.example/a?b=c"), is_web("javascript:alert(1)"), is_web("//evil")
    (True, False, False)
    """
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _parts(token: str) -> Iterator[str]:
    parts = token.split(".")
    if len(parts) != 3 or len(token) > MAX_TOKEN or not token.isascii():
        raise _bad()
    return iter(parts)


def _link(payload: bytes) -> Link:
    """What a signed payload says; who signed it may still have made a mistake."""
    try:
        said = json.loads(payload)
        expires = datetime.fromtimestamp(said["x"], UTC)
        texts = {name: _text(said, short) for name, short in _FIELDS.items()}
        return Link(expires=expires, url=_text(said, "u"), **texts)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        raise _bad() from None


def _text(said: Any, name: str) -> str:
    value = said.get(name, "")
    if not isinstance(value, str):
        raise TypeError(name)
    value.encode()
    return value


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise _bad() from None


def _bad() -> Invalid:
    return Invalid("this link was not signed here", reason="BAD_LINK", field="token")

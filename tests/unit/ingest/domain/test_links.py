"""Signed links: what is signed comes back, nothing else does."""

import base64
import hashlib
import hmac
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramatis.core.errors import Invalid
from dramatis.ingest.domain.links import CLICK, OPEN, Link, LinkKey, LinkKeys

SECRET = "0123456789abcdef0123456789abcdef"
KEY = LinkKey("acme", "k1", SECRET.encode())
KEYS = LinkKeys({"k1": KEY})
LINK = Link(
    "r1", datetime(2030, 1, 1, tzinfo=UTC), "spring", "d1", "m1", "https://shop.example/a?b=c"
)


def test_what_was_signed_comes_back() -> None:
    assert KEYS.read(CLICK, KEY.sign(CLICK, LINK)) == ("acme", LINK)
    opened = replace(LINK, url="", decision_id="")
    assert KEYS.read(OPEN, KEY.sign(OPEN, opened)) == ("acme", opened)


def test_a_token_made_by_hand_as_the_documentation_says() -> None:
    payload = base64.urlsafe_b64encode(
        json.dumps({"r": "r1", "u": "https://shop.example/", "x": 1893456000}).encode()
    ).rstrip(b"=")
    mac = hmac.new(SECRET.encode(), b"click.k1." + payload, hashlib.sha256).digest()
    token = f"k1.{payload.decode()}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    assert KEYS.read(CLICK, token) == (
        "acme",
        Link("r1", LINK.expires, url="https://shop.example/"),
    )


def test_an_open_is_no_click() -> None:
    with pytest.raises(Invalid):
        KEYS.read(CLICK, KEY.sign(OPEN, LINK))


@given(st.integers(0, 400), st.integers(0, 255))
def test_no_byte_of_a_token_can_be_another(at: int, byte: int) -> None:
    token = KEY.sign(CLICK, LINK)
    at %= len(token)
    changed = token[:at] + chr(byte) + token[at + 1 :]
    if changed == token:
        return
    with suppress(Invalid):
        assert KEYS.read(CLICK, changed) == ("acme", LINK)  # the unused bits of a last digit


@pytest.mark.parametrize(
    "token", ["", ".", "..", "k1..", "k2.e30.AAAA", "k1.e30.AAAA", "a" * 9000, "ü.ü.ü"]
)
def test_what_is_no_token(token: str) -> None:
    with pytest.raises(Invalid):
        KEYS.read(CLICK, token)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "//evil",
        "https://",
        "ftp://a",
        "https://a\r\nb",
        "https://ü.example",
        "http://[1",
    ],
)
def test_a_link_leads_to_a_web_page(url: str) -> None:
    with pytest.raises(Invalid):
        replace(LINK, url=url)


@pytest.mark.parametrize("payload", [b"[]", b"{}", b'{"x":1}', b'{"r":7,"x":1}', b'{"r":"r1","x":1e99}', b"\xff", b'{"r":"r1","x":9,"u":"javascript:1"}'])  # fmt: skip
def test_whoever_signs_may_make_mistakes(payload: bytes) -> None:
    text = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
    mac = base64.urlsafe_b64encode(KEY._mac(CLICK, text)).rstrip(b"=").decode()
    with pytest.raises(Invalid):
        KEYS.read(CLICK, f"k1.{text}.{mac}")


def test_keys_are_read_and_not_shown() -> None:
    keys = LinkKeys.parse(f"acme:k1:{SECRET}, beta:k2:{SECRET}")
    assert {each.tenant for each in keys.keys.values()} == {"acme", "beta"}
    assert SECRET not in f"{keys} {keys!r}"
    for text in (
        "acme",
        "acme:k1:short",
        f"acme:k 1:{SECRET}",
        f"Acme:k1:{SECRET}",
        f"a:k1:{SECRET},b:k1:{SECRET}",
    ):
        with pytest.raises(ValueError, match=r".+"):
            LinkKeys.parse(text)

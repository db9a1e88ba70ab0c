"""Addresses of people and machines, which have no place where a pseudonym belongs."""

import re
from ipaddress import IPv6Address
from typing import Final

EMAIL_MARK: Final = "[e-mail]"
IP_MARK: Final = "[ip]"
_EMAIL = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+\.[^@\s<>,;:.\"]{2,}")
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\d)")
_LIKE_IPV6 = re.compile(r"(?<![\w:])[0-9a-fA-F]{0,4}:[0-9a-fA-F:]*:[0-9a-fA-F.]*")
_HINT = re.compile(rb"[@?#]|\d\.\d{1,3}\.\d|:[0-9a-fA-F]{0,4}:")


def is_email(text: str) -> bool:
    """Whether there is an e-mail address in the text.

    >>> is_email("ann@example.org"), is_email("Ann <ann@example.org>"), is_email("r-17@web")
    (True, True, False)
    """
    return "@" in text and _EMAIL.search(text) is not None


def is_address(text: str) -> bool:
    """Whether there is an e-mail or an IP address in the text.

    >>> is_address("from 192.0.2.7."), is_address("2001:db8::7")
    (True, True)
    >>> is_address("12:30:05"), is_address("v1.2.3"), is_address("std::min")
    (False, False, False)
    """
    return without(text) != text


def hint(value: bytes) -> bool:
    """Whether serialised texts may hold an address, or the query of a URL; cheap, errs to yes."""
    return _HINT.search(value) is not None


def without(text: str) -> str:
    """The text with marks instead of addresses.

    >>> without("550 <ann@example.org> unknown to 192.0.2.7 and [2001:db8::7]")
    '550 <[e-mail]> unknown to [ip] and [[ip]]'
    """
    if "@" in text:
        text = _EMAIL.sub(EMAIL_MARK, text)
    if ":" in text:
        text = _LIKE_IPV6.sub(_marked, text)
    return _IPV4.sub(IP_MARK, text)


def _marked(found: re.Match[str]) -> str:
    try:
        IPv6Address(found[0].rstrip("."))
    except ValueError:
        return found[0]
    return IP_MARK

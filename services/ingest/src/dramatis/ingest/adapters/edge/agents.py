"""What a user agent tells: a machine or a person, and on what device."""

import re
from functools import lru_cache
from typing import Final

KNOWN: Final = 1_024
"""How many user agents are remembered: most events name one of few."""

_MACHINES: Final = re.compile(
    r"bot\b|crawl|spider|slurp|preview|prefetch|scan|monitor|headless|python|curl|wget|java/|"
    r"go-http|okhttp|libwww|httpclient|facebookexternalhit|barracuda|proofpoint|mimecast|"
    r"safelinks|ironport|symantec|trendmicro|yahoomailproxy",
    re.IGNORECASE,
)
_PREFETCHERS: Final = frozenset(
    {
        "Mozilla/5.0",  # Apple's mail privacy protection says no more than this
        # Gmail, where it fetches images before anyone has opened the message
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",
    }
)
_PREFETCHES: Final = frozenset({"prefetch", "preview", "prerender"})


@lru_cache(maxsize=KNOWN)
def is_machine(agent: str) -> bool:
    """Whether no person was behind it: a privacy proxy, a link scanner, a crawler.

    Gmail's image proxy is none of them: it fetches an image when a person opens the message.

    >>> is_machine("Mozilla/5.0"), is_machine("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
    (True, False)
    """
    return agent.strip() in _PREFETCHERS or _MACHINES.search(agent) is not None


def is_prefetch(purpose: str) -> bool:
    """Whether a browser loads something that nobody asked for yet (`Sec-Purpose`, `Purpose`).

    >>> is_prefetch("prefetch;prerender"), is_prefetch("")
    (True, False)
    """
    return purpose.partition(";")[0].strip().lower() in _PREFETCHES


@lru_cache(maxsize=KNOWN)
def device_class(agent: str) -> str:
    """phone, tablet or desktop; empty where the agent does not tell.

    >>> device_class("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148")
    'phone'
    >>> device_class("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"), device_class("x")
    ('desktop', '')
    """
    words = agent.lower()
    if "ipad" in words or "tablet" in words or ("android" in words and "mobile" not in words):
        return "tablet"
    if "iphone" in words or "mobile" in words:
        return "phone"
    return "desktop" if any(each in words for each in ("windows", "macintosh", "x11")) else ""

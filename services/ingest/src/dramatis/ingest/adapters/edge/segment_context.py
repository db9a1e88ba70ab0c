"""Where and how something was done, from the `context` of a tracking call.

Fields as of https://segment.com/docs/connections/spec/common/ .
"""

import zoneinfo
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.core.errors import Invalid
from dramatis.ingest.adapters.edge import agents
from dramatis.ingest.adapters.edge.fields import MAX_TEXT, Json, fit, mapping, text

_DEVICES: Final = {"ios": "phone", "android": "phone", "mobile": "phone", "browser": ""}
_CLASSES: Final = frozenset({"phone", "tablet", "desktop"})


def fill(event: pb.Event, context: Json, properties: Json, agent: str, at: datetime) -> None:
    """Writes what is known of place, device and session, and nothing where nothing is.

    Args:
        event: whose context it becomes.
        context: of the call.
        properties: of the call; some libraries write the session there.
        agent: user agent of the browser that sent it; empty if a server did.
        at: when it happened.
    """
    found = {
        "session_id": text(context, "sessionId", "context.")
        or text(properties, "session_id", "properties."),
        "device_class": _device(context, agent),
        **_place(mapping(context.get("location"), "context.location")),
    }
    for name, value in found.items():
        if value:
            setattr(event.context, name, value)
    hour = _hour(text(context, "timezone", "context."), at)
    if hour is not None:
        event.context.local_hour = hour


def page_of(context: Json, properties: Json) -> str:
    """The path of the page, without its query."""
    page = mapping(context.get("page"), "context.page")
    for source, path in ((properties, "properties."), (page, "context.page.")):
        if found := text(source, "path", path) or path_of(text(source, "url", path)):
            return found.partition("?")[0].partition("#")[0]
    return ""


def path_of(url: str) -> str:
    """The path in an address; empty where it is none.

    >>> path_of("https://shop.example/men/shoes?utm_source=x#top")
    '/men/shoes'
    """
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def without_query(url: str) -> str:
    """An address without its query and fragment, which may hold anything of anybody.

    >>> without_query("https://shop.example/a?mail=ann@example.org#b")
    'https://shop.example/a'
    """
    return fit(url.partition("?")[0].partition("#")[0], "url")[:MAX_TEXT]


def _device(context: Json, agent: str) -> str:
    device = mapping(context.get("device"), "context.device")
    kind = text(device, "type", "context.device.").lower()
    if kind in _CLASSES:
        return kind
    return agents.device_class(text(context, "userAgent", "context.") or agent) or _DEVICES.get(
        kind, ""
    )


def _place(location: Json) -> dict[str, str]:
    country = text(location, "country", "context.location.").upper()
    if not is_country(country):
        return {}
    region = text(location, "region", "context.location.").upper()
    return {"country_code": country, "region_code": region_code(country, region)}


def is_country(code: str) -> bool:
    """Whether a text has the form of an ISO 3166-1 alpha-2 code."""
    return len(code) == 2 and code.isascii() and code.isalpha()


def region_code(country: str, region: str) -> str:
    """The ISO 3166-2 code; empty where the region is not said as a code.

    >>> region_code("US", "TX"), region_code("US", "US-TX"), region_code("DE", "Bayern am Main")
    ('US-TX', 'US-TX', '')
    """
    part = region.removeprefix(f"{country}-")
    return f"{country}-{part}" if 1 <= len(part) <= 3 and part.isascii() and part.isalnum() else ""


def _hour(zone: str, at: datetime) -> int | None:
    """The hour where the recipient is; None where the zone is not known."""
    if not zone:
        return None
    try:
        return at.astimezone(zoneinfo.ZoneInfo(zone)).hour
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OverflowError, OSError):
        return None


def mend(original: datetime, sent: datetime | None, received: datetime) -> datetime:
    """When it happened by our clock: as long before we got it as the sender says it was.

    Raises:
        Invalid: that would be no time at all.
    """
    if sent is None:
        return original
    try:
        return received - (sent - original)
    except OverflowError:
        raise Invalid("timestamp and sentAt are ages apart", field="timestamp") from None

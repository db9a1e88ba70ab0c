from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramatis.ingest.adapters.feeds.rss_parser import MAX_ENTRIES, parse
from tests.integration.ingest.feeds.servers import rss

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ADDRESS = "https://news.example/feed"

ATOM = b"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>t</title>
 <entry><id>tag:news.example,2026:1</id><title type="html">Zehn &amp;lt;b&amp;gt;Jobs</title>
  <updated>2026-05-01T13:00:00+02:00</updated><summary>weg</summary><category term="Arbeit"/></entry>
 <entry xml:lang="fr"><link href="https://news.example/2"/><title>Deux</title>
  <published>2099-01-01T00:00:00Z</published></entry>
 <entry><title>no name</title></entry>
 <entry><id>urn:3</id></entry>
</feed>"""


def test_rss_items():
    found = parse(rss([("1", "Ten &amp; twenty"), ("2", "Two")]), ADDRESS, NOW)
    first, second = found.items
    assert found.broken == []
    assert (first.item_id, second.item_id) == (f"{ADDRESS}#1", f"{ADDRESS}#2")
    assert (first.title, first.text) == ("Ten & twenty", "Ten & twenty. Ten & twenty indeed")
    assert first.time == NOW - timedelta(hours=1)
    assert first.language_code == "en-GB"


def test_atom_entries():
    found = parse(ATOM, ADDRESS, NOW)
    first, second = found.items
    assert found.broken == ["unusable_entry", "unusable_entry"]
    assert (first.item_id, first.tags) == ("tag:news.example,2026:1", ["Arbeit"])
    assert first.time == NOW - timedelta(hours=1)
    assert second.item_id == "https://news.example/2"
    assert second.time == NOW  # it says that it is yet to come
    assert (first.language_code, second.language_code) == ("de", "fr")


def test_what_is_broken_is_counted_and_the_rest_used():
    whole = rss([(str(n), f"Story number {n}") for n in range(10)])
    found = parse(whole[: len(whole) // 2], ADDRESS, NOW)
    assert found.broken == ["broken_xml"]
    assert 3 <= len(found.items) <= 6


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Log in</body></html>",
        b"/etc/passwd",
        b"https://news.example/x",
        b"\0\xff\xfe",
    ],
)
def test_what_is_no_feed_is_said_to_be_none(body):
    found = parse(body, ADDRESS, NOW)
    assert list(found.items) == []
    assert found.broken in (["no_feed"], ["broken_xml"])


def test_an_entity_bomb_does_not_go_off():
    entities = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 10))
    bomb = (
        f"<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY e0 'boom'>{entities}"
        "<!ENTITY file SYSTEM 'file:///etc/passwd'>]><rss version='2.0'><channel>"
        "<item><guid>1</guid><title>&e9;&file;</title></item></channel></rss>"
    ).encode()
    found = parse(bomb, ADDRESS, NOW)
    assert all("root" not in each.text and len(each.text) <= 4_000 for each in found.items)


def test_a_feed_has_so_many_items_at_most():
    found = parse(rss([(str(n), "x") for n in range(MAX_ENTRIES + 50)]), ADDRESS, NOW)
    assert len(found.items) == MAX_ENTRIES


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_are_read(body):
    parse(body, ADDRESS, NOW)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 900), st.binary(max_size=20))
def test_a_feed_with_any_hole_is_read(at, noise):
    whole = ATOM
    found = parse(whole[:at] + noise + whole[at + len(noise) :], ADDRESS, NOW)
    assert all(each.item_id and each.title and each.time <= NOW for each in found.items)

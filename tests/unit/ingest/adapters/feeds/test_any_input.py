"""Whatever strangers send is an item, nothing, or a ValueError; never anything else."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from dramatis.core.errors import Exhausted, Unavailable
from dramatis.ingest.adapters.feeds import gdelt_messages, jetstream_messages, mastodon_messages
from dramatis.ingest.domain.feeds.item import Item
from tests.integration.ingest.feeds.servers import account, article, commit, status

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANY = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def spoiled(draw, message):
    """A good message with some value, anywhere in it, that is not."""
    message = json.loads(json.dumps(message))
    place, found = message, draw(st.sampled_from(sorted(message)))
    while isinstance(place[found], dict) and place[found] and draw(st.booleans()):
        place = place[found]
        found = draw(st.sampled_from(sorted(place)))
    place[found] = draw(ANY)
    return message


def sound(item):
    return (
        isinstance(item, Item) and item.item_id and isinstance(item.text, str) and item.time.tzinfo
    )


@settings(deadline=None)
@given(spoiled(status(7, "text")))
def test_a_status_with_anything_in_it(message):
    try:
        item = mastodon_messages.to_item(message, "host")
    except ValueError:
        return
    assert item is None or sound(item)


@settings(deadline=None)
@given(
    spoiled(
        commit(
            1_777_636_800_000_000, "r1", "text", tags=["a"], facets=[{"features": [{"tag": "b"}]}]
        )
    )
    | spoiled(account(1, "did:plc:x", active=False))
    | ANY
)
def test_a_frame_with_anything_in_it(message):
    frame = json.dumps(message)
    try:
        event = jetstream_messages.read(frame)
    except ValueError:
        return
    assert isinstance(event.time_us, int)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_half_a_frame(text):
    whole = json.dumps(commit(1_777_636_800_000_000, "r1", text or "x"))
    for at in range(0, len(whole), 7):
        try:
            jetstream_messages.read(whole[:at])
        except ValueError:
            continue
        raise AssertionError("half a frame is none")


@settings(deadline=None)
@given(st.lists(spoiled(article("20260501T113000Z", "title")) | ANY, max_size=4) | ANY)
def test_articles_with_anything_in_them(articles):
    try:
        found = gdelt_messages.read(json.dumps({"articles": articles}).encode(), "topic")
    except (Unavailable, Exhausted):
        return
    assert all(sound(each) for each in found.items)
    assert found.found >= len(found.items)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_for_articles(body):
    try:
        gdelt_messages.read(body, "topic")
    except (Unavailable, Exhausted):
        return


@given(st.text(max_size=60))
def test_any_title_survives_json_that_is_none(title):
    """GDELT writes titles into its JSON as they are, but for quotes."""
    told = title.replace("\\", "\\\\").replace('"', '\\"') + " \\' end"
    body = f'{{"articles": [{{"url": "u", "title": "{told}", "seendate": "20260501T113000Z"}}]}}'
    (item,) = gdelt_messages.read(body.encode("utf-8", "replace"), "topic").items
    assert item.title.endswith("\\' end")

"""What is kept of what could not be used."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dramatis.ingest.adapters.edge import remains
from tests.unit.ingest.adapters.edge.senders import (
    mailgun_event,
    postmark_record,
    sendgrid_event,
    ses_event,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def test_ids_and_times_stay_addresses_do_not() -> None:
    for item in (
        sendgrid_event(1, ip="192.0.2.1"),
        mailgun_event(),
        postmark_record(),
        ses_event("Bounce"),
    ):
        kept = remains.of(item).decode()
        assert "@" not in kept
        assert not any(address in kept for address in ("192.0.2.1", "188.2.95.4", "50.56.129.169"))
        assert "r1" in kept


def test_even_where_names_say_otherwise() -> None:
    item = {"event": "ann@example.org", "ann@example.org": "x", "timestamp": ["bob@example.org"]}
    assert "@" not in remains.of(item).decode()


@given(JSON)
def test_whatever_it_was_it_is_json_and_small(item: Any) -> None:
    assert json.loads(remains.of(item)) is not ...

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.api.common.v1.recipient_pb2 import AttributeValue
from dramatis.core.consent import DataType
from dramatis.core.errors import Invalid
from dramatis.ingest.domain import rules
from dramatis.ingest.domain.incoming import IncomingEvent
from dramatis.ingest.domain.notes import Note
from dramatis.ingest.domain.permissions import UNASKED, Permissions
from dramatis.ingest.domain.places import NOWHERE, Place
from dramatis.ingest.domain.policy import Policy
from dramatis.ingest.domain.rules import Known, Limits, Setting
from dramatis.ingest.domain.verdict import ACCEPTED, DUPLICATE, Outcome, Verdict
from tests.unit.ingest.fakes import NOW, event, pseudonym, unsubscribed

PAGE = pb.SITE_EVENT_KIND_PAGE_VIEWED
CLICKED = pb.MESSAGE_EVENT_KIND_CLICKED


def make_setting(known: Known | None = None, **parts: Any) -> Setting:
    return Setting(Limits(), known or Known(), NOW, lambda text: pseudonym("acme", text), **parts)


def judge(event: IncomingEvent, known: Known | None = None, **parts: Any) -> Verdict:
    return rules.judge(event, make_setting(known, **parts))


def admitted(event: IncomingEvent, setting: Setting) -> pb.Event:
    """What would be written."""
    assert rules.judge(event, setting) is ACCEPTED
    return pb.Event.FromString(event.value)


def reason(verdict: Verdict) -> str:
    return verdict.error.reason if verdict.error else ""


def denied(*data_types: DataType) -> Known:
    return Known(permissions={"r1": Permissions(denied=frozenset(data_types))})


def granted(*data_types: DataType, **known: Any) -> Known:
    return Known(permissions={"r1": Permissions(granted=frozenset(data_types))}, **known)


def updated(**attributes: AttributeValue) -> IncomingEvent:
    return event("e1", recipient_updated=pb.RecipientUpdated(attributes=attributes))


def site(**fields: Any) -> IncomingEvent:
    return event("e1", site=pb.SiteEvent(kind=PAGE, **fields))


def test_a_good_event_is_accepted_as_it_is() -> None:
    good = event("e1")
    before = good.value
    assert judge(good) is ACCEPTED
    assert good.value == before


@pytest.mark.parametrize(("more", "good"), [(0, True), (-1, False)])
def test_size(more: int, good: bool) -> None:
    sent = event("e1")
    limits = Limits(max_event_bytes=len(sent.value) + more)
    verdict = rules.judge(sent, replace(make_setting(), limits=limits))
    assert (verdict is ACCEPTED) == good
    assert verdict.rule == ("append" if good else "size")


def test_schema() -> None:
    fault = Invalid("no", reason="INVALID_FIELD", field="event_time")
    verdict = judge(replace(event("e1"), fault=fault))
    assert (verdict.outcome, verdict.rule, verdict.error) == (Outcome.REJECTED, "schema", fault)


def test_a_tenant_takes_the_kinds_of_events_that_it_says() -> None:
    policy = Policy(events=("order",))
    assert reason(judge(site(), policy=policy)) == "EVENT_KIND_NOT_TAKEN"
    assert judge(event("e1", order=pb.OrderEvent(kind=1)), policy=policy) is ACCEPTED
    assert judge(unsubscribed("e1"), policy=policy) is ACCEPTED


@pytest.mark.parametrize(("minutes", "good"), [(-10_000, True), (5, True), (5.1, False)])
def test_clock_quarantines_the_future(minutes: float, good: bool) -> None:
    verdict = judge(replace(event("e1"), time=NOW + timedelta(minutes=minutes)))
    assert verdict.outcome == (Outcome.ACCEPTED if good else Outcome.QUARANTINED)
    assert reason(verdict) == ("" if good else "EVENT_FROM_FUTURE")


def test_what_is_set_aside_holds_no_more_than_the_log_may() -> None:
    context = pb.EventContext(country_code="DE")
    ahead = replace(event("e1", context=context), time=NOW + timedelta(hours=1))
    assert judge(ahead).outcome is Outcome.QUARANTINED
    assert not pb.Event.FromString(ahead.value).context.country_code
    assert judge(ahead, Known(erased={"r1"})).outcome is Outcome.REJECTED


@pytest.mark.parametrize(
    ("types", "sent", "good"),
    [
        ((), site(), True),
        ((DataType.ALL,), site(), False),
        ((DataType.ALL,), updated(), False),
        ((DataType.BEHAVIOUR,), site(), False),
        ((DataType.BEHAVIOUR,), updated(), True),
        ((DataType.LOCATION,), site(), True),
        ((DataType.ALL,), unsubscribed("e1"), True),
    ],
)
def test_what_was_denied_is_not_learned(
    types: tuple[DataType, ...], sent: IncomingEvent, good: bool
) -> None:
    verdict = judge(sent, denied(*types))
    assert (verdict is ACCEPTED) == good
    assert reason(verdict) == ("" if good else "PROFILING_DENIED")


def test_a_tenant_may_ask_before_it_learns_anything() -> None:
    policy = Policy(unasked={**UNASKED, DataType.BEHAVIOUR: False})
    assert reason(judge(site(), policy=policy)) == "CONSENT_MISSING"
    assert judge(site(), granted(DataType.BEHAVIOUR), policy=policy) is ACCEPTED


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (Known(), "CONSENT_MISSING"),
        (granted(DataType.SOCIAL), ""),
        (granted(DataType.ALL), ""),
        (denied(DataType.SOCIAL), "PROFILING_DENIED"),
    ],
)
def test_what_was_said_in_public_needs_a_yes(known: Known, expected: str) -> None:
    said = event("e1", social=pb.SocialEvent(kind=pb.SOCIAL_EVENT_KIND_LIKED))
    assert reason(judge(said, known)) == expected


CONTEXT = pb.EventContext(country_code="DE", region_code="DE-BE", local_hour=3, daypart="night")


@pytest.mark.parametrize(
    ("known", "kept"),
    [
        (Known(), False),
        (denied(DataType.LOCATION), False),
        (granted(DataType.LOCATION), True),
        (granted(DataType.ALL), True),
    ],
)
def test_the_location_is_kept_of_who_allows_it(known: Known, kept: bool) -> None:
    setting = make_setting(known)
    sent = event("e1", context=pb.EventContext(device_class="phone"))
    sent = event("e1", context=CONTEXT)
    assert (admitted(sent, setting).context == CONTEXT) == kept
    dropped = [each.field for each in setting.notes.counts]
    assert dropped == (
        []
        if kept
        else [
            f"context.{each}" for each in ("country_code", "region_code", "local_hour", "daypart")
        ]
    )


def test_no_outweighs_yes_whatever_its_scope() -> None:
    said = Permissions(denied=frozenset({DataType.LOCATION}), granted=frozenset({DataType.ALL}))
    left = admitted(event("e1", context=CONTEXT), make_setting(Known(permissions={"r1": said})))
    assert left.context == pb.EventContext()


def test_a_session_keeps_its_id_after_a_yes_and_is_one_session_before() -> None:
    context = pb.EventContext(session_id="s1")
    first = admitted(event("e1", context=context), make_setting())
    again = admitted(event("e2", context=context), make_setting())
    assert first.context.session_id == again.context.session_id == pseudonym("acme", "s1")
    known = granted(DataType.BEHAVIOUR)
    assert admitted(event("e1", context=context), make_setting(known)).context.session_id == "s1"


def test_values_of_third_parties_are_kept_of_who_allows_them() -> None:
    def sent() -> IncomingEvent:
        return updated(age=AttributeValue(number=40), income=AttributeValue(rank=2, source="panel"))

    setting = make_setting()
    assert set(admitted(sent(), setting).recipient_updated.attributes) == {"age"}
    assert setting.notes.counts == {
        Note("event", "consent", "dropped", "recipient_updated.attributes.*"): 1
    }
    known = granted(DataType.THIRD_PARTY)
    left = admitted(sent(), make_setting(known)).recipient_updated
    assert set(left.attributes) == {"age", "income"}


def test_each_third_party_is_asked_about_by_its_own_name() -> None:
    said = Permissions(granted=frozenset({DataType.THIRD_PARTY}), parties={"panel": False})
    sent = updated(
        income=AttributeValue(rank=2, source="panel"), size=AttributeValue(rank=1, source="house")
    )
    setting = make_setting(Known(permissions={"r1": said}))
    assert set(admitted(sent, setting).recipient_updated.attributes) == {"size"}
    shop = site(
        properties={
            "a": AttributeValue(flag=True, source="panel"),
            "b": AttributeValue(flag=True, source="house"),
        }
    )
    policy = Policy(names={"site.properties": None})
    setting = make_setting(Known(permissions={"r1": said}), policy=policy)
    assert set(admitted(shop, setting).site.properties) == {"b"}


def test_nothing_is_kept_of_the_erased_not_even_that_they_unsubscribe() -> None:
    verdict = judge(unsubscribed("e1"), Known(erased={"r1"}))
    assert (verdict.rule, reason(verdict)) == ("consent", "RECIPIENT_ERASED")


@pytest.mark.parametrize(
    ("text", "good"),
    [("r-17@web", True), ("ann@example.org", False), ("<Ann.B+c@mail.example.org>", False)],
)
def test_nobody_is_called_by_an_address(text: str, good: bool) -> None:
    for sent in (event("e1", text), updated(a=AttributeValue(category=text))):
        verdict = judge(sent)
        assert (verdict is ACCEPTED) == good
        assert reason(verdict) == ("" if good else "RAW_EMAIL_ADDRESS")
        assert text not in (verdict.error.message if verdict.error else "")


def test_links_lose_their_query() -> None:
    clicked = event(
        "e1", message=pb.MessageEvent(kind=CLICKED, link="https://a.example/x?mail=a@b.org#y")
    )
    assert admitted(clicked, make_setting()).message.link == "https://a.example/x"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("shoes", "shoes"),
        ("mail ann@example.org", "mail [e-mail]"),
        ("from 192.0.2.7", "from [ip]"),
        ("from 2001:db8::7", "from [ip]"),
        ("at 12:30:05", "at 12:30:05"),
        ("x" * 500, "x" * 128),
    ],
)
def test_free_text_is_short_and_without_addresses(text: str, left: str) -> None:
    assert admitted(site(query=text), make_setting()).site.query == left


def test_ids_that_hold_an_address_are_hashed() -> None:
    setting = make_setting()
    left = admitted(
        event(
            "e1",
            order=pb.OrderEvent(kind=1, order_id="ann@example.org", categories=["a", "192.0.2.7"]),
        ),
        setting,
    )
    assert left.order.order_id == pseudonym("acme", "ann@example.org")
    assert list(left.order.categories) == ["a", pseudonym("acme", "192.0.2.7")]
    assert Note("event", "minimise", "hashed", "order.order_id") in setting.notes.counts


def test_names_off_the_list_are_dropped() -> None:
    both = {"section": AttributeValue(category="news"), "mail": AttributeValue(category="a@b.org")}
    assert not admitted(site(properties=both), make_setting()).site.properties
    policy = Policy(names={"site.properties": ("sect*",), "recipient_updated.attributes": ("age",)})
    setting = make_setting(policy=policy)
    assert set(admitted(site(properties=both), setting).site.properties) == {"section"}
    ages = {"age": AttributeValue(number=1), "ages": AttributeValue(number=2)}
    assert set(admitted(updated(**ages), setting).recipient_updated.attributes) == {"age"}
    assert set(setting.notes.counts) == {
        Note("event", "minimise", "dropped", "site.properties.*"),
        Note("event", "minimise", "dropped", "recipient_updated.attributes.*"),
    }


def locate(address: str) -> Place:
    return Place("DE", "DE-BE") if address == "192.0.2.7" else NOWHERE


def test_place_and_hour_are_added_where_they_may_be() -> None:
    zones = {"r1": "Europe/Berlin"}
    sent = replace(site(), ip="192.0.2.7")
    left = admitted(sent, make_setting(granted(DataType.LOCATION, zones=zones), locate=locate))
    assert left.context == pb.EventContext(
        country_code="DE", region_code="DE-BE", local_hour=13, daypart="afternoon"
    )
    sent = replace(site(), ip="192.0.2.7")
    assert not admitted(sent, make_setting(Known(zones=zones), locate=locate)).HasField("context")


def test_what_the_sender_says_counts_more() -> None:
    known = granted(DataType.LOCATION, zones={"r1": "Europe/Berlin"})
    sent = event("e1", context=pb.EventContext(country_code="FR", local_hour=0))
    left = admitted(replace(sent, ip="192.0.2.7"), make_setting(known, locate=locate)).context
    assert (left.country_code, left.local_hour, left.daypart) == ("FR", 0, "night")


def test_deduplicate() -> None:
    assert judge(event("e1"), Known(seen={"e1"})) is DUPLICATE


def test_what_is_wrong_is_not_called_a_duplicate() -> None:
    verdict = judge(event("e1", "ann@example.org"), Known(seen={"e1"}))
    assert verdict.rule == "minimise"


def test_an_auditor_reads_the_rules_in_their_order() -> None:
    names = [rule.__name__ for rule in rules.RULES]
    assert names == [
        "size",
        "schema",
        "tenant",
        "clock",
        "erasure",
        "consent",
        "minimise",
        "enrich",
        "deduplicate",
    ]

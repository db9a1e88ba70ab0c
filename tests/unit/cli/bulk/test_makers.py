from datetime import UTC, datetime
from pathlib import Path

import pytest

from dramatis.api.common.v1 import consent_pb2, event_pb2
from dramatis.cli.adapters.event_words import FIELDS, KINDS, vocabulary
from dramatis.cli.adapters.row_events import EventMaker
from dramatis.cli.adapters.row_recipients import RecipientMaker
from dramatis.cli.bulk import mapping_file
from dramatis.cli.bulk.cells import Unreadable
from dramatis.cli.bulk.mapping import (
    Cell,
    ConsentMapping,
    EventMapping,
    Kinds,
    RecipientMapping,
)
from dramatis.cli.bulk.rows import Place, Row

EXAMPLES = Path(__file__).parents[4] / "examples"
INVOICE = {
    "InvoiceNo": "536527", "StockCode": "22809", "Quantity": "6", "InvoiceDate": "12/1/2010 13:04",
    "UnitPrice": "2.95", "CustomerID": "12662", "Country": "Germany",
}  # fmt: skip


def example(name: str) -> EventMapping | RecipientMapping:
    return mapping_file.read(EXAMPLES / f"mapping_{name}.yaml", vocabulary()).mapping.rows


def row(number: int = 1, **cells: object) -> Row:
    return Row(Place(number), number + 1, cells)


def test_a_line_of_an_order() -> None:
    maker = EventMaker(example("orders"), "f00d")
    event = maker.make(row(7, **INVOICE))
    assert event is not None
    assert (event.event_id, event.recipient_id) == ("f00d-7", "shop-12662")
    assert event.event_time.ToDatetime(UTC) == datetime(2010, 12, 1, 13, 4, tzinfo=UTC)
    assert event.order.kind == event_pb2.ORDER_EVENT_KIND_COMPLETED
    assert (event.order.amount.micros, event.order.amount.currency_code) == (17_700_000, "GBP")
    assert event.order.categories == ["22809"]
    assert event.context.country_code == "DE"


def test_a_cancelled_order() -> None:
    cells = INVOICE | {"InvoiceNo": "C536527", "Quantity": "-6"}
    event = EventMaker(example("orders"), "f00d").make(row(**cells))
    assert event is not None
    assert event.order.kind == event_pb2.ORDER_EVENT_KIND_REFUNDED
    assert event.order.amount.micros == 17_700_000


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("CustomerID", "", "missing"),
        ("InvoiceDate", "1.12.2010", "not_a_time"),
        ("InvoiceDate", "", "missing"),
        ("UnitPrice", "free", "not_a_number"),
        ("InvoiceNo", "", "missing"),
        ("Quantity", "", "missing"),
    ],
)
def test_a_row_that_is_none_is_told(column: str, text: str, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        EventMaker(example("orders"), "f00d").make(row(**INVOICE | {column: text}))
    assert (caught.value.column, caught.value.reason) == (column, reason)


def test_what_the_site_recorded() -> None:
    maker = EventMaker(example("site"), "f00d")
    cells = {"person": {"id": 9}, "source": "web", "id": 55, "at": 1_767_225_600_000, "path": "/a",
             "category": "garden", "seconds": 12.5, "utm_campaign": "spring", "device": "phone"}  # fmt: skip
    page = maker.make(row(**cells, event="page"))
    assert page is not None
    assert (page.event_id, page.recipient_id, page.site.page) == ("web/55", "9", "/a")
    assert page.context.session_duration.ToTimedelta().total_seconds() == 12.5
    assert page.attribution.campaign_id == "spring"
    click = maker.make(row(**cells, event="mail.click", mail_id="m1"))
    assert click is not None
    assert (click.message.kind, click.message.message_id) == (
        event_pb2.MESSAGE_EVENT_KIND_CLICKED,
        "m1",
    )
    assert not click.site.page
    assert maker.make(row(**cells, event="heartbeat")) is None
    with pytest.raises(Unreadable, match="missing"):
        maker.make(row(**cells | {"id": None}, event="page"))


def test_an_unknown_kind_is_rejected_unless_skipped() -> None:
    mapping = EventMapping(Cell("who"), Cell("at"), Kinds("what", "", {"a": "support"}))
    with pytest.raises(Unreadable, match="unknown_kind"):
        EventMaker(mapping, "f").make(row(who="r", at="2026-01-01", what="b"))


def test_every_kind_and_field_of_the_contract_can_be_mapped() -> None:
    values = {"string": "x", "bool": "yes", "double": "0.5", "int32": "3", "message": "1.5"}
    for kind, (payload, _) in KINDS.items():
        fields = {
            name: Cell(value=values.get(_type(field), next(iter(words), "1") if (words := _words(field)) else "1"))
            for name, field in FIELDS.items()
            if name.partition(".")[0] in {payload, "context", "attribution"}
        }  # fmt: skip
        mapping = EventMapping(Cell("who"), Cell("at"), Kinds(fixed=kind), fields=fields)
        event = EventMaker(mapping, "f").make(row(who="r", at="2026-01-01"))
        assert event is not None
        assert event.WhichOneof("payload") == payload
        for name in fields:
            part, _, field = name.partition(".")
            assert getattr(getattr(event, part), field), name


def _type(field) -> str:
    if field.message_type is not None:
        return "message"
    if field.enum_type is not None:
        return "enum"
    names = {9: "string", 8: "bool", 1: "double", 5: "int32"}
    return names[field.type]


def _words(field) -> list[str]:
    if field.enum_type is None:
        return []
    prefix = field.enum_type.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return [v.name.removeprefix(prefix).lower() for v in field.enum_type.values if v.number]


CUSTOMER = {
    "Kundennr": "17", "Land": "DE", "Alter": "44", "Umsatz": "1.210,50", "Stufe": "Gold", "App": "ja",
    "Mitglied seit": "01.07.2020", "Garten": "0,8", "Newsletter": "widerrufen",
    "Newsletter am": "02.01.2026", "Formular": "f-9",
}  # fmt: skip


def test_a_customer_of_a_crm() -> None:
    recipient = RecipientMaker(example("crm")).make(row(**CUSTOMER))
    known = recipient.attributes
    assert (recipient.recipient_id, recipient.time_zone) == ("crm-17", "Europe/Berlin")
    assert (known["age"].number, known["revenue_12m"].amount_micros) == (44, 1_210_500_000)
    assert (known["tier"].rank, known["app_user"].flag, known["country"].category) == (
        2,
        True,
        "DE",
    )
    assert known["member_since"].time.ToDatetime(UTC) == datetime(2020, 6, 30, 22, tzinfo=UTC)
    assert known["garden"].affinity == 0.8
    [consent] = recipient.consents
    assert consent.state == consent_pb2.CONSENT_STATE_WITHDRAWN
    assert (consent.source, consent.proof) == ("CRM export", "f-9")
    assert consent.consent_time.ToDatetime(UTC) == datetime(2026, 1, 1, 23, tzinfo=UTC)


def test_what_was_said_of_one_third_party() -> None:
    said = ConsentMapping(
        "profiling", "third_party", "Panel", {"ja": "granted"}, Cell("Stand"), third_party="house"
    )
    mapping = RecipientMapping(Cell("Kundennr"), consents=(said,))
    recipient = RecipientMaker(mapping).make(row(Kundennr="17", Panel="ja", Stand="2026-01-02"))
    [consent] = recipient.consents
    assert consent.data_type == consent_pb2.CONSENT_DATA_TYPE_THIRD_PARTY
    assert consent.third_party == "house"


def test_what_is_not_known_of_a_customer_is_left_out() -> None:
    recipient = RecipientMaker(example("crm")).make(row(Kundennr="17"))
    assert not recipient.attributes
    assert not recipient.consents
    assert not recipient.time_zone


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("Kundennr", "", "missing"),
        ("Alter", "old", "not_a_number"),
        ("Stufe", "Platin", "not_in_the_order"),
        ("App", "vielleicht", "not_yes_or_no"),
        ("Garten", "1,5", "not_in_0_to_1"),
        ("Newsletter", "?", "unknown_state"),
        ("Newsletter am", "", "missing"),
    ],
)
def test_a_customer_that_cannot_be_read(column: str, text: str, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        RecipientMaker(example("crm")).make(row(**CUSTOMER | {column: text}))
    assert (caught.value.column, caught.value.reason) == (column, reason)

"""Every RPC of ingest through a real socket, with what callers may do wrong."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest

from dramatis.api.common.v1 import (
    campaign_pb2,
    consent_pb2,
    event_pb2,
    item_pb2,
    recipient_pb2,
    signal_pb2,
)
from dramatis.api.ingest.v1 import ingest_pb2 as pb
from dramatis.runtime import status
from dramatis.runtime.log_token import LogToken
from dramatis.wire.times import to_timestamp
from tests.integration.ingest.conftest import KEYS, Connect, Ingest

ACCEPTED = item_pb2.ITEM_OUTCOME_ACCEPTED
REJECTED = item_pb2.ITEM_OUTCOME_REJECTED
Code = grpc.StatusCode
_numbers = itertools.count()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    ingest = Ingest(tmp_path_factory.mktemp("state"))
    yield ingest.port()
    ingest.kill()


@pytest.fixture
def stub(port: int, connect: Connect) -> Any:
    return connect(port)


@pytest.fixture
def unique() -> str:
    """A word that no other test uses."""
    return f"u{next(_numbers)}"


def event(event_id: str, recipient_id: str, **payload: Any) -> event_pb2.Event:
    message = event_pb2.Event(event_id=event_id, recipient_id=recipient_id, **payload)
    message.event_time.FromSeconds(1_760_000_000)
    if message.WhichOneof("payload") is None:
        message.site.kind = event_pb2.SITE_EVENT_KIND_PAGE_VIEWED
    return message


def consent(
    state: consent_pb2.ConsentState.ValueType,
    purpose: consent_pb2.ConsentPurpose.ValueType = consent_pb2.CONSENT_PURPOSE_MARKETING,
    second: int = 1,
) -> consent_pb2.Consent:
    at = datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC)
    return consent_pb2.Consent(state=state, purpose=purpose, consent_time=to_timestamp(at))


def outcomes(answer: Any) -> Sequence[int]:
    return [each.outcome for each in answer.results]


async def failure(call: Any) -> tuple[grpc.StatusCode, str, str]:
    """Code, reason and field of a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    info = status.error_info(caught.value)
    assert info is not None
    assert info.domain == "dramatis"
    return caught.value.code(), info.reason, info.metadata.get("field", "")


async def test_publish_events(stub: Any, unique: str) -> None:
    bad = event("", "r1")
    request = pb.PublishEventsRequest(
        request_id=unique, events=[event(f"{unique}-1", "r1"), bad, event(f"{unique}-2", "a@b.org")]
    )
    answer = await stub.PublishEvents(request)
    assert outcomes(answer) == [ACCEPTED, REJECTED, REJECTED]
    assert answer.results[1].error.metadata["field"] == "events[1].event_id"
    assert answer.results[1].error.code == Code.INVALID_ARGUMENT.value[0]
    assert answer.results[2].error.reason == "RAW_EMAIL_ADDRESS"
    assert LogToken.decode(answer.log_token).next_offsets
    assert await stub.PublishEvents(request) == answer


async def test_stream_events_acks_each_window_in_order(stub: Any, unique: str) -> None:
    async def windows() -> AsyncIterator[pb.StreamEventsRequest]:
        yield pb.StreamEventsRequest(sequence=1, events=[event(f"{unique}-1", "r1")])
        again = [event(f"{unique}-1", "r1"), event(f"{unique}-2", "r1")]
        yield pb.StreamEventsRequest(sequence=2, events=again)

    metadata = (("authorization", f"Bearer {KEYS['acme']}"),)
    answers = [each async for each in stub.StreamEvents(windows(), metadata=metadata)]
    assert [each.sequence for each in answers] == [1, 2]
    assert not answers[0].exceptions
    [exception] = answers[1].exceptions
    assert exception.index == 0
    assert exception.result.outcome == item_pb2.ITEM_OUTCOME_DUPLICATE
    assert answers[1].log_token


async def test_a_stream_that_skips_a_window_ends(stub: Any, unique: str) -> None:
    async def windows() -> AsyncIterator[pb.StreamEventsRequest]:
        yield pb.StreamEventsRequest(sequence=2, events=[event(f"{unique}-1", "r1")])

    metadata = (("authorization", f"Bearer {KEYS['acme']}"),)
    call = stub.StreamEvents(windows(), metadata=metadata)
    assert await failure(call.read()) == (Code.INVALID_ARGUMENT, "BAD_SEQUENCE", "sequence")


async def test_publish_signals(stub: Any, unique: str) -> None:
    signal = signal_pb2.Signal(
        signal_id=unique, kind=signal_pb2.SIGNAL_KIND_NEWS, topic="economy/downturn"
    )
    signal.signal_time.FromSeconds(1_760_000_000)
    bad = signal_pb2.Signal(signal_id="s", topic="t")
    request = pb.PublishSignalsRequest(request_id=unique, signals=[signal, bad, signal])
    answer = await stub.PublishSignals(request)
    assert outcomes(answer) == [ACCEPTED, REJECTED, item_pb2.ITEM_OUTCOME_DUPLICATE]
    assert answer.results[1].error.metadata["field"] == "signals[1].kind"


async def test_recipients_are_what_their_updates_make_of_them(stub: Any, unique: str) -> None:
    recipient = recipient_pb2.Recipient(
        recipient_id=unique,
        time_zone="Europe/Berlin",
        consents=[consent(consent_pb2.CONSENT_STATE_GRANTED)],
    )
    recipient.attributes["age"].number = 40
    recipient.attributes["city"].category = "Ulm"
    first = pb.UpsertRecipientsRequest(request_id=f"{unique}-1", recipients=[recipient])
    assert outcomes(await stub.UpsertRecipients(first)) == [ACCEPTED]

    recipient.attributes["age"].number = 41
    del recipient.attributes["city"]
    second = pb.UpsertRecipientsRequest(request_id=f"{unique}-2", recipients=[recipient])
    second.update_mask.paths.extend(["attributes.age", "attributes.city"])
    assert outcomes(await stub.UpsertRecipients(second)) == [ACCEPTED]

    held = await stub.GetRecipientData(pb.GetRecipientDataRequest(recipient_id=unique))
    assert held.recipient == recipient
    assert len(held.events) == 2


@pytest.mark.parametrize(
    "path", ["recipient_id", "attributes.", "attribute", "attributes." + "x" * 65]
)
async def test_masks_name_what_can_be_written(stub: Any, unique: str, path: str) -> None:
    request = pb.UpsertRecipientsRequest(request_id=unique)
    request.recipients.add(recipient_id=unique)
    request.update_mask.paths.append(path)
    found = await failure(stub.UpsertRecipients(request))
    assert found == (Code.INVALID_ARGUMENT, "INVALID", "update_mask")


async def test_bad_recipients_are_named(stub: Any, unique: str) -> None:
    nan = recipient_pb2.Recipient(recipient_id=unique)
    nan.attributes["age"].number = float("nan")
    zone = recipient_pb2.Recipient(recipient_id=unique, time_zone="over there!")
    mute = recipient_pb2.Recipient(recipient_id=unique, consents=[consent_pb2.Consent()])
    request = pb.UpsertRecipientsRequest(request_id=unique, recipients=[nan, zone, mute])
    answer = await stub.UpsertRecipients(request)
    assert [each.error.metadata["field"] for each in answer.results] == [
        "recipients[0].attributes.age.number",
        "recipients[1].time_zone",
        "recipients[2].consents[0].purpose",
    ]


async def test_who_denies_profiling_is_heard_and_not_profiled(stub: Any, unique: str) -> None:
    recipient = recipient_pb2.Recipient(recipient_id=unique)
    recipient.attributes["age"].number = 40
    purpose = consent_pb2.CONSENT_PURPOSE_PROFILING
    recipient.consents.append(consent(consent_pb2.CONSENT_STATE_DENIED, purpose))
    request = pb.UpsertRecipientsRequest(request_id=unique, recipients=[recipient])
    [result] = (await stub.UpsertRecipients(request)).results
    assert (result.outcome, result.error.reason) == (REJECTED, "PROFILING_DENIED")
    held = await stub.GetRecipientData(pb.GetRecipientDataRequest(recipient_id=unique))
    assert [each.state for each in held.recipient.consents] == [consent_pb2.CONSENT_STATE_DENIED]
    assert not held.events


async def test_the_newest_statement_holds_whatever_the_order(stub: Any, unique: str) -> None:
    said = [
        consent(consent_pb2.CONSENT_STATE_WITHDRAWN, second=9),
        consent(consent_pb2.CONSENT_STATE_GRANTED, second=5),
    ]
    for number, each in enumerate(said):
        request = pb.RecordConsentRequest(request_id=f"{unique}-{number}")
        request.statements.add(recipient_id=unique, consent=each)
        assert outcomes(await stub.RecordConsent(request)) == [ACCEPTED]
    held = await stub.GetRecipientData(pb.GetRecipientDataRequest(recipient_id=unique))
    assert list(held.recipient.consents) == said[:1]


async def test_bad_statements_are_named(stub: Any, unique: str) -> None:
    ahead = consent(consent_pb2.CONSENT_STATE_GRANTED)
    ahead.consent_time.FromSeconds(4_000_000_000)
    request = pb.RecordConsentRequest(request_id=unique)
    request.statements.add(recipient_id=unique)
    request.statements.add(consent=consent(consent_pb2.CONSENT_STATE_GRANTED))
    request.statements.add(recipient_id=unique, consent=ahead)
    answer = await stub.RecordConsent(request)
    assert outcomes(answer) == [REJECTED] * 3
    assert [each.error.metadata["field"] for each in answer.results] == [
        "statements[0].consent",
        "statements[1].recipient_id",
        "statements[2].consent_time",
    ]


async def test_consent_for_one_third_party_binds_its_values_alone(stub: Any, unique: str) -> None:
    said = consent(consent_pb2.CONSENT_STATE_GRANTED, consent_pb2.CONSENT_PURPOSE_PROFILING)
    said.data_type = consent_pb2.CONSENT_DATA_TYPE_THIRD_PARTY
    said.third_party = "panel"
    wrong = consent_pb2.Consent()
    wrong.CopyFrom(said)
    wrong.data_type = consent_pb2.CONSENT_DATA_TYPE_SOCIAL
    request = pb.RecordConsentRequest(request_id=unique)
    for each in (said, wrong):
        request.statements.add(recipient_id=unique, consent=each)
    answer = await stub.RecordConsent(request)
    assert outcomes(answer) == [ACCEPTED, REJECTED]
    assert answer.results[1].error.metadata["field"] == "statements[1].consent.third_party"
    values = {
        each: recipient_pb2.AttributeValue(number=1, source=each) for each in ("panel", "house")
    }
    told = event(f"{unique}-1", unique, recipient_updated={"attributes": values})
    await stub.PublishEvents(pb.PublishEventsRequest(request_id=f"{unique}-p", events=[told]))
    held = await stub.GetRecipientData(pb.GetRecipientDataRequest(recipient_id=unique))
    assert list(held.recipient.consents) == [said]
    assert list(held.recipient.attributes) == ["panel"]


async def test_a_value_that_has_ended_is_not_shown_as_current(stub: Any, unique: str) -> None:
    now = int(datetime.now(UTC).timestamp())
    values = {each: recipient_pb2.AttributeValue(number=1) for each in ("ended", "ends", "stays")}
    values["ended"].expire_time.FromSeconds(now - 1)
    values["ends"].expire_time.FromSeconds(now + 3600)
    told = event(f"{unique}-1", unique, recipient_updated={"attributes": values})
    late = event(f"{unique}-2", unique, recipient_updated={"attributes": {"ended": {"number": 2}}})
    late.event_time.seconds -= 60
    request = pb.PublishEventsRequest(request_id=unique, events=[told, late])
    assert outcomes(await stub.PublishEvents(request)) == [ACCEPTED, ACCEPTED]
    held = await stub.GetRecipientData(pb.GetRecipientDataRequest(recipient_id=unique))
    assert set(held.recipient.attributes) == {"ends", "stays"}
    assert len(held.events) == 2


def campaign(campaign_id: str, **fields: Any) -> campaign_pb2.Campaign:
    return campaign_pb2.Campaign(campaign_id=campaign_id, display_name="Spring", **fields)


async def test_campaigns_change_by_mask_and_count_up(stub: Any, unique: str) -> None:
    async def upsert(number: int, message: campaign_pb2.Campaign, *paths: str) -> Any:
        request = pb.UpsertCampaignsRequest(request_id=f"{unique}-{number}", campaigns=[message])
        request.update_mask.paths.extend(paths)
        return (await stub.UpsertCampaigns(request)).campaigns[0]

    attributes = {"category": "mens"}
    first = campaign(unique, stimulus=campaign_pb2.Stimulus(attributes=attributes))
    made = await upsert(1, first)
    assert (made.version, made.stimulus.attributes["category"]) == (1, "mens")
    assert (await upsert(2, first)).version == 1, "nothing changed"
    paused = await upsert(3, campaign_pb2.Campaign(campaign_id=unique, paused=True), "paused")
    assert (paused.version, paused.paused, paused.display_name) == (2, True, "Spring")


async def test_bad_campaigns_are_named_and_harm_no_other(stub: Any, unique: str) -> None:
    control = campaign("control")
    late = campaign(f"{unique}-late")
    late.start_time.FromSeconds(20)
    late.end_time.FromSeconds(10)
    odd = campaign(f"{unique}-odd", eligibility="recipient.age > 3")
    request = pb.UpsertCampaignsRequest(
        request_id=unique, campaigns=[control, campaign(unique), late, odd]
    )
    answer = await stub.UpsertCampaigns(request)
    assert outcomes(answer) == [REJECTED, ACCEPTED, REJECTED, REJECTED]
    assert [each.error.metadata.get("field", "") for each in answer.results] == [
        "campaigns[0].campaign_id", "", "campaigns[2].end_time", "campaigns[3].eligibility",
    ]  # fmt: skip
    assert [each.campaign_id for each in answer.campaigns] == ["", unique, "", ""]


async def test_validate_only_changes_nothing(stub: Any, unique: str) -> None:
    request = pb.UpsertCampaignsRequest(
        request_id=unique, campaigns=[campaign(unique)], validate_only=True
    )
    answer = await stub.UpsertCampaigns(request)
    assert answer.campaigns[0].version == 1
    listed = await stub.ListCampaigns(pb.ListCampaignsRequest(page_size=1000))
    assert unique not in {each.campaign_id for each in listed.campaigns}


async def test_campaigns_are_listed_page_by_page_per_tenant(
    port: int, connect: Connect, unique: str
) -> None:
    beta = connect(port, "beta")
    names = [f"{unique}-{each}" for each in range(5)]
    request = pb.UpsertCampaignsRequest(request_id=unique, campaigns=map(campaign, names))
    await beta.UpsertCampaigns(request)
    found: list[str] = []
    token = ""
    while True:
        page = await beta.ListCampaigns(pb.ListCampaignsRequest(page_size=2, page_token=token))
        found += [each.campaign_id for each in page.campaigns]
        token = page.next_page_token
        if not token:
            break
    assert found == names
    others = await connect(port).ListCampaigns(pb.ListCampaignsRequest(page_size=1000))
    assert not set(names) & {each.campaign_id for each in others.campaigns}


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ListCampaignsRequest(page_size=-1), "page_size"),
        (pb.ListCampaignsRequest(page_token="nonsense"), "page_token"),
        (pb.ListCampaignsRequest(page_token="bm9uc2Vuc2U="), "page_token"),
    ],
)
async def test_bad_pages(stub: Any, request_: pb.ListCampaignsRequest, field: str) -> None:
    code, _, found = await failure(stub.ListCampaigns(request_))
    assert (code, found) == (Code.INVALID_ARGUMENT, field)


async def test_an_erased_recipient_is_gone_and_stays_gone(stub: Any, unique: str) -> None:
    request = pb.PublishEventsRequest(request_id=unique, events=[event(f"{unique}-1", unique)])
    await stub.PublishEvents(request)
    erasure = pb.EraseRecipientRequest(request_id=unique, recipient_id=unique)
    erased = await stub.EraseRecipient(erasure)
    assert erased.log_token
    again = pb.EraseRecipientRequest(request_id=f"{unique}-again", recipient_id=unique)
    assert (await stub.EraseRecipient(again)).erase_time == erased.erase_time

    late = pb.PublishEventsRequest(request_id=f"{unique}-2", events=[event(f"{unique}-2", unique)])
    [result] = (await stub.PublishEvents(late)).results
    assert result.error.reason == "RECIPIENT_ERASED"
    upsert = pb.UpsertRecipientsRequest(request_id=unique)
    upsert.recipients.add(recipient_id=unique)
    assert outcomes(await stub.UpsertRecipients(upsert)) == [REJECTED]
    statement = pb.RecordConsentRequest(request_id=unique)
    said = consent(consent_pb2.CONSENT_STATE_GRANTED)
    statement.statements.add(recipient_id=unique, consent=said)
    assert outcomes(await stub.RecordConsent(statement)) == [REJECTED]
    data = stub.GetRecipientData(pb.GetRecipientDataRequest(recipient_id=unique))
    assert (await failure(data))[0] is Code.NOT_FOUND


async def test_another_tenants_recipient_is_as_one_who_never_was(
    port: int, connect: Connect, unique: str
) -> None:
    events = [event(f"{unique}-1", unique)]
    await connect(port).PublishEvents(pb.PublishEventsRequest(request_id=unique, events=events))
    beta = connect(port, "beta")
    call = beta.GetRecipientData(pb.GetRecipientDataRequest(recipient_id=unique))
    never = beta.GetRecipientData(pb.GetRecipientDataRequest(recipient_id=f"{unique}-never"))
    assert (await failure(call))[:2] == (await failure(never))[:2] == (Code.NOT_FOUND, "NOT_FOUND")


async def test_what_was_refused_is_counted_for_auditors(
    port: int, connect: Connect, unique: str
) -> None:
    beta = connect(port, "beta")
    context = event_pb2.EventContext(country_code="DE")
    kept = event(f"{unique}-1", unique, context=context)
    request = pb.PublishEventsRequest(
        request_id=unique, events=[kept, event(f"{unique}-2", "a@b.org"), event("", unique)]
    )
    assert outcomes(await beta.PublishEvents(request)) == [ACCEPTED, REJECTED, REJECTED]
    found, token = [], ""
    while token or not found:
        asked = pb.ListRefusalsRequest(page_size=1, page_token=token, start_day="2026-01-01")
        page = await beta.ListRefusals(asked)
        found += [(each.kind, each.rule, each.what, each.field) for each in page.refusals]
        token = page.next_page_token
    assert found == [
        ("event", "consent", "dropped", "context.country_code"),
        ("event", "minimise", "RAW_EMAIL_ADDRESS", "recipient_id"),
        ("event", "schema", "INVALID_FIELD", "event_id"),
    ]
    before = await beta.ListRefusals(pb.ListRefusalsRequest(end_day="2026-01-01"))
    assert not before.refusals
    bad = beta.ListRefusals(pb.ListRefusalsRequest(start_day="yesterday"))
    assert await failure(bad) == (Code.INVALID_ARGUMENT, "INVALID", "start_day")


MUTATING: Sequence[tuple[str, Callable[..., Any], str]] = [
    ("PublishEvents", pb.PublishEventsRequest, "events"),
    ("PublishSignals", pb.PublishSignalsRequest, "signals"),
    ("UpsertRecipients", pb.UpsertRecipientsRequest, "recipients"),
    ("UpsertCampaigns", pb.UpsertCampaignsRequest, "campaigns"),
    ("RecordConsent", pb.RecordConsentRequest, "statements"),
    ("EraseRecipient", pb.EraseRecipientRequest, "recipient_id"),
]


@pytest.mark.parametrize(("method", "make", "field"), MUTATING)
async def test_empty_requests(
    stub: Any, unique: str, method: str, make: Callable[..., Any], field: str
) -> None:
    call = getattr(stub, method)
    missing = (Code.INVALID_ARGUMENT, "REQUEST_ID_MISSING", "request_id")
    assert await failure(call(make())) == missing
    code, _, found = await failure(call(make(request_id=unique)))
    assert (code, found) == (Code.INVALID_ARGUMENT, field)


async def test_another_request_under_the_same_id(stub: Any, unique: str) -> None:
    for number, expected in enumerate((None, "REQUEST_ID_REUSED")):
        events = [event(f"{unique}-{number}", "r1")]
        call = stub.PublishEvents(pb.PublishEventsRequest(request_id=unique, events=events))
        if expected is None:
            await call
        else:
            assert (await failure(call))[1] == expected


async def test_it_stops_when_asked(tmp_path: Path) -> None:
    ingest = Ingest(tmp_path)
    ingest.port()
    ingest.process.terminate()
    ingest.output()
    assert ingest.process.returncode == 0

"""What each ESP says, in the shapes that its documentation shows, as events of ours."""

import json
from datetime import timedelta
from typing import Any

import pytest

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.core.errors import Invalid, Refused, Unavailable
from dramatis.ingest.adapters.edge import mailgun, messages, postmark, sendgrid, ses
from dramatis.ingest.adapters.edge.messages import Item, Told
from dramatis.ingest.adapters.edge.signatures import BadSignature, Freshness, Tokens
from dramatis.ingest.adapters.edge.sns import Sns, own
from dramatis.runtime.status import Unauthenticated
from tests.unit.ingest.adapters.edge import senders
from tests.unit.ingest.adapters.edge.senders import (
    Amazon,
    SendGridSender,
    mailgun_body,
    mailgun_event,
    postmark_record,
    sendgrid_event,
    ses_event,
)
from tests.unit.ingest.fakes import NOW, pseudonym

FRESH = Freshness()


def kinds(told: Any) -> list[str]:
    return [
        pb.MessageEventKind.Name(each.kind).removeprefix("MESSAGE_EVENT_KIND_") for each in told
    ]


def only(items: Any) -> Told:
    (item,) = items
    assert isinstance(item, Item)
    assert not isinstance(item.told, Invalid), item.told
    (told,) = item.told
    return told


# SendGrid


async def test_sendgrids_published_signature_is_right_to_the_last_byte() -> None:
    hook = sendgrid.SendGrid(senders.PUBLISHED_KEY, FRESH)
    told = only(
        await hook(senders.PUBLISHED_HEADERS, senders.PUBLISHED_BODY, senders.PUBLISHED_TIME)
    )
    assert kinds([told]) == ["BOUNCED"]
    assert told.detail == "Bounced Address"
    for body in (senders.PUBLISHED_BODY.rstrip(), senders.PUBLISHED_BODY + b" "):
        with pytest.raises(BadSignature):
            await hook(senders.PUBLISHED_HEADERS, body, senders.PUBLISHED_TIME)


async def test_sendgrids_signature_ages() -> None:
    hook = sendgrid.SendGrid(senders.PUBLISHED_KEY, FRESH)
    for days in (2, -1):
        with pytest.raises(Refused, match="too far from now"):
            await hook(
                senders.PUBLISHED_HEADERS, senders.PUBLISHED_BODY,
                senders.PUBLISHED_TIME + timedelta(days=days),
            )  # fmt: skip


@pytest.mark.parametrize("header", [sendgrid.SIGNATURE, sendgrid.TIMESTAMP])
@pytest.mark.parametrize("value", ["", "x", "MEUC", "\xff", "1600112503"])
async def test_other_signatures_of_sendgrid_are_wrong(header: str, value: str) -> None:
    hook = sendgrid.SendGrid(senders.PUBLISHED_KEY, FRESH)
    headers = {**senders.PUBLISHED_HEADERS, header: value}
    with pytest.raises(BadSignature):
        await hook(headers, senders.PUBLISHED_BODY, senders.PUBLISHED_TIME)


@pytest.mark.parametrize("key", ["", "no base64!", "bm8ga2V5"])
def test_what_is_no_key_of_sendgrid_is_said_at_the_start(key: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        sendgrid.SendGrid(key, FRESH)


async def test_one_bad_event_of_sendgrid_does_not_harm_the_others() -> None:
    sender = SendGridSender()
    body = sender.body([sendgrid_event(1), {"event": "open"}, 7, sendgrid_event(2)])
    hook = sendgrid.SendGrid(sender.public_key, FRESH)
    items = await hook(sender.headers(body), body, NOW)
    assert [isinstance(each.told, Invalid) for each in items] == [False, True, True, False]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"event": "processed"}, ["QUEUED"]),
        ({"event": "delivered"}, ["DELIVERED"]),
        ({"event": "deferred"}, ["DEFERRED"]),
        ({"event": "bounce", "type": "bounce"}, ["BOUNCED"]),
        ({"event": "bounce", "type": "blocked"}, ["BOUNCED"]),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, ["UNSUBSCRIBED"]),
        ({"event": "dropped", "reason": "Invalid SMTPAPI header"}, []),
        ({"event": "open"}, ["OPENED"]),
        ({"event": "click", "url": "https://shop.example/a?m=ann@example.org"}, ["CLICKED"]),
        ({"event": "spamreport"}, ["COMPLAINED"]),
        ({"event": "unsubscribe"}, ["UNSUBSCRIBED"]),
        ({"event": "group_unsubscribe"}, ["UNSUBSCRIBED"]),
        ({"event": "group_resubscribe"}, ["SUBSCRIBED"]),
        ({"event": "account_status_change", "type": "compliance_suspend"}, []),
    ],
)
def test_what_sendgrids_events_mean(fields: dict[str, Any], expected: list[str]) -> None:
    assert kinds(sendgrid.read(sendgrid_event(1, **fields))) == expected


def test_sendgrid_says_which_opens_are_of_machines() -> None:
    (machine,) = sendgrid.read(sendgrid_event(1, sg_machine_open=True))
    (person,) = sendgrid.read(sendgrid_event(1, sg_machine_open=False, useragent="X11 Firefox"))
    assert (machine.machine, person.machine, person.device) == (True, False, "desktop")


# Mailgun


async def test_mailguns_event() -> None:
    hook = mailgun.Mailgun(senders.MAILGUN_KEY, FRESH)
    told = only(await hook({}, mailgun_body(mailgun_event()), NOW))
    assert kinds([told]) == ["OPENED"]
    assert told.event_id == "mailgun:2026-05-01:Ase7i2zsRYeDXztHGENqRA"
    assert (told.country, told.region, told.device, told.machine) == ("US", "TX", "phone", False)


async def test_mailguns_token_stands_for_one_body() -> None:
    hook = mailgun.Mailgun(senders.MAILGUN_KEY, FRESH)
    first = mailgun_body(mailgun_event())
    for _ in range(2):  # sent again, as Mailgun does
        await hook({}, first, NOW)
    with pytest.raises(
        BadSignature
    ):  # the signature does not cover the event: anyone may replace it
        await hook({}, mailgun_body(mailgun_event("unsubscribed")), NOW)
    with pytest.raises(BadSignature):
        await hook({}, mailgun_body(mailgun_event(), key="another key"), NOW)
    with pytest.raises(BadSignature):
        await hook({}, mailgun_body(mailgun_event(), token=""), NOW)
    with pytest.raises(Refused, match="too far"):
        await hook({}, mailgun_body(mailgun_event(), "u" * 50, NOW - timedelta(days=2)), NOW)


def test_tokens_are_bounded() -> None:
    tokens = Tokens(most=2)
    assert [tokens.use(each, b"1") for each in ("a", "b", "c")] == [True] * 3
    assert tokens.use("a", b"2")  # forgotten
    assert not tokens.use("c", b"2")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"event": "accepted"}, ["QUEUED"]),
        ({"event": "delivered"}, ["DELIVERED"]),
        ({"event": "failed", "severity": "permanent", "reason": "bounce"}, ["BOUNCED"]),
        ({"event": "failed", "severity": "temporary", "reason": "generic"}, ["DEFERRED"]),
        (
            {"event": "failed", "severity": "permanent", "reason": "suppress-complaint"},
            ["COMPLAINED"],
        ),
        ({"event": "complained"}, ["COMPLAINED"]),
        ({"event": "unsubscribed"}, ["UNSUBSCRIBED"]),
        ({"event": "stored"}, []),
    ],
)
def test_what_mailguns_events_mean(fields: dict[str, Any], expected: list[str]) -> None:
    assert kinds(mailgun.read(mailgun_event(**fields))) == expected


@pytest.mark.parametrize(
    "client", [{"bot": "apple"}, {"user-agent": "Mozilla/5.0"}, {"user-agent": "BarracudaCentral"}]
)
def test_mailguns_machines(client: dict[str, str]) -> None:
    (told,) = mailgun.read(mailgun_event("clicked", **{"client-info": client}))
    assert told.machine


# Postmark


async def test_postmark_knows_the_secret() -> None:
    body = json.dumps(postmark_record()).encode()
    basic = {"authorization": "Basic aG9va3M6MDEyMzQ1Njc4OWFiY2RlZg=="}
    hook = postmark.Postmark(user="hooks", password="0123456789abcdef")
    assert kinds([only(await hook(basic, body, NOW))]) == ["OPENED"]
    for headers in ({}, {"authorization": "Basic aG9va3M6eA=="}, {"authorization": "Bearer x"}):
        with pytest.raises(Unauthenticated):
            await hook(headers, body, NOW)
    hook = postmark.Postmark(header="X-Secret", value="0123456789abcdef")
    assert only(await hook({"x-secret": "0123456789abcdef"}, body, NOW)).country == "RS"
    with pytest.raises(Unauthenticated):
        await hook({"x-secret": "0123456789abcde"}, body, NOW)


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("Delivery", {}, ["DELIVERED"]),
        ("Bounce", {"ID": 42, "Type": "HardBounce"}, ["BOUNCED"]),
        ("Bounce", {"ID": 42, "Type": "SoftBounce"}, ["BOUNCED"]),
        ("Bounce", {"ID": 42, "Type": "Transient"}, ["DEFERRED"]),
        ("Bounce", {"ID": 42, "Type": "AutoResponder"}, []),
        ("Bounce", {"ID": 42, "Type": "Unsubscribe"}, ["UNSUBSCRIBED"]),
        ("SpamComplaint", {"ID": 42, "Type": "SpamComplaint"}, ["COMPLAINED"]),
        ("Open", {}, ["OPENED"]),
        ("Click", {"OriginalLink": "https://shop.example/a"}, ["CLICKED"]),
        ("SubscriptionChange", {"SuppressSending": True, "SuppressionReason": "HardBounce"}, ["BOUNCED"]),
        ("SubscriptionChange", {"SuppressSending": True, "SuppressionReason": "ManualSuppression"}, ["UNSUBSCRIBED"]),
        ("SubscriptionChange", {"SuppressSending": False, "SuppressionReason": None}, ["SUBSCRIBED"]),
        ("Inbound", {}, []),
    ],
)  # fmt: skip
def test_what_postmarks_records_mean(
    kind: str, fields: dict[str, Any], expected: list[str]
) -> None:
    assert kinds(postmark.read(postmark_record(kind, **fields))) == expected


def ids(*records: dict[str, Any]) -> set[str]:
    told = [each for record in records for each in postmark.read(record)]
    return {messages.to_event(each, "acme", pseudonym).event_id for each in told}


def test_postmarks_records_are_told_apart_without_an_id() -> None:
    same = postmark_record()
    assert len(ids(same, dict(same))) == 1
    other = {**same, "ReceivedAt": "2026-05-01T11:59:00Z"}
    elsewhere = {**same, "Metadata": {"dramatis_recipient_id": "r2"}}
    click = postmark_record("Click", OriginalLink="https://shop.example/a")
    assert len(ids(same, other, elsewhere, click)) == 4


# Amazon


def make_ses(amazon: Amazon, *, confirm: bool = True) -> ses.Ses:
    return ses.Ses(Sns(amazon.fetch, FRESH), [senders.TOPIC], confirm=confirm)


@pytest.mark.parametrize("version", ["1", "2"])
async def test_sns_signs_in_two_versions(version: str) -> None:
    amazon = Amazon()
    hook = make_ses(amazon)
    body = json.dumps(amazon.message(ses_event(), SignatureVersion=version, Subject="S")).encode()
    assert kinds([only(await hook({}, body, NOW))]) == ["OPENED"]
    await hook({}, body, NOW)
    assert amazon.fetched == [senders.CERTIFICATE_URL]


@pytest.mark.parametrize(
    "change",
    [
        {"Message": "{}"}, {"Timestamp": "2026-05-01T11:59:56Z"}, {"Signature": "AAAA"}, {"Signature": ""},
        {"SignatureVersion": "3"}, {"SigningCertURL": ""}, {"Type": "UnsubscribeConfirmation"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem"},
        {"SigningCertURL": "http://sns.eu-west-1.amazonaws.com/a.pem"},
        {"SigningCertURL": "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem"},
        {"SigningCertURL": "https://mybucket.s3.amazonaws.com/a.pem"},
        {"SigningCertURL": "https://sns.s3.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"},
        {"SigningCertURL": "https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/uploads/a.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/a.key"},
        {"SigningCertURL": "https://[::1/a.pem"},
    ],
)  # fmt: skip
async def test_what_sns_did_not_sign_is_refused(change: dict[str, str]) -> None:
    amazon = Amazon()
    message = {**amazon.message(ses_event()), **change}
    with pytest.raises(BadSignature):
        await make_ses(amazon)({}, json.dumps(message).encode(), NOW)
    assert set(amazon.fetched) <= {senders.CERTIFICATE_URL}


def test_hosts_of_sns() -> None:
    for good in ("sns.us-east-1.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn", "sns.us-gov-west-1.amazonaws.com:443"):  # fmt: skip
        own(f"https://{good}/a.pem")
    for bad in ("sns.amazonaws.com.evil", "evil-sns.us-east-1.amazonaws.com", "sns.us-east-1.amazonaws.com:8443"):  # fmt: skip
        with pytest.raises(BadSignature):
            own(f"https://{bad}/a.pem")


async def test_sns_is_believed_for_topics_that_are_known_and_for_a_while() -> None:
    amazon = Amazon()
    hook = make_ses(amazon)
    other = json.dumps(amazon.message(ses_event(), TopicArn="arn:aws:sns:x:1:other")).encode()
    with pytest.raises(Refused, match="topic"):
        await hook({}, other, NOW)
    assert amazon.fetched == []
    old = amazon.message(ses_event(), Timestamp="2026-04-29T12:00:00Z")
    with pytest.raises(Refused, match="too far"):
        await hook({}, json.dumps(old).encode(), NOW)
    later = NOW + timedelta(days=2)
    late = amazon.message(ses_event(), Timestamp=later.isoformat())
    with pytest.raises(BadSignature):  # the certificate has expired
        await hook({}, json.dumps(late).encode(), later)


async def test_a_subscription_is_confirmed_where_that_is_allowed() -> None:
    amazon = Amazon()
    body = json.dumps(amazon.confirmation()).encode()
    assert await make_ses(amazon)({}, body, NOW) == ()
    assert amazon.fetched == [senders.CERTIFICATE_URL, senders.SUBSCRIBE_URL]
    with pytest.raises(Refused, match="not confirmed"):
        await make_ses(amazon, confirm=False)({}, body, NOW)
    evil = json.dumps(
        amazon.confirmation("https://evil.example/?Action=ConfirmSubscription")
    ).encode()
    amazon.fetched.clear()
    with pytest.raises(Refused):
        await make_ses(amazon)({}, evil, NOW)
    assert amazon.fetched == [senders.CERTIFICATE_URL]


async def test_what_is_no_certificate_may_be_one_later() -> None:
    amazon = Amazon()
    amazon.pem = b"<html>503</html>"
    with pytest.raises(Unavailable):
        await make_ses(amazon)({}, json.dumps(amazon.message(ses_event())).encode(), NOW)


async def test_ses_tries_a_topic_and_others_write_nonsense() -> None:
    amazon = Amazon()
    trial = "Successfully validated SNS topic for Amazon SES event publishing."
    assert await make_ses(amazon)({}, json.dumps(amazon.message(trial)).encode(), NOW) == ()
    (item,) = await make_ses(amazon)({}, json.dumps(amazon.message("hello")).encode(), NOW)
    assert isinstance(item.told, Invalid)


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("Send", {}, ["QUEUED"]),
        ("Delivery", {}, ["DELIVERED"]),
        ("Bounce", {}, ["BOUNCED"]),
        ("Bounce", {"bounce": {"bounceType": "Transient", "bouncedRecipients": [{"emailAddress": "a"}]}}, ["BOUNCED"]),
        ("Complaint", {}, ["COMPLAINED"]),
        ("Complaint", {"complaint": {"complaintFeedbackType": "not-spam"}}, []),
        ("Open", {}, ["OPENED"]),
        ("Click", {}, ["CLICKED"]),
        ("DeliveryDelay", {"deliveryDelay": {"delayedRecipients": [{"emailAddress": "a"}, {"emailAddress": "b"}]}},
         ["DEFERRED", "DEFERRED"]),
        ("Subscription", {"subscription": {"newTopicPreferences": {"unsubscribeAll": True}}}, ["UNSUBSCRIBED"]),
        ("Subscription", {"subscription": {"newTopicPreferences": {"unsubscribeAll": False}}}, []),
        ("Rendering Failure", {}, []),
    ],
)  # fmt: skip
def test_what_sess_events_mean(kind: str, fields: dict[str, Any], expected: list[str]) -> None:
    assert kinds(ses.read(ses_event(kind, **fields))) == expected
    named = {
        "notificationType": kind,
        **{k: v for k, v in ses_event(kind, **fields).items() if k != "eventType"},
    }
    assert kinds(ses.read(named)) == expected


def test_an_open_at_ses_is_of_one_recipient() -> None:
    mail = {"messageId": "m1", "destination": ["a@example.org", "b@example.org"]}
    with pytest.raises(Invalid, match="send one each"):
        ses.read(ses_event("Open", mail=mail))
    (tagged,) = ses.read(
        ses_event("Open", mail={**mail, "tags": {"dramatis_recipient_id": ["r7"]}})
    )
    assert messages.to_event(tagged, "acme", pseudonym).recipient_id == "r7"


# all of them


def told(**fields: Any) -> Told:
    return Told(**{"event_id": "e", "kind": messages.QUEUED, "seconds": NOW.timestamp(), "address": "Ann@Example.ORG ",
                   "marks": {}, **fields})  # fmt: skip


def test_who_is_not_named_is_found_by_a_pseudonym() -> None:
    event = messages.to_event(told(), "acme", lambda tenant, text: f"<{tenant}|{text}>")
    assert event.recipient_id == "email:<acme|email:ann@example.org>"
    assert isinstance(messages.read(told(address=" "), "acme", lambda tenant, text: "p"), Invalid)


def test_a_message_that_an_esp_took_is_sent_unless_a_decision_will_be_confirmed() -> None:
    named = {"dramatis_recipient_id": "r1"}
    plain = messages.to_event(told(marks=named), "acme", pseudonym)
    decided = messages.to_event(
        told(marks={**named, "dramatis_decision_id": "d1"}), "acme", pseudonym
    )
    assert (plain.message.kind, decided.message.kind) == (messages.SENT, messages.QUEUED)
    assert decided.attribution.decision_id == "d1"


def test_no_address_stays_in_an_event() -> None:
    event = messages.to_event(
        told(
            marks={"dramatis_recipient_id": "r1"}, detail="550 <ann@example.org> is unknown",
            link="https://shop.example/a?mail=ann@example.org#x",
        ),
        "acme", pseudonym)  # fmt: skip
    assert event.message.detail == "550 <[e-mail]> is unknown"
    assert event.message.link == "https://shop.example/a"


@pytest.mark.parametrize("seconds", [0, -5, 1e18, 253_402_300_800])
def test_a_time_outside_of_all_calendars(seconds: float) -> None:
    assert isinstance(messages.read(told(seconds=seconds), "acme", lambda t, x: "p"), Invalid)


@pytest.mark.parametrize(
    ("read", "soft", "hard"),
    [
        (sendgrid.read, sendgrid_event(1, "bounce", type="blocked"), sendgrid_event(1, "bounce", type="bounce")),
        (postmark.read, postmark_record("Bounce", ID=1, Type="Blocked"), postmark_record("Bounce", ID=1, Type="HardBounce")),
        (ses.read, ses_event("Bounce", bounce={"bounceType": "Transient", "bouncedRecipients": [{"emailAddress": "a"}]}),
         ses_event("Bounce")),
    ],
)  # fmt: skip
def test_only_a_hard_bounce_ends_marketing(read: Any, soft: Any, hard: Any) -> None:
    events = [messages.read(*read(each), "acme", pseudonym) for each in (soft, hard)]
    assert [isinstance(each, Invalid) or each.stop for each in events] == ["", "bounced"]


def test_a_click_tells_where_a_person_is_an_open_does_not() -> None:
    clicked, scanned, opened = (
        sendgrid_event(1, "click", ip="192.0.2.1", useragent="X11 Firefox"),
        sendgrid_event(1, "click", ip="192.0.2.1", useragent="Mozilla/5.0"),
        sendgrid_event(1, "open", ip="192.0.2.1", useragent="X11 Firefox"),
    )
    events = [
        messages.read(*sendgrid.read(each), "acme", pseudonym)
        for each in (clicked, scanned, opened)
    ]
    assert [isinstance(each, Invalid) or each.ip for each in events] == ["192.0.2.1", "", ""]

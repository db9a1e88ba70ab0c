"""What goes over the wire comes back as it was."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramatis.api.common.v1 import event_pb2, tensor_pb2
from dramatis.core.attributes import Attribute, AttributeKind
from dramatis.core.campaign import CONTROL, Campaign, Stage, StageValue, Stimulus
from dramatis.core.consent import Consent, ConsentState, DataType, Purpose
from dramatis.core.encoding import AttributeEncoding, EncodingKind
from dramatis.core.errors import Invalid
from dramatis.core.evidence import Axes, EvidenceCounts
from dramatis.core.happening import Changed, Exposed, Responded
from dramatis.core.membership import MembershipModel
from dramatis.core.persona_set import PersonaSet
from dramatis.core.response import ResponseTable
from dramatis.core.snapshot import Snapshot
from dramatis.wire import campaigns, consents, events, personas, recipients, snapshots, tensors

NOW = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
RNG = np.random.default_rng(0)
AXES = Axes(("a", CONTROL), (Stage.VISIT, Stage.CONVERT), (None, Stage.VISIT))


def same(left: object, right: object) -> bool:
    """Equality of values that hold arrays."""
    return repr(left) == repr(right)


@given(st.lists(st.floats(allow_nan=True), max_size=12))
def test_tensors_keep_every_bit(numbers: list[float]) -> None:
    array = np.array(numbers, dtype=float).reshape(1, -1)
    np.testing.assert_array_equal(tensors.from_tensor(tensors.to_tensor(array)), array)


@pytest.mark.parametrize("shape", [[3], [-1, -8], [2**40, 2**40]])
def test_a_tensor_of_the_wrong_size_is_refused(shape: list[int]) -> None:
    with pytest.raises(Invalid, match="holds 8 bytes"):
        tensors.from_tensor(tensor_pb2.Tensor(shape=shape, data=b"12345678"))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (AttributeKind.NUMBER, -2.5),
        (AttributeKind.AMOUNT, 29.99),
        (AttributeKind.RANK, 3.0),
        (AttributeKind.FLAG, 1.0),
        (AttributeKind.CATEGORY, "Rural"),
        (AttributeKind.TIME, 20_000.25),
        (AttributeKind.AFFINITY, 0.5),
    ],
)
def test_attributes(kind: AttributeKind, value: float | str) -> None:
    message = recipients.from_attribute(Attribute(kind, value))
    assert recipients.to_attributes({"x": message}) == {"x": Attribute(kind, value)}


def test_an_impossible_attribute_is_named() -> None:
    message = recipients.from_attribute(Attribute(AttributeKind.NUMBER, 1.0))
    message.number = float("nan")
    with pytest.raises(Invalid) as caught:
        recipients.to_attributes({"age": message}, "recipients[3].")
    assert caught.value.metadata["field"] == "recipients[3].attributes.age"


def test_campaigns() -> None:
    campaign = Campaign(
        "a",
        Stimulus({"category": "mens"}, "Hello", "World"),
        (StageValue(Stage.VISIT, 250_000), StageValue(Stage.CONVERT, 0, 0.3)),
        cost_micros=50_000,
        priority=2.0,
        start_time=NOW,
        end_time=NOW.replace(year=2027),
        paused=True,
        version=7,
    )
    assert campaigns.to_campaign(campaigns.from_campaign(campaign)) == campaign


def test_a_campaign_that_cannot_be_says_where() -> None:
    message = campaigns.from_campaign(Campaign("a", values=(StageValue(Stage.VISIT, 1),)))
    message.values[0].amount_share = 0.5
    with pytest.raises(Invalid) as caught:
        campaigns.to_campaign(message, "campaigns[2]")
    assert caught.value.metadata["field"] == "campaigns[2].values[0].amount_share"


def test_consents() -> None:
    said = Consent(Purpose.MARKETING, ConsentState.DENIED, NOW, DataType.SOCIAL, "form", "f1")
    assert consents.to_consent(consents.from_consent(said)) == said
    named = Consent(
        Purpose.PROFILING, ConsentState.GRANTED, NOW, DataType.THIRD_PARTY, "form", "", "datahouse"
    )
    assert consents.to_consent(consents.from_consent(named)) == named
    record = consents.from_recipient("t", "r", [said, named])
    assert consents.to_recipient(record) == ("t", "r", (said, named))


def test_a_third_party_is_named_with_its_type_of_data_only() -> None:
    message = consents.from_consent(Consent(Purpose.PROFILING, ConsentState.GRANTED, NOW))
    message.third_party = "datahouse"
    with pytest.raises(Invalid) as caught:
        consents.to_consent(message, "statements[2].consent")
    assert caught.value.metadata["field"] == "statements[2].consent.third_party"
    with pytest.raises(Invalid):
        Consent(Purpose.PROFILING, ConsentState.GRANTED, NOW, DataType.SOCIAL, third_party="p")


def event(**payload: object) -> event_pb2.Event:
    made = event_pb2.Event(event_id="e", recipient_id="r", **payload)  # type: ignore[arg-type]
    made.event_time.FromDatetime(NOW)
    made.attribution.campaign_id = "a"
    return made


@pytest.mark.parametrize(
    ("payload", "meaning"),
    [
        ({"message": {"kind": "MESSAGE_EVENT_KIND_SENT"}}, Exposed("a")),
        ({"message": {"kind": "MESSAGE_EVENT_KIND_HELD_OUT"}}, Exposed(CONTROL)),
        ({"message": {"kind": "MESSAGE_EVENT_KIND_OPENED"}}, Responded(Stage.OPEN, "a")),
        ({"message": {"kind": "MESSAGE_EVENT_KIND_OPENED", "machine": True}}, None),
        ({"message": {"kind": "MESSAGE_EVENT_KIND_QUEUED"}}, None),
        ({"site": {"kind": "SITE_EVENT_KIND_PAGE_VIEWED"}}, Responded(Stage.VISIT, "a")),
        (
            {"order": {"kind": "ORDER_EVENT_KIND_COMPLETED", "amount": {"micros": 29_990_000}}},
            Responded(Stage.CONVERT, "a", 29.99),
        ),
        ({"order": {"kind": "ORDER_EVENT_KIND_REFUNDED"}}, None),
        ({"support": {"topic": "late parcel"}}, None),
        (
            {"recipient_updated": {"attributes": {"x": {"number": 2.0}}}},
            Changed({"x": Attribute(AttributeKind.NUMBER, 2.0)}),
        ),
    ],
)
def test_what_events_mean(payload: dict[str, object], meaning: object) -> None:
    happening = events.to_happening("t", event(**payload).SerializeToString())
    assert (happening.tenant, happening.recipient_id, happening.time) == ("t", "r", NOW)
    assert happening.meaning == meaning


def persona_set() -> PersonaSet:
    counts = EvidenceCounts(AXES, *RNG.random((2, 3, 2, 2)), *RNG.random((3, 3, 2)))
    return PersonaSet(
        "t", "set-1", NOW, ("p", "q", "r"), ("P", "Q", "R"), RNG.random(3), 12,
        ("x", "y"), RNG.random((3, 2)), ("mens",), RNG.random((3, 1)), counts,
    )  # fmt: skip


def snapshot() -> Snapshot:
    encodings = (
        AttributeEncoding("x", EncodingKind.LINEAR, 1.0, 2.0, missing_column=True),
        AttributeEncoding("zone", EncodingKind.LEVELS, levels=("a", "b")),
    )
    model = MembershipModel(
        encodings, RNG.random((3, 4)), RNG.random(3), RNG.random((3, 4)), outlier_distance=9.0
    )
    table = ResponseTable(
        AXES, *RNG.random((2, 3, 2, 2)), *RNG.random((2, 3, 2)), *RNG.random((3, 2)), 3.0
    )
    return Snapshot("t", "", NOW, "set-1", "sim-1", ("p", "q", "r"), ("P", "Q", "R"), model, table,
                    RNG.random(3))  # fmt: skip


def test_persona_sets() -> None:
    made = persona_set()
    assert same(personas.to_persona_set(personas.from_persona_set(made)), made)


def test_snapshots() -> None:
    made = snapshots.name(snapshot())
    assert same(snapshots.to_snapshot(snapshots.from_snapshot(made)), made)


def test_a_snapshot_is_named_after_its_contents_and_not_its_time() -> None:
    made = snapshot()
    named = snapshots.name(made).snapshot_id
    assert named == snapshots.name(replace(made, create_time=NOW.replace(year=2027))).snapshot_id
    assert named != snapshots.name(replace(made, weights=made.weights + 1e-12)).snapshot_id


def test_a_damaged_snapshot_is_refused() -> None:
    record = bytearray(snapshots.from_snapshot(snapshot()))
    record[-40] ^= 1
    with pytest.raises(Invalid, match="damaged"):
        snapshots.to_snapshot(bytes(record))

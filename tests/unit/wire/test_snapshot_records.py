"""Records of snapshots: whole, by reference, damaged, and as release 0.1.0 wrote them."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from dramatis.core.campaign import CONTROL, Stage
from dramatis.core.encoding import AttributeEncoding, EncodingKind
from dramatis.core.errors import Invalid
from dramatis.core.evidence import Axes
from dramatis.core.membership import MembershipModel
from dramatis.core.response import ResponseTable
from dramatis.core.snapshot import Snapshot, SnapshotReference
from dramatis.wire import responses, snapshots
from dramatis.wire.tensors import to_tensor

NOW = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)


def made(personas: int, campaigns: int) -> Snapshot:
    rng = np.random.default_rng(0)
    ids = (*(f"c{at:04}" for at in range(campaigns - 1)), CONTROL)
    cells = (personas, campaigns, 2)
    age = AttributeEncoding("age", EncodingKind.LINEAR, 40.0, 10.0)
    return Snapshot(
        tenant="acme",
        snapshot_id="",
        create_time=NOW,
        persona_set_id="set-000001",
        simulation_id="",
        persona_ids=tuple(f"p{at}" for at in range(personas)),
        persona_names=tuple(f"persona {at}" for at in range(personas)),
        membership=MembershipModel(
            (age,), rng.normal(size=(personas, 1)), np.zeros(personas), np.zeros((personas, 1))
        ),
        responses=ResponseTable(
            axes=Axes(ids, (Stage.VISIT, Stage.CONVERT), (None, Stage.VISIT)),
            alpha=rng.uniform(1, 50, cells),
            beta=rng.uniform(50, 500, cells),
            amount_mean=rng.uniform(0, 80, cells[:2]),
            amount_error=rng.uniform(0, 8, cells[:2]),
            forecast_weights=np.array([1.0, 2.0]),
            forecast_weights_lower=np.array([1.0, 2.0]),
            forecast_weights_upper=np.array([1.0, 2.0]),
            amount_forecast_weight=3.0,
        ),
        weights=rng.dirichlet(np.ones(personas)),
    )


SMALL, LARGE = made(3, 4), made(64, 200)
RECORDS = [snapshots.write(each)[1] for each in (SMALL, LARGE)]
RECORDS.append(snapshots.refer(*snapshots.write(LARGE)))


@pytest.mark.parametrize("before", [SMALL, LARGE], ids=["exact", "packed"])
def test_what_is_written_is_what_is_read(before: Snapshot) -> None:
    written, record = snapshots.write(before)
    assert repr(snapshots.to_snapshot(record)) == repr(written)
    assert snapshots.from_snapshot(written) == record
    np.testing.assert_allclose(written.responses.rates, before.responses.rates, rtol=1e-3)


def test_the_name_follows_from_the_contents_and_not_from_the_time() -> None:
    name = snapshots.name(LARGE).snapshot_id
    assert len(name) == 16
    assert snapshots.name(replace(LARGE, create_time=NOW.replace(year=2027))).snapshot_id == name
    assert snapshots.name(replace(LARGE, simulation_id="s")).snapshot_id != name
    alpha = LARGE.responses.alpha.copy()
    alpha[1, 2, 0] *= 1.01
    other = replace(LARGE, responses=replace(LARGE.responses, alpha=alpha))
    assert snapshots.name(other).snapshot_id != name


def test_a_reference_says_what_to_fetch() -> None:
    snapshot, record = snapshots.write(LARGE)
    digest = hashlib.sha256(record).digest()
    reference = snapshots.refer(snapshot, record)
    assert snapshots.read(reference) == SnapshotReference(
        "acme", snapshot.snapshot_id, NOW, len(record), digest
    )
    with pytest.raises(Invalid, match="only refers"):
        snapshots.to_snapshot(reference)


@settings(max_examples=60)
@given(st.sampled_from(RECORDS), st.integers(0, 2**32), st.integers(1, 255))
def test_a_changed_byte_is_noticed_wherever_it_is(record: bytes, at: int, flip: int) -> None:
    damaged = bytearray(record)
    damaged[at % len(damaged)] ^= flip
    with pytest.raises((Invalid, DecodeError)):
        snapshots.read(bytes(damaged))


@given(st.sampled_from(RECORDS), st.integers(0, 2**32))
def test_so_is_a_missing_end(record: bytes, at: int) -> None:
    with pytest.raises((Invalid, DecodeError)):
        snapshots.read(record[: at % len(record)])


def test_records_of_release_0_1_0_are_read_to_the_last_bit() -> None:
    """It wrote tensors of any size, and hashed the message without its checksum."""
    message = snapshots.to_message(replace(LARGE, snapshot_id="0123456789abcdef"))
    message.responses.ClearField("packed")
    for field in ("alpha", "beta", "amount_mean", "amount_error"):
        getattr(message.responses, field).CopyFrom(to_tensor(getattr(LARGE.responses, field)))
    message.checksum = hashlib.sha256(message.SerializeToString(deterministic=True)).digest()
    found = snapshots.to_snapshot(message.SerializeToString(deterministic=True))
    np.testing.assert_array_equal(found.responses.alpha, LARGE.responses.alpha)
    np.testing.assert_array_equal(found.responses.amount_error, LARGE.responses.amount_error)
    assert LARGE.responses.alpha.nbytes * 2 > responses.MOST_EXACT_BYTES

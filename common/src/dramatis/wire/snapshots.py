"""Snapshots as records of the `snapshots` topic: checksummed, and named after their contents.

A record is the snapshot itself, or refers to one that is too large for the log.
"""

import hashlib
from dataclasses import replace

from dramatis.api.persona.v1 import snapshot_pb2 as pb
from dramatis.core.encoding import AttributeEncoding, EncodingKind
from dramatis.core.errors import Invalid
from dramatis.core.membership import MembershipModel
from dramatis.core.snapshot import Snapshot, SnapshotReference
from dramatis.wire.responses import from_responses, to_responses
from dramatis.wire.tensors import from_tensor, to_tensor
from dramatis.wire.times import from_timestamp, to_timestamp


def write(snapshot: Snapshot) -> tuple[Snapshot, bytes]:
    """The snapshot as readers of its record will have it, and that record.

    It has the id that its contents give it, whenever it was made, and its tables are rounded where
    the record rounds them: whoever goes on with it believes what all the others do.
    """
    message = to_message(replace(snapshot, snapshot_id=""))
    message.ClearField("create_time")
    message.snapshot_id = _hash(message).hex()[:16]
    message.create_time.CopyFrom(to_timestamp(snapshot.create_time))
    message.checksum = _hash(message)
    table = snapshot.responses
    if message.responses.HasField("packed"):
        table = to_responses(message.responses, len(snapshot.persona_ids))
    written = replace(snapshot, snapshot_id=message.snapshot_id, responses=table)
    return written, message.SerializeToString(deterministic=True)


def name(snapshot: Snapshot) -> Snapshot:
    """The snapshot as readers of its record will have it."""
    return write(snapshot)[0]


def from_snapshot(snapshot: Snapshot) -> bytes:
    """The record of a snapshot that has its name, with its checksum."""
    message = to_message(snapshot)
    message.checksum = _hash(message)
    return message.SerializeToString(deterministic=True)


def refer(snapshot: Snapshot, record: bytes) -> bytes:
    """The record that refers to the snapshot's own record."""
    message = pb.Snapshot(
        tenant=snapshot.tenant,
        snapshot_id=snapshot.snapshot_id,
        create_time=to_timestamp(snapshot.create_time),
        persona_set_id=snapshot.persona_set_id,
        simulation_id=snapshot.simulation_id,
        body=pb.SnapshotBody(size_bytes=len(record), sha256=hashlib.sha256(record).digest()),
    )
    message.checksum = _hash(message)
    return message.SerializeToString(deterministic=True)


def read(record: bytes) -> Snapshot | SnapshotReference:
    """What a record holds.

    Raises:
        Invalid: the checksum does not fit: the record is damaged.
        google.protobuf.message.DecodeError: the bytes are no snapshot.
    """
    message = pb.Snapshot.FromString(record)
    checksum, message.checksum = message.checksum, b""
    if checksum != _hash(message):
        raise Invalid("the snapshot is damaged: its checksum does not fit", field="checksum")
    return _reference(message) if message.HasField("body") else _snapshot(message)


def to_snapshot(record: bytes) -> Snapshot:
    """The snapshot that a record holds.

    Raises:
        Invalid: the record is damaged, or only refers to a snapshot.
        google.protobuf.message.DecodeError: the bytes are no snapshot.
    """
    found = read(record)
    if isinstance(found, SnapshotReference):
        raise Invalid("the record only refers to a snapshot", field="body")
    return found


def _hash(message: pb.Snapshot) -> bytes:
    """Of a message without its checksum."""
    return hashlib.sha256(message.SerializeToString(deterministic=True)).digest()


def _reference(message: pb.Snapshot) -> SnapshotReference:
    return SnapshotReference(
        tenant=message.tenant,
        snapshot_id=message.snapshot_id,
        create_time=from_timestamp(message.create_time, "create_time"),
        size_bytes=message.body.size_bytes,
        sha256=message.body.sha256,
    )


def _snapshot(message: pb.Snapshot) -> Snapshot:
    return Snapshot(
        tenant=message.tenant,
        snapshot_id=message.snapshot_id,
        create_time=from_timestamp(message.create_time, "create_time"),
        persona_set_id=message.persona_set_id,
        simulation_id=message.simulation_id,
        persona_ids=tuple(message.persona_ids),
        persona_names=tuple(message.persona_names),
        membership=_membership(message.membership),
        responses=to_responses(message.responses, len(message.persona_ids)),
        weights=from_tensor(message.weights),
    )


def to_message(snapshot: Snapshot) -> pb.Snapshot:
    """The message of a snapshot, without checksum."""
    model = snapshot.membership
    return pb.Snapshot(
        tenant=snapshot.tenant,
        snapshot_id=snapshot.snapshot_id,
        create_time=to_timestamp(snapshot.create_time),
        persona_set_id=snapshot.persona_set_id,
        simulation_id=snapshot.simulation_id,
        persona_ids=snapshot.persona_ids,
        persona_names=snapshot.persona_names,
        membership=pb.MembershipModel(
            encodings=map(_from_encoding, model.encodings),
            slopes=to_tensor(model.slopes),
            offsets=to_tensor(model.offsets),
            centroids=to_tensor(model.centroids),
            outlier_distance=model.outlier_distance,
        ),
        responses=from_responses(snapshot.responses),
        weights=to_tensor(snapshot.weights),
    )


def _membership(message: pb.MembershipModel) -> MembershipModel:
    return MembershipModel(
        encodings=tuple(map(_encoding, message.encodings)),
        slopes=from_tensor(message.slopes),
        offsets=from_tensor(message.offsets),
        centroids=from_tensor(message.centroids),
        outlier_distance=message.outlier_distance,
    )


def _encoding(message: pb.AttributeEncoding) -> AttributeEncoding:
    return AttributeEncoding(
        attribute=message.attribute,
        kind=EncodingKind(message.kind),
        center=message.center,
        scale=message.scale,
        levels=tuple(message.levels),
        missing_column=message.missing_column,
    )


def _from_encoding(encoding: AttributeEncoding) -> pb.AttributeEncoding:
    return pb.AttributeEncoding(
        attribute=encoding.attribute,
        kind=pb.EncodingKind.ValueType(encoding.kind),
        center=encoding.center,
        scale=encoding.scale,
        levels=encoding.levels,
        missing_column=encoding.missing_column,
    )

"""Snapshots as records of the `snapshots` topic: checksummed, and named after their contents."""

import hashlib
from dataclasses import replace

from dramatis.api.persona.v1 import snapshot_pb2 as pb
from dramatis.core.encoding import AttributeEncoding, EncodingKind
from dramatis.core.errors import Invalid
from dramatis.core.membership import MembershipModel
from dramatis.core.response import ResponseTable
from dramatis.core.snapshot import Snapshot
from dramatis.wire.axes import from_stages, to_axes
from dramatis.wire.tensors import from_tensor, to_tensor
from dramatis.wire.times import from_timestamp, to_timestamp


def name(snapshot: Snapshot) -> Snapshot:
    """The snapshot with the id that its contents give it; the time it was made does not matter."""
    message = to_message(replace(snapshot, snapshot_id=""))
    message.ClearField("create_time")
    digest = hashlib.sha256(message.SerializeToString(deterministic=True)).hexdigest()
    return replace(snapshot, snapshot_id=digest[:16])


def from_snapshot(snapshot: Snapshot) -> bytes:
    """The record of a snapshot, with its checksum."""
    message = to_message(snapshot)
    message.checksum = _checksum(message)
    return message.SerializeToString(deterministic=True)


def to_snapshot(record: bytes) -> Snapshot:
    """The snapshot that a record holds.

    Raises:
        Invalid: the checksum does not fit: the record is damaged.
        google.protobuf.message.DecodeError: the bytes are no snapshot.
    """
    message = pb.Snapshot.FromString(record)
    if message.checksum != _checksum(message):
        raise Invalid("the snapshot is damaged: its checksum does not fit", field="checksum")
    return Snapshot(
        tenant=message.tenant,
        snapshot_id=message.snapshot_id,
        create_time=from_timestamp(message.create_time, "create_time"),
        persona_set_id=message.persona_set_id,
        simulation_id=message.simulation_id,
        persona_ids=tuple(message.persona_ids),
        persona_names=tuple(message.persona_names),
        membership=_membership(message.membership),
        responses=_responses(message.responses),
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
        responses=_from_responses(snapshot.responses),
        weights=to_tensor(snapshot.weights),
    )


def _checksum(message: pb.Snapshot) -> bytes:
    bare = pb.Snapshot()
    bare.CopyFrom(message)
    bare.ClearField("checksum")
    return hashlib.sha256(bare.SerializeToString(deterministic=True)).digest()


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


def _responses(message: pb.ResponseTable) -> ResponseTable:
    """Releases that knew no intervals of the weights wrote the weights alone."""
    told = message.HasField("forecast_weights_lower")
    lower = message.forecast_weights_lower if told else message.forecast_weights
    upper = message.forecast_weights_upper if told else message.forecast_weights
    return ResponseTable(
        axes=to_axes(message.campaign_ids, message.stages, message.given_stages),
        alpha=from_tensor(message.alpha),
        beta=from_tensor(message.beta),
        amount_mean=from_tensor(message.amount_mean),
        amount_error=from_tensor(message.amount_error),
        forecast_weights=from_tensor(message.forecast_weights),
        forecast_weights_lower=from_tensor(lower),
        forecast_weights_upper=from_tensor(upper),
        amount_forecast_weight=message.amount_forecast_weight,
    )


def _from_responses(table: ResponseTable) -> pb.ResponseTable:
    return pb.ResponseTable(
        campaign_ids=table.axes.campaign_ids,
        stages=from_stages(table.axes.stages),
        given_stages=from_stages(table.axes.given),
        alpha=to_tensor(table.alpha),
        beta=to_tensor(table.beta),
        amount_mean=to_tensor(table.amount_mean),
        amount_error=to_tensor(table.amount_error),
        forecast_weights=to_tensor(table.forecast_weights),
        forecast_weights_lower=to_tensor(table.forecast_weights_lower),
        forecast_weights_upper=to_tensor(table.forecast_weights_upper),
        amount_forecast_weight=table.amount_forecast_weight,
    )

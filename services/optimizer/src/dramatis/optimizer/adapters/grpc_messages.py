"""Optimizations as messages."""

from google.protobuf.duration_pb2 import Duration

from dramatis.api.common.v1 import item_pb2, stage_pb2
from dramatis.api.optimizer.v1 import optimizer_pb2 as pb
from dramatis.optimizer.domain.job import Optimization, Spec
from dramatis.wire.times import to_timestamp


def to_spec(message: pb.OptimizationSpec) -> Spec:
    """What to search for.

    Raises:
        Invalid: a number is out of range; `field` says which.
        Unimplemented: a risk measure other than the mean.
    """
    return Spec(
        campaign_ids=tuple(message.campaign_ids),
        horizon_days=message.horizon_days,
        max_sends_per_recipient=message.max_sends_per_recipient,
        train_steps=message.train_steps,
        draw_count=message.draw_count,
        seed=message.seed,
        risk_share=message.risk_share,
    )


def from_optimization(job: Optimization) -> pb.Optimization:
    """The message of a job."""
    message = pb.Optimization(
        optimization_id=job.optimization_id,
        spec=from_spec(job.spec),
        state=stage_pb2.JobState.ValueType(job.state),
        progress=job.progress,
        create_time=to_timestamp(job.create_time),
        plan_id=job.plan_id,
        learning_curve=[pb.LearningPoint(steps=at.steps, value=at.value) for at in job.curve],
    )
    if job.seconds_left is not None:
        message.time_left.CopyFrom(_duration(job.seconds_left))
    if job.end_time:
        message.end_time.CopyFrom(to_timestamp(job.end_time))
    if why := job.failure:
        message.error.CopyFrom(
            item_pb2.Error(
                code=why.code, reason=why.reason, message=why.message, metadata=why.metadata
            )
        )
    return message


def from_spec(spec: Spec) -> pb.OptimizationSpec:
    """The message of a spec."""
    return pb.OptimizationSpec(
        campaign_ids=spec.campaign_ids,
        horizon_days=spec.horizon_days,
        max_sends_per_recipient=spec.max_sends_per_recipient,
        train_steps=spec.train_steps,
        draw_count=spec.draw_count,
        seed=spec.seed,
        risk_share=spec.risk_share,
    )


def _duration(seconds: float) -> Duration:
    message = Duration()
    message.FromNanoseconds(round(seconds * 1e9))
    return message

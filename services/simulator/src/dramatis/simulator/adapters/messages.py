"""Simulations as messages."""

from dramatis.api.common.v1 import stage_pb2
from dramatis.api.simulator.v1 import simulator_pb2 as pb
from dramatis.simulator.domain.asked import Asked
from dramatis.simulator.domain.job import EvidenceUse, Job, Spec
from dramatis.wire.errors import from_error
from dramatis.wire.times import to_timestamp


def to_asked(message: pb.SimulationSpec) -> Asked:
    """What the caller asked for, not checked."""
    return Asked(
        campaign_ids=tuple(message.campaign_ids),
        persona_set_id=message.persona_set_id,
        evidence_use=message.evidence_use,
        draw_count=message.draw_count,
        recipient_counts=tuple(message.recipient_counts),
        seed=message.seed,
    )


def to_spec(message: pb.SimulationSpec) -> Spec:
    """A specification that `from_spec` wrote."""
    return Spec(
        campaign_ids=tuple(message.campaign_ids),
        persona_set_id=message.persona_set_id,
        evidence_use=EvidenceUse(message.evidence_use),
        draw_count=message.draw_count,
        recipient_counts=tuple(message.recipient_counts),
        seed=message.seed,
    )


def from_spec(spec: Spec) -> pb.SimulationSpec:
    """The message of a specification."""
    return pb.SimulationSpec(
        campaign_ids=spec.campaign_ids,
        persona_set_id=spec.persona_set_id,
        evidence_use=pb.EvidenceUse.ValueType(spec.evidence_use),
        draw_count=spec.draw_count,
        recipient_counts=spec.recipient_counts,
        seed=spec.seed,
    )


def from_job(job: Job, seconds_left: float | None = None) -> pb.Simulation:
    """The message of a simulation."""
    message = pb.Simulation(
        simulation_id=job.simulation_id,
        spec=from_spec(job.spec),
        state=stage_pb2.JobState.ValueType(job.state),
        progress=job.progress,
        create_time=to_timestamp(job.create_time),
        engine_version=job.engine_version,
        device=job.device,
        agent_steps=job.agent_steps,
    )
    if seconds_left is not None:
        message.time_left.FromMilliseconds(round(seconds_left * 1000))
    if job.error is not None:
        message.error.CopyFrom(from_error(job.error))
    if job.end_time is not None:
        message.end_time.CopyFrom(to_timestamp(job.end_time))
    return message

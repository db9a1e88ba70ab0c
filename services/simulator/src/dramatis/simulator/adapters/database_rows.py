"""Jobs and their inputs as rows."""

import json
from base64 import b64decode, b64encode
from typing import Any, Final

from sqlalchemy import Row

from dramatis.api.common.v1 import campaign_pb2, item_pb2
from dramatis.api.simulator.v1 import simulator_pb2 as pb
from dramatis.core.campaign import Campaign
from dramatis.core.errors import DramatisError
from dramatis.simulator.adapters.messages import from_spec, to_spec
from dramatis.simulator.domain.job import Inputs, Job, State
from dramatis.wire.campaigns import from_campaign, to_campaign
from dramatis.wire.errors import CODES, from_error
from dramatis.wire.personas import from_persona_set, to_persona_set

_KINDS: Final = {code: kind for kind, code in CODES.items()}


def from_job(job: Job) -> dict[str, Any]:
    """The values of a row of `jobs`, but for its number and who works on it."""
    return {
        "tenant": job.tenant,
        "simulation_id": job.simulation_id,
        "persona_set_id": job.spec.persona_set_id,
        "spec": from_spec(job.spec).SerializeToString(),
        "state": int(job.state),
        "create_time": job.create_time,
        "end_time": job.end_time,
        "progress": job.progress,
        "attempts": job.attempts,
        "publishing": int(job.publishing),
        "error": from_error(job.error).SerializeToString() if job.error else None,
        "engine_version": job.engine_version,
        "device": job.device,
        "agent_steps": job.agent_steps,
    }


def to_job(row: Row[Any]) -> Job:
    """The job in a row of `jobs`."""
    return Job(
        tenant=row.tenant,
        simulation_id=row.simulation_id,
        spec=to_spec(pb.SimulationSpec.FromString(row.spec)),
        state=State(row.state),
        create_time=row.create_time,
        end_time=row.end_time,
        progress=row.progress,
        attempts=row.attempts,
        publishing=bool(row.publishing),
        error=_error(row.error) if row.error else None,
        engine_version=row.engine_version,
        device=row.device,
        agent_steps=row.agent_steps,
    )


def _error(data: bytes) -> DramatisError:
    message = item_pb2.Error.FromString(data)
    kind = _KINDS[message.code]
    error: DramatisError = kind(message.message, reason=message.reason, **message.metadata)
    return error


def from_inputs(inputs: Inputs) -> dict[str, Any]:
    """The values of a row of `inputs`, but for its number."""
    campaigns = [b64encode(keep_campaign(one)).decode() for one in inputs.campaigns]
    return {"personas": from_persona_set(inputs.personas), "campaigns": json.dumps(campaigns)}


def to_inputs(personas: bytes, campaigns: str) -> Inputs:
    """The inputs that `from_inputs` wrote."""
    each = [kept_campaign(b64decode(one)) for one in json.loads(campaigns)]
    return Inputs(to_persona_set(personas), tuple(each))


def keep_campaign(campaign: Campaign) -> bytes:
    """A campaign as it is kept."""
    return from_campaign(campaign).SerializeToString(deterministic=True)


def kept_campaign(value: bytes) -> Campaign:
    """The campaign that was kept."""
    return to_campaign(campaign_pb2.Campaign.FromString(value))

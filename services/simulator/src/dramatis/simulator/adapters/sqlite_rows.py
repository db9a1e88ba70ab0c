"""Jobs and their inputs as rows."""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

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


def from_job(job: Job) -> tuple[object, ...]:
    """The values of a row of `jobs`, but for its number."""
    return (
        job.tenant,
        job.simulation_id,
        job.spec.persona_set_id,
        from_spec(job.spec).SerializeToString(),
        int(job.state),
        job.create_time.astimezone(UTC).isoformat(),
        job.end_time.astimezone(UTC).isoformat() if job.end_time else None,
        job.progress,
        job.attempts,
        job.publishing,
        from_error(job.error).SerializeToString() if job.error else None,
        job.engine_version,
        job.device,
        job.agent_steps,
    )


def to_job(row: Sequence[Any]) -> Job:
    """The job in a row of `jobs`, but for its number."""
    (tenant, simulation_id, _, spec, state, created, ended, progress, attempts, publishing, error,
     version, device, steps) = row  # fmt: skip
    return Job(
        tenant=tenant,
        simulation_id=simulation_id,
        spec=to_spec(pb.SimulationSpec.FromString(spec)),
        state=State(state),
        create_time=datetime.fromisoformat(created),
        end_time=datetime.fromisoformat(ended) if ended else None,
        progress=progress,
        attempts=attempts,
        publishing=bool(publishing),
        error=_error(error) if error else None,
        engine_version=version,
        device=device,
        agent_steps=steps,
    )


def _error(data: bytes) -> DramatisError:
    message = item_pb2.Error.FromString(data)
    kind = _KINDS[message.code]
    error: DramatisError = kind(message.message, reason=message.reason, **message.metadata)
    return error


def from_inputs(inputs: Inputs) -> tuple[bytes, str]:
    """The personas and the campaigns as they are kept."""
    campaigns = [b64encode(keep_campaign(one)).decode() for one in inputs.campaigns]
    return from_persona_set(inputs.personas), json.dumps(campaigns)


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

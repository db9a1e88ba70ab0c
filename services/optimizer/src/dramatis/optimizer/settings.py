"""The settings of the optimizer; docs/configuration.md is made from them."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from dramatis.runtime.common_settings import Address, Common
from dramatis.runtime.settings import setting


@dataclass(frozen=True)
class Settings(Common):
    """What an operator may say to the optimizer."""

    service: ClassVar[str] = "optimizer"

    grpc_address: Address = setting("127.0.0.1:7414", "Where gRPC listens, host:port.")
    http_address: Address = setting(
        "127.0.0.1:7514", "Where /metrics, /healthz and /readyz listen, host:port."
    )
    answer_days: Annotated[int, Field(ge=1, le=365)] = setting(
        7, "How long the same request_id gets the original answer.", unit="days"
    )
    job_days: Annotated[int, Field(ge=1, le=3650)] = setting(
        90,
        "How long an optimization that has ended is kept; a plan stays if it was ever promoted.",
        unit="days",
    )
    torch_threads: Annotated[int, Field(ge=1, le=256)] = setting(
        1, "Threads of one training; no more than the CPUs that it has for itself.", unit="threads"
    )

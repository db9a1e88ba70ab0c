"""The settings of the simulator; docs/configuration.md is made from them."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from dramatis.runtime.common_settings import Address, Common
from dramatis.runtime.settings import setting


@dataclass(frozen=True)
class Settings(Common):
    """What an operator may say to the simulator."""

    service: ClassVar[str] = "simulator"

    grpc_address: Address = setting("127.0.0.1:7413", "Where gRPC listens, host:port.")
    http_address: Address = setting(
        "127.0.0.1:7513", "Where /metrics, /healthz and /readyz listen, host:port."
    )
    threads: Annotated[int, Field(ge=1, le=256)] = setting(
        1, "Threads that one simulation computes with; no more than the process has cores."
    )
    answer_days: Annotated[int, Field(ge=1, le=365)] = setting(
        7, "How long the same request_id gets the original answer.", unit="days"
    )
    job_days: Annotated[int, Field(ge=1, le=3650)] = setting(
        90, "How long a simulation that has ended is kept, with its forecasts.", unit="days"
    )
    device: Annotated[str, Field(pattern=r"^(cpu|cuda(:\d+)?)$")] = setting(
        "cpu", "Where simulations run: cpu, cuda or cuda:<number>."
    )

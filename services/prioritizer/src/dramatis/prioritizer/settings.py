"""What an operator can set. Documentation is generated from here."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from dramatis.runtime.common_settings import Address, Common
from dramatis.runtime.settings import setting


@dataclass(frozen=True)
class Settings(Common):
    """The settings of the prioritizer."""

    service: ClassVar[str] = "prioritizer"

    grpc_address: Address = setting("127.0.0.1:7415", "Where gRPC listens, host:port.")
    http_address: Address = setting(
        "127.0.0.1:7515", "Where /metrics, /healthz and /readyz listen, host:port."
    )
    scoring: Literal["soft", "hard"] = setting(
        "soft",
        "Whether all personas count, by membership (soft), or only the closest (hard), where the "
        "caller does not say.",
    )

"""The settings of ingest; docs/configuration.md is made from them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from dramatis.ingest.app.intake import Room
from dramatis.ingest.domain.rules import Limits
from dramatis.runtime.common_settings import Address, Common, Seconds
from dramatis.runtime.settings import setting


@dataclass(frozen=True)
class Settings(Common):
    """What an operator may say to ingest."""

    service: ClassVar[str] = "ingest"

    grpc_address: Address = setting("127.0.0.1:7411", "Where gRPC listens, host:port.")
    http_address: Address = setting(
        "127.0.0.1:7511", "Where /metrics, /healthz and /readyz listen, host:port."
    )
    max_event_bytes: Annotated[int, Field(ge=1_024, le=1 << 20)] = setting(
        65_536, "Largest event that is accepted, serialised.", unit="bytes"
    )
    max_ahead_seconds: Seconds = setting(
        300.0, "Events further ahead of our clock are quarantined.", unit="seconds"
    )
    answer_days: Annotated[int, Field(ge=1, le=365)] = setting(
        7, "How long the same request_id gets the original answer.", unit="days"
    )
    signal_days: Annotated[int, Field(ge=1, le=3650)] = setting(
        90, "How long a signal that comes again is known for a duplicate.", unit="days"
    )

    policy: str = setting(
        "",
        "YAML file of what tenants keep, ask for and may send; see examples/ingest_policy.yaml.",
    )
    ip_ranges: str = setting(
        "",
        "CSV file of IP ranges with country and region; where empty, no address is looked up.",
    )

    max_bytes_in_work: Annotated[int, Field(ge=8 << 20, le=1 << 30)] = setting(
        32 << 20,
        "Requests that are worked on at a time; half of it for one tenant. More has to wait.",
        unit="bytes",
    )

    @property
    def room(self) -> Room:
        """How much may be in work."""
        return Room(self.max_bytes_in_work, self.max_bytes_in_work // 2)

    @property
    def limits(self) -> Limits:
        """The limits of admission."""
        return Limits(self.max_event_bytes, timedelta(seconds=self.max_ahead_seconds))

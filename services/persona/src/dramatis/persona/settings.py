"""The settings of persona; docs/configuration.md is made from them."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from dramatis.persona.domain.formed import HALF_LIFE_DAYS
from dramatis.persona.domain.lives import Habits
from dramatis.runtime.common_settings import Address, Common, Count, Seconds
from dramatis.runtime.settings import setting


@dataclass(frozen=True)
class Settings(Common):
    """What an operator may say to persona."""

    service: ClassVar[str] = "persona"

    grpc_address: Address = setting("127.0.0.1:7412", "Where gRPC listens, host:port.")
    http_address: Address = setting(
        "127.0.0.1:7512", "Where /metrics, /healthz and /readyz listen, host:port."
    )
    publish_seconds: Seconds = setting(
        1.0,
        "From one look for new evidence to the next; a snapshot follows where there is some.",
        unit="seconds",
    )
    snapshot_bytes: Annotated[int, Field(ge=0, le=3_500_000)] = setting(
        1_000_000,
        "A larger snapshot does not travel in the event log: a reference does, and the prioritizer "
        "fetches it.",
        unit="bytes",
    )
    wait_seconds: Seconds = setting(
        30.0,
        "Longest wait for a min_log_token where the caller sets no deadline.",
        unit="seconds",
    )
    batch_records: Annotated[int, Field(ge=1, le=50_000)] = setting(
        4000, "Records of the log that are taken in together.", unit="records"
    )
    threads: Count = setting(
        1, "Threads of the numerical libraries; no more than the processors it may use."
    )

    form_by_features: bool = setting(
        False,
        "Whether personas are formed by features too. Then whoever calls Prioritize has to send "
        "them, as GetFeatures gives them, among a recipient's attributes.",
    )
    network: str = setting(
        "", "YAML file of how tenants' Bayesian networks are laid out; see docs/network.md."
    )

    seen_days: Annotated[int, Field(ge=1, le=365)] = setting(
        7, "How long an event that comes again is known by its id.", unit="days"
    )
    answer_days: Annotated[int, Field(ge=1, le=365)] = setting(
        7, "How long the same request_id gets the original answer.", unit="days"
    )

    base_personas: str = setting(
        "",
        "Base personas before any data: a YAML file, a folder with TENANT.yaml for each tenant "
        "who has some, or `example` for the eight that are shipped.",
    )
    world_signals: str = setting(
        "",
        "What world signals do to traits: a YAML file, or a folder with TENANT.yaml for each "
        "tenant who has rules; empty for nothing.",
    )
    signal_days: Annotated[int, Field(ge=1, le=3650)] = setting(
        365, "How long signals are kept.", unit="days"
    )
    half_life_days: Annotated[float, Field(gt=0, le=36_500)] = setting(
        HALF_LIFE_DAYS, "After this long what a recipient is like counts half.", unit="days"
    )
    settle_days: Annotated[float, Field(gt=0, le=365)] = setting(
        7.0, "An answer that has not come by then is taken for none.", unit="days"
    )
    drift_level: Annotated[float, Field(ge=0, lt=1)] = setting(
        0.0,
        "Level of error at which a drift of shares or rates forms the personas anew, such as "
        "0.001; 0 for never. Campaigns sent to some personas only look like a drift.",
    )
    emerge: bool = setting(True, "Whether personas may emerge from newcomers whom none explains.")

    @property
    def habits(self) -> Habits:
        """How personas live."""
        return Habits(self.half_life_days, self.settle_days, self.drift_level, self.emerge)

    @property
    def tenants(self) -> frozenset[str]:
        """Those who may call."""
        return frozenset(self.api_keys.tenants.values()) | frozenset(
            filter(None, [self.anonymous_tenant])
        )

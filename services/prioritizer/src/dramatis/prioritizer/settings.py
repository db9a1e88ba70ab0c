"""What an operator can set. Documentation is generated from here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import PlainValidator

from dramatis.runtime.common_settings import Address, ApiKeys, Common
from dramatis.runtime.settings import setting


@dataclass(frozen=True, slots=True)
class CallerKeys:
    """What to call another service with, by tenant. Shows how many there are, never one of them."""

    by_tenant: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, text: str) -> "CallerKeys":
        """The keys in `tenant:key,tenant:key`; of several of one tenant the first."""
        ApiKeys.parse(text)
        pairs = [part.strip().partition(":")[::2] for part in text.split(",") if part.strip()]
        return cls(dict(reversed(pairs)))

    def __str__(self) -> str:
        return f"{len(self.by_tenant)} keys" if self.by_tenant else ""


def _caller_keys(value: object) -> object:
    return CallerKeys.parse(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Settings(Common):
    """The settings of the prioritizer."""

    service: ClassVar[str] = "prioritizer"

    grpc_address: Address = setting("127.0.0.1:7415", "Where gRPC listens, host:port.")
    http_address: Address = setting(
        "127.0.0.1:7515", "Where /metrics, /healthz and /readyz listen, host:port."
    )
    persona_target: Address = setting(
        "127.0.0.1:7412", "Where persona answers, host:port: large snapshots are fetched there."
    )
    persona_keys: Annotated[CallerKeys, PlainValidator(_caller_keys)] = setting(
        CallerKeys(),
        "Keys to call persona with: tenant:key pairs, comma separated. Not needed where persona "
        "knows callers without a key.",
        secret=True,
    )
    scoring: Literal["soft", "hard"] = setting(
        "soft",
        "Whether all personas count, by membership (soft), or only the closest (hard), where the "
        "caller does not say.",
    )

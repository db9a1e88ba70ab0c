"""What a tenant has decided about its own data, beyond what holds for all."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from dramatis.ingest.domain.permissions import UNASKED, Unasked

Names: TypeAlias = Collection[str] | None
"""Names that are kept, with stars for any characters; None keeps all."""

NAMED_VALUES: Final[Mapping[str, Names]] = {
    "recipient_updated.attributes": None,
    "site.properties": (),
}
"""What is kept where a policy says nothing: all attributes, no properties."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How much a tenant may send.

    Attributes:
        items_per_second: events, recipients, statements and signals, on average.
        burst_items: at once, after a pause.
    """

    items_per_second: float = 100_000.0
    burst_items: float = 200_000.0


@dataclass(frozen=True, slots=True)
class Policy:
    """A tenant's own rules.

    Attributes:
        events: payloads that it takes, such as "order"; None takes all.
        names: by path, the named values that are kept.
        unasked: what may be learned of recipients who have said nothing.
        quota: how much it may send.
    """

    events: Names = None
    names: Mapping[str, Names] = field(default_factory=lambda: NAMED_VALUES)
    unasked: Unasked = field(default_factory=lambda: UNASKED)
    quota: Quota = field(default_factory=Quota)


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of all tenants; who has none of their own has the default."""

    default: Policy = field(default_factory=Policy)
    tenants: Mapping[str, Policy] = field(default_factory=dict)

    def of(self, tenant: str) -> Policy:
        """The policy of a tenant."""
        return self.tenants.get(tenant, self.default)

"""Everything that a decision needs, at one moment."""

from dataclasses import dataclass
from datetime import datetime

from dramatis.core.arrays import Floats
from dramatis.core.membership import MembershipModel
from dramatis.core.response import ResponseTable


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Personas, memberships and posteriors that belong together.

    Attributes:
        tenant: whose it is.
        snapshot_id: hash of the contents, 16 hexadecimal digits.
        create_time: when it was made.
        persona_set_id: the personas that it knows.
        simulation_id: the simulation whose forecasts it holds; "" where there was none.
        persona_ids: [P].
        persona_names: [P].
        membership: who is like whom.
        responses: how they answer; P personas.
        weights: [P] shares of all recipients; sum to 1.
    """

    tenant: str
    snapshot_id: str
    create_time: datetime
    persona_set_id: str
    simulation_id: str
    persona_ids: tuple[str, ...]
    persona_names: tuple[str, ...]
    membership: MembershipModel
    responses: ResponseTable
    weights: Floats


@dataclass(frozen=True, slots=True)
class SnapshotReference:
    """Says that a snapshot is there to be fetched, and how to know that one has all of it.

    Attributes:
        tenant: whose it is.
        snapshot_id: what to ask for.
        create_time: when it was made.
        size_bytes: of its record.
        sha256: of its record.
    """

    tenant: str
    snapshot_id: str
    create_time: datetime
    size_bytes: int
    sha256: bytes

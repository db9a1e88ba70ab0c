"""Two personas, two campaigns, numbers that can be worked by hand."""

from datetime import UTC, datetime

import numpy as np

from dramatis.core.campaign import CONTROL, Campaign, Stage, StageValue
from dramatis.core.encoding import AttributeEncoding, EncodingKind
from dramatis.core.evidence import Axes
from dramatis.core.membership import MembershipModel
from dramatis.core.plan import Plan
from dramatis.core.response import ResponseTable
from dramatis.core.snapshot import Snapshot
from dramatis.prioritizer.domain.ladder import Rung
from dramatis.prioritizer.domain.tables import Tables, build

TENANT = "acme"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PERSONAS = ("bargain", "loyal")

RATES = np.array([[[0.1], [0.2], [0.05]], [[0.3], [0.1], [0.05]]])
"""[persona, (a, b, control), visit]"""

A = Campaign("a", values=(StageValue(Stage.VISIT, 10_000_000),), cost_micros=500_000)
B = Campaign("b", values=(StageValue(Stage.VISIT, 10_000_000),), cost_micros=1_000_000)
CAMPAIGNS = {"a": A, "b": B}

GAIN = [[0.0, 0.5], [2.0, -0.5]]
"""[persona, (a, b)]: 10 x (rate - 0.05) - cost."""


def snapshot(rates: np.ndarray = RATES, snapshot_id: str = "s-1", tenant: str = TENANT) -> Snapshot:
    """Recipients of size +1 are loyal with odds e^2, those of size -1 hunt for bargains."""
    count = 1000.0
    return Snapshot(
        tenant=tenant,
        snapshot_id=snapshot_id,
        create_time=NOW,
        persona_set_id="set-1",
        simulation_id="",
        persona_ids=PERSONAS,
        persona_names=("hunts for bargains", "loyal"),
        membership=MembershipModel(
            encodings=(AttributeEncoding("size", EncodingKind.LINEAR),),
            slopes=np.array([[0.0], [2.0]]),
            offsets=np.zeros(2),
            centroids=np.array([[-1.0], [1.0]]),
        ),
        responses=ResponseTable(
            axes=Axes(("a", "b", CONTROL), (Stage.VISIT,), (None,)),
            alpha=rates * count,
            beta=(1 - rates) * count,
            amount_mean=np.zeros((2, 3)),
            amount_error=np.zeros((2, 3)),
            forecast_weights=np.array([1.0]),
            forecast_weights_lower=np.array([1.0]),
            forecast_weights_upper=np.array([1.0]),
            amount_forecast_weight=1.0,
        ),
        weights=np.array([0.25, 0.75]),
    )


def tables(plan: Plan | None = None, rates: np.ndarray = RATES) -> Tables:
    return build(snapshot(rates), CAMPAIGNS, plan, Rung.LIVE_POSTERIOR)


def own(tenant, recipient_id):
    """The pseudonym where a test wants to read ids."""
    return recipient_id

"""A snapshot, campaigns and recipients of any size, drawn with a seed."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from dramatis.api.common.v1 import consent_pb2
from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb
from dramatis.core.campaign import CONTROL, Campaign, Stage, StageValue
from dramatis.core.encoding import AttributeEncoding, EncodingKind, names
from dramatis.core.evidence import Axes
from dramatis.core.membership import MembershipModel
from dramatis.core.response import ResponseTable
from dramatis.core.snapshot import Snapshot
from dramatis.wire import snapshots

LEVELS = ("low", "middle", "high", "top")
TIME = datetime(2026, 1, 1, tzinfo=UTC)


def campaigns(count: int, rng: np.random.Generator) -> Sequence[Campaign]:
    """Campaigns with prices on visits and conversions."""
    return [
        Campaign(
            f"campaign-{number:05}",
            values=(
                StageValue(Stage.VISIT, int(rng.integers(50_000, 500_000))),
                StageValue(Stage.CONVERT, 0, amount_share=0.3),
            ),
            cost_micros=int(rng.integers(0, 100_000)),
        )
        for number in range(count)
    ]


def snapshot(
    tenant: str, personas: int, campaign_ids: Sequence[str], features: int,
    rng: np.random.Generator,
) -> Snapshot:  # fmt: skip
    """A snapshot of that many personas; one feature in eight has levels, the others are numbers."""
    encodings = tuple(
        AttributeEncoding(f"level-{at}", EncodingKind.LEVELS, levels=LEVELS, missing_column=True)
        if at % 8 == 0
        else AttributeEncoding(
            f"number-{at}",
            EncodingKind.LOGARITHMIC if at % 8 == 1 else EncodingKind.LINEAR,
            center=1.0,
            scale=2.0,
        )
        for at in range(features)
    )
    axes = Axes((*campaign_ids, CONTROL), (Stage.VISIT, Stage.CONVERT), (None, Stage.VISIT))
    cells = (personas, len(axes.campaign_ids), 2)
    width = len(names(encodings))
    centroids = rng.normal(size=(personas, width))
    responses = ResponseTable(
        axes=axes,
        alpha=rng.uniform(1, 50, cells),
        beta=rng.uniform(200, 500, cells),
        amount_mean=rng.uniform(5, 80, cells[:2]),
        amount_error=np.full(cells[:2], 1.0),
        forecast_weights=np.full(2, 100.0),
        forecast_weights_lower=np.full(2, 100.0),
        forecast_weights_upper=np.full(2, 100.0),
        amount_forecast_weight=10.0,
    )
    return snapshots.name(
        Snapshot(
            tenant=tenant,
            snapshot_id="",
            create_time=TIME,
            persona_set_id="set-1",
            simulation_id="",
            persona_ids=tuple(f"persona-{number}" for number in range(personas)),
            persona_names=tuple(f"persona {number}" for number in range(personas)),
            membership=MembershipModel(
                encodings, centroids, -0.5 * (centroids**2).sum(axis=1), centroids
            ),
            responses=responses,
            weights=rng.dirichlet(np.ones(personas)),
        )
    )


def items(count: int, features: int, rng: np.random.Generator) -> Sequence[pb.PrioritizeItem]:
    """Recipients with all features and consent to marketing."""
    return [_item(number, features, rng) for number in range(count)]


def _item(number: int, features: int, rng: np.random.Generator) -> pb.PrioritizeItem:
    item = pb.PrioritizeItem(request_id=f"request-{number}")
    item.recipient.recipient_id = f"recipient-{number}"
    for at in range(features):
        if at % 8 == 0:
            item.recipient.attributes[f"level-{at}"].category = LEVELS[rng.integers(len(LEVELS))]
        else:
            item.recipient.attributes[f"number-{at}"].number = float(rng.normal(1, 2))
    consent = item.recipient.consents.add()
    consent.purpose = consent_pb2.CONSENT_PURPOSE_MARKETING
    consent.state = consent_pb2.CONSENT_STATE_GRANTED
    consent.consent_time.FromDatetime(TIME)
    return item

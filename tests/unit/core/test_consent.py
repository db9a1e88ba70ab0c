"""What holds of what recipients said."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from dramatis.core.campaign import CONTROL, Campaign
from dramatis.core.consent import Consent, ConsentState, DataType, Purpose, newest, verdict
from dramatis.core.errors import Invalid

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def said(state: ConsentState, days: int, data: DataType = DataType.ALL) -> Consent:
    return Consent(Purpose.MARKETING, state, DAY + timedelta(days=days), data)


def test_the_newest_holds_whatever_the_order() -> None:
    spoken = [
        said(ConsentState.GRANTED, 0),
        said(ConsentState.WITHDRAWN, 2),
        said(ConsentState.GRANTED, 1),
    ]
    for order in permutations(spoken):
        assert verdict(order, Purpose.MARKETING) is ConsentState.WITHDRAWN
        assert newest(order) == (spoken[1],)


def test_at_the_same_time_the_least_permissive_holds() -> None:
    spoken = [said(ConsentState.DENIED, 0), said(ConsentState.GRANTED, 0)]
    for order in permutations(spoken):
        assert verdict(order, Purpose.MARKETING) is ConsentState.DENIED


def test_another_purpose_or_part_of_the_data_says_nothing() -> None:
    assert verdict([said(ConsentState.GRANTED, 0)], Purpose.PROFILING) is ConsentState.UNKNOWN
    social = said(ConsentState.GRANTED, 0, DataType.SOCIAL)
    assert verdict([social], Purpose.MARKETING) is ConsentState.UNKNOWN


def test_a_campaign_is_live_between_its_times_unless_paused() -> None:
    campaign = Campaign("a", start_time=DAY, end_time=DAY + timedelta(days=1))
    assert [campaign.live(DAY + timedelta(hours=h)) for h in (-1, 0, 23, 24)] == [
        False,
        True,
        True,
        False,
    ]
    assert not Campaign("a", paused=True).live(DAY)


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"campaign_id": CONTROL}, "campaign_id"),
        ({"campaign_id": ""}, "campaign_id"),
        ({"campaign_id": "a", "cost_micros": -1}, "cost_per_send"),
        ({"campaign_id": "a", "priority": float("nan")}, "priority"),
    ],
)
def test_campaigns_that_cannot_be(bad: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        Campaign(**bad)  # type: ignore[arg-type]
    assert caught.value.metadata["field"] == field

import pytest

from dramatis.core.errors import Invalid, NotFound
from dramatis.simulator.domain.asked import DRAWS, Asked, check, settle
from dramatis.simulator.domain.job import EvidenceUse, agent_steps
from tests.unit.simulator.given import NOW, campaign, personas, spec

CAMPAIGNS = [campaign("b"), campaign("a"), campaign("old", paused=True)]


def test_defaults_are_filled_in():
    found = settle(Asked(), personas(), CAMPAIGNS, NOW)
    assert found.campaign_ids == ("a", "b")
    assert found.persona_set_id == "set-1"
    assert found.evidence_use is EvidenceUse.ALL
    assert found.draw_count == DRAWS
    assert found.recipient_counts == (500, 500)


def test_more_responses_than_can_be_counted_are_refused():
    asked = Asked(draw_count=10_000, recipient_counts=(10**12,) * 4)
    many = [campaign(f"c{i:03}") for i in range(300)]
    with pytest.raises(Invalid) as error:
        settle(asked, personas(count=4), many, NOW)
    assert error.value.metadata["field"] == "spec.recipient_counts"


def test_what_is_named_is_kept_even_where_it_is_not_live():
    found = settle(Asked(("old", "control"), draw_count=3), personas(), CAMPAIGNS, NOW)
    assert found.campaign_ids == ("old",)
    assert found.draw_count == 3


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (Asked(draw_count=-1), "spec.draw_count"),
        (Asked(draw_count=10_001), "spec.draw_count"),
        (Asked(seed=-5), "spec.seed"),
        (Asked(evidence_use=9), "spec.evidence_use"),
        (Asked(recipient_counts=(1, 0)), "spec.recipient_counts[1]"),
        (Asked(("a", "a")), "spec.campaign_ids[1]"),
        (Asked(("",)), "spec.campaign_ids[0]"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(asked, field):
    with pytest.raises(Invalid) as error:
        check(asked)
    assert error.value.metadata["field"] == field


def test_one_count_for_each_persona():
    with pytest.raises(Invalid) as error:
        settle(Asked(recipient_counts=(1,)), personas(), CAMPAIGNS, NOW)
    assert error.value.metadata["field"] == "spec.recipient_counts"


def test_more_than_memory_holds_is_refused():
    many = [campaign(f"c{i}") for i in range(2_000)]
    with pytest.raises(Invalid, match="at most 2,497") as error:
        settle(Asked(draw_count=3_000), personas(), many, NOW)
    assert error.value.metadata["field"] == "spec.draw_count"


def test_a_campaign_that_nobody_knows_is_not_found():
    with pytest.raises(NotFound):
        settle(Asked(("z",)), personas(), CAMPAIGNS, NOW)


def test_agent_steps_are_heads_times_campaigns_times_draws():
    assert agent_steps(spec(("a",), draws=20)) == 1000 * 2 * 20

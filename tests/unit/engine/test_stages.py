from dramatis.core.campaign import CONTROL, Campaign, Stage, StageValue
from dramatis.core.evidence import Axes
from dramatis.engine.stages import axes
from tests.unit.engine.made import AXES, campaign


def test_evidence_names_the_stages_and_new_campaigns_follow_by_id():
    found = axes(AXES, [campaign("z"), campaign("c1"), campaign("b")])
    assert found == Axes((CONTROL, "c1", "c2", "b", "z"), AXES.stages, AXES.given)


def test_without_evidence_the_values_of_campaigns_do():
    opens = Campaign("a", values=(StageValue(Stage.OPEN), StageValue(Stage.CONVERT)))
    leaves = Campaign("b", values=(StageValue(Stage.UNSUBSCRIBE), StageValue(Stage.VISIT)))
    found = axes(Axes((), (), ()), [opens, leaves])
    assert found.stages == (Stage.OPEN, Stage.VISIT, Stage.CONVERT, Stage.UNSUBSCRIBE)
    assert found.given == (None, None, Stage.VISIT, None)


def test_there_is_always_a_stage():
    assert axes(Axes((), (), ()), []) == Axes((CONTROL,), (Stage.VISIT,), (None,))

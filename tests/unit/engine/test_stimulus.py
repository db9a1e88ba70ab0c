import numpy as np

from dramatis.core.campaign import CONTROL
from dramatis.engine.stimulus import describe
from tests.unit.engine.made import campaign

IDS = (CONTROL, "a", "b", "c")
KNOWN = {
    "a": campaign("a", category="Mens", channel="email", tone="warm"),
    "b": campaign("b", category="womens", channel="email", tone="warm"),
    "c": campaign("c", category="garden", channel="sms"),
}
OBSERVED = np.array([True, True, False, False])
AFFINITIES = np.array([[0.2, 0.9], [1.0, 0.0]])


def stimuli():
    return describe(IDS, KNOWN, OBSERVED, ("mens", "womens"), AFFINITIES)


def test_match_is_the_affinity_with_what_the_stimulus_is_about():
    assert stimuli().match.tolist() == [[0.0, 0.2, 0.9, 0.0], [0.0, 1.0, 0.0, 0.0]]


def test_only_values_that_some_but_not_all_share_become_columns():
    # channel=email and tone=warm are shared by a and b; the others belong to one campaign.
    assert stimuli().attributes.tolist() == [[0, 0], [1, 1], [1, 1], [0, 0]]


def test_distance_is_the_share_of_values_never_observed():
    # b: only its category is new; c: both values are.
    assert stimuli().distance.round(6).tolist() == [0.0, 0.0, 0.333333, 1.0]


def test_a_campaign_that_nothing_is_known_of_is_as_far_away_as_can_be():
    found = describe((CONTROL, "x"), {}, np.array([True, False]), (), np.zeros((1, 0)))
    assert found.distance.tolist() == [0.0, 1.0]
    assert found.match.tolist() == [[0.0, 0.0]]

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dramatis.core.consent import Consent, ConsentState, DataType, Purpose
from dramatis.prioritizer.domain.standing import Standing, permitted, standing

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def said(state, purpose=Purpose.MARKETING, days=0, **rest):
    return Consent(purpose, state, DAY + timedelta(days=days), **rest)


@pytest.mark.parametrize(
    ("bits", "may"),
    [
        (0, False),
        (Standing.GRANTED, True),
        (Standing.DENIED, False),
        (Standing.GRANTED | Standing.DENIED, False),
        (Standing.GRANTED | Standing.UNPROFILED, True),
    ],
)
def test_marketing_takes_a_grant_and_no_denial_from_anywhere(bits, may):
    assert permitted(np.array([int(bits)])).tolist() == [may]


def test_the_newest_word_holds_whatever_the_order():
    words = [said(ConsentState.GRANTED, days=2), said(ConsentState.DENIED, days=1)]
    assert standing(words) == standing(reversed(words)) == Standing.GRANTED
    assert standing([*words, said(ConsentState.WITHDRAWN, days=3)]) == Standing.DENIED


def test_a_grant_for_one_type_of_data_is_no_grant_for_marketing():
    assert standing([said(ConsentState.GRANTED, data_type=DataType.SOCIAL)]) == Standing(0)


def test_profiling_is_free_until_refused():
    assert standing([said(ConsentState.GRANTED, Purpose.PROFILING)]) == Standing(0)
    assert standing([said(ConsentState.DENIED, Purpose.PROFILING)]) == Standing.UNPROFILED

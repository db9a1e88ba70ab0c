import pytest

from dramatis.core.errors import Conflict, Invalid, NotFound, Unimplemented
from dramatis.optimizer.domain.job import Failure, Spec


def test_defaults_are_filled_in() -> None:
    spec = Spec().filled(("a",))
    assert (spec.horizon_days, spec.max_sends_per_recipient, spec.draw_count) == (1, 1, 256)
    assert (spec.campaign_ids, spec.risk_share, spec.train_steps) == (("a",), 1.0, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [("horizon_days", 366), ("horizon_days", -1), ("max_sends_per_recipient", 366),
     ("train_steps", 100_000_001), ("draw_count", 10_001), ("seed", -1), ("risk_share", 1.5),
     ("risk_share", float("nan")), ("risk_share", -0.1), ("campaign_ids", ("a", "a"))],
)  # fmt: skip
def test_impossible_specs_name_the_field(field: str, value: object) -> None:
    with pytest.raises(Invalid) as caught:
        Spec(**{field: value})  # type: ignore[arg-type]
    assert caught.value.metadata["field"] == f"spec.{field}"


def test_a_risk_measure_is_not_in_this_release() -> None:
    with pytest.raises(Unimplemented):
        Spec(risk_share=0.1)


def test_failures_keep_what_programs_and_people_need() -> None:
    assert Failure.of(Conflict("no", reason="WHY", more="x")) == Failure(
        9, "WHY", "no", {"more": "x"}
    )
    assert Failure.of(Invalid("no")).code == 3
    assert Failure.of(NotFound("plan", "p")).code == 13

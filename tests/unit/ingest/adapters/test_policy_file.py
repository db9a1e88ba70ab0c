from pathlib import Path

import pytest

from dramatis.core.consent import DataType
from dramatis.core.errors import Unavailable
from dramatis.ingest.adapters import policy_file
from dramatis.ingest.domain.policy import Policies, Policy

EXAMPLE = Path(__file__).parents[4] / "examples/ingest_policy.yaml"


def test_the_example_shows_the_defaults() -> None:
    policies = policy_file.read(str(EXAMPLE))
    assert policies.of("anybody else") == Policy()
    careful = policies.of("careful-shop")
    assert careful.events == {"recipient_updated", "message", "order"}
    assert careful.names["recipient_updated.attributes"] == ("age_band", "affinity_*", "last_order")
    assert careful.unasked[DataType.BEHAVIOUR] is False
    assert careful.unasked[DataType.LOCATION] is False
    assert policies.of("gazette").unasked[DataType.LOCATION] is True


def test_no_file_is_the_policy_of_a_fresh_installation() -> None:
    assert policy_file.read("") == policy_file.parse({}) == Policies()


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ([], ""),
        ({"tenant": {}}, "tenant"),
        ({"default": {"events": ["orders"]}}, "default.events"),
        ({"tenants": {"acme": {"unasked": {"mood": "denied"}}}}, "tenants.acme.unasked.mood"),
        ({"tenants": {"acme": {"items_per_second": 0}}}, "tenants.acme.items_per_second"),
        ({"default": {"attributes": "some"}}, "default.attributes"),
    ],
)
def test_what_is_not_understood_is_named(content: object, where: str) -> None:
    with pytest.raises(Unavailable) as caught:
        policy_file.parse(content)
    assert caught.value.message.startswith(f"DRAMATIS_INGEST_POLICY: {where}")


@pytest.mark.parametrize("text", ["a: [", "\0"])
def test_a_file_that_is_no_yaml(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    with pytest.raises(Unavailable, match="cannot read"):
        policy_file.read(str(path))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot read"):
        policy_file.read(str(tmp_path / "none.yaml"))

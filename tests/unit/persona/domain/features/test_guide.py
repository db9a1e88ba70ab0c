"""The guide has a row for each feature."""

from pathlib import Path

from dramatis.persona.domain.features.declared import FEATURES

GUIDE = Path(__file__).parents[5] / "docs/features.md"


def test_each_feature_has_its_row() -> None:
    told = [line for line in GUIDE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert told == [
        f"| `{each.name}` | {each.unit} |"
        f" {f'{each.half_life_days:g} days' if each.half_life_days else ''} | {each.sentence} |"
        for each in FEATURES
    ]

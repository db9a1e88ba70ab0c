from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dramatis.cli.backtest import job, spec_file
from dramatis.cli.backtest.spec import FeatureType, Stage
from dramatis.core.errors import Invalid

GOOD = """\
arm:
  column: arm
  control: none
campaigns:
  yes: {stimulus: {offer: 10, category: books}, cost_per_send: 0.5}
  "2": {name: Two}
outcomes:
  - {stage: visit, column: visited}
  - {name: money, stage: amount, column: spent, value: 0.3, empty: 0}
objective: money
features:
  age: numeric
  size: {type: ordinal, order: [1, 2, 3]}
"""


def read(tmp_path: Path, text: str) -> spec_file.SpecFile:
    path = tmp_path / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    return spec_file.read(path)


def fault(tmp_path: Path, text: str) -> str:
    with pytest.raises(Invalid) as caught:
        read(tmp_path, text)
    return caught.value.message.replace(str(tmp_path / "spec.yaml"), "spec.yaml")


def test_scalars_are_the_letters_of_the_file(tmp_path: Path) -> None:
    spec = read(tmp_path, GOOD).spec
    assert spec.arms == ("none", "yes", "2")
    assert spec.arm_names == ("Nothing", "yes", "Two")
    assert [c.campaign_id for c in spec.campaigns] == ["yes", "2"]
    assert spec.campaigns[0].stimulus == {"offer": "10", "category": "books"}
    assert spec.costs == (0.0, 0.5, 0.0)
    assert spec.target.stage is Stage.AMOUNT
    assert (spec.target.value, spec.target.empty) == (0.3, 0.0)
    assert spec.features[1].order == ("1", "2", "3")
    assert spec.features[0].type is FeatureType.NUMERIC
    assert (spec.name, spec.budget, spec.max_rejected_share) == ("spec", None, 0.01)


@pytest.mark.parametrize(
    ("change", "to", "told"),
    [
        ("column: arm\n", "colum: arm\n", "spec.yaml:2:3: unknown key 'colum'; did you mean"),
        ("numeric", "number", "spec.yaml:12:8: 'number' is not known; did you mean 'numeric'?"),
        ("stage: visit", "stage: seen", "'seen' is not known; expected one of: open"),
        ("objective: money", "objective: mony", "10:12: the objective 'mony' is not among"),
        ("cost_per_send: 0.5", "cost_per_send: -1", "spec.yaml:5:64: campaigns.yes.cost_per_send"),
        ("cost_per_send: 0.5", "cost_per_send: .nan", "must be a number"),
        ("cost_per_send: 0.5", "cost_per_send: inf", "must be a finite number"),
        ("cost_per_send: 0.5", "cost_per_send: a lot", "must be a number, not 'a lot'"),
        ("control: none", "control: yes", "spec.yaml:5:3: the control arm sends nothing"),
        ("age: numeric", "visited: numeric", "spec.yaml:12:3: 'visited' is an outcome"),
        ("age: numeric", "arm: numeric", "spec.yaml:12:3: 'arm' is the arm column"),
        ("column: spent", "column: visited", "'visited' is another outcome already"),
        ("name: money", "name: visited", "a second outcome named 'visited'"),
        ("type: ordinal", "type: numeric", "an order needs the type ordinal"),
        (
            "  control: none",
            "  control: none\n  propensity: {none: 0.5, yes: 0.4, 2: 0.4}",
            "sum to 1.3",
        ),
        (
            "  control: none",
            "  control: none\n  propensity: {none: 0.5, yes: 0.5}",
            "no propensity for '2'",
        ),
        ("  control: none", "  control: none\n  propensity: {none: 0.5, no: 0.5}", "no arm 'no'"),
        ("objective: money\n", "", "spec.yaml:1:1: missing 'objective'"),
        ("  age: numeric", "  age: numeric\n  age: amount", "the key 'age' stands twice"),
        ("features:", "budget: 2\nfeatures:", "budget must be at most 1, not 2"),
        ("features:", "features: [", "not YAML"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, change: str, to: str, told: str) -> None:
    assert change in GOOD
    assert told in fault(tmp_path, GOOD.replace(change, to, 1))


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD.replace("stage: visit", "stage: seen").replace("numeric", "number")
    lines = fault(tmp_path, text).splitlines()
    assert [line.split(":")[1] for line in lines] == ["8", "12"]


@pytest.mark.parametrize("text", ["", "# nothing\n", "3", "[1, 2]", "a: &a [*a]", "[" * 5_000])
def test_what_is_no_spec_is_refused(tmp_path: Path, text: str) -> None:
    assert "spec.yaml" in fault(tmp_path, text)


def test_anchors_of_anchors_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    refs = (", ".join([f"*l{i}"] * 10) for i in range(9))
    lines += [f"l{i + 1}: &l{i + 1} [{ref}]" for i, ref in enumerate(refs)]
    assert "more than" in fault(tmp_path, "\n".join(lines))


def test_anchors_and_merges_work(tmp_path: Path) -> None:
    text = GOOD.replace('"2": {name: Two}', '"2": {<<: *one, name: Two}').replace(
        "yes: {", "yes: &one {"
    )
    spec = read(tmp_path, text).spec
    assert spec.campaigns[1].cost_per_send == 0.5
    assert spec.campaigns[1].name == "Two"


def test_a_missing_file_and_a_binary_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        spec_file.read(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\x00\xfe")
    with pytest.raises(Invalid, match="not UTF-8"):
        spec_file.read(tmp_path / "bytes.yaml")


def test_another_objective_cost_or_budget_is_checked(tmp_path: Path) -> None:
    spec = read(tmp_path, GOOD).spec
    aimed = spec.aimed("visited", 0.05, 0.3)
    assert (aimed.objective, aimed.costs, aimed.budget) == ("visited", (0.0, 0.05, 0.05), 0.3)
    assert spec.aimed(None, None, None) == spec
    for objective, cost, budget in [("x", None, None), (None, -1.0, None), (None, None, 0.0)]:
        with pytest.raises(Invalid):
            spec.aimed(objective, cost, budget)


def test_arm_values_that_make_the_same_id_get_different_ones(tmp_path: Path) -> None:
    text = GOOD.replace("yes: {", "A b: {").replace('"2": {', "a-B: {")
    ids = [c.campaign_id for c in read(tmp_path, text).spec.campaigns]
    assert ids == ["a-b-1", "a-b-2"]


def test_the_shipped_schemas_are_schemas() -> None:
    Draft202012Validator.check_schema(spec_file.schema())


def test_the_shipped_and_the_example_spec_are_one() -> None:
    shipped = files("dramatis.cli.backtest").joinpath("specs/hillstrom.yaml").read_text("utf-8")
    root = Path(__file__).parents[4]
    assert (root / "examples" / "hillstrom.yaml").read_text("utf-8") == shipped
    assert spec_file.read(job.demo_spec()).spec.objective == "visit"


def test_every_example_is_a_spec() -> None:
    folder = Path(__file__).parents[4] / "examples"
    examples = [each for each in sorted(folder.glob("*.yaml")) if "campaigns:" in each.read_text()]
    assert len(examples) >= 3
    for example in examples:
        assert spec_file.read(example).spec.campaigns


def test_the_guides_spec_is_a_spec_and_every_key_is_in_the_guide(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[4] / "docs" / "backtest.md").read_text("utf-8")
    assert read(tmp_path, guide.split("```yaml\n")[1].split("```")[0]).spec.currency == "EUR"
    schema = spec_file.schema()
    outcome = schema["properties"]["outcomes"]["items"]["properties"]
    campaign = schema["properties"]["campaigns"]["additionalProperties"]["properties"]
    named = [*schema["properties"], *outcome, *campaign, *schema["$defs"]["type"]["enum"]]
    assert not [key for key in named if key not in guide]


@pytest.mark.parametrize(
    ("budget", "wanted"), [("0", "more than 0, not 0"), ("2", "at most 1, not 2")]
)
def test_a_number_out_of_bounds_is_told_with_its_bound(
    tmp_path: Path, budget: str, wanted: str
) -> None:
    assert fault(tmp_path, GOOD + f"budget: {budget}\n").endswith(f"budget must be {wanted}")

"""What a user says about a past campaign: columns, campaigns, outcomes, objective."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from dramatis.core.errors import Invalid


class Stage(StrEnum):
    """How far a response went; an amount is the money of a conversion."""

    OPEN = "open"
    CLICK = "click"
    VISIT = "visit"
    CONVERT = "convert"
    AMOUNT = "amount"


class FeatureType(StrEnum):
    """How the cells of a feature column are read."""

    NUMERIC = "numeric"
    AMOUNT = "amount"
    ORDINAL = "ordinal"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    ID = "id"
    DATE = "date"


@dataclass(frozen=True)
class Feature:
    """One column known before anything was sent.

    Attributes:
        column: its name in the CSV.
        type: how its cells are read.
        order: of an ordinal, its values from least to most; empty for other types.
        affinity: value of a stimulus attribute that this feature shows an interest in, such as a
            category; empty when it shows none.
    """

    column: str
    type: FeatureType
    order: tuple[str, ...] = ()
    affinity: str = ""


@dataclass(frozen=True)
class Outcome:
    """One response column; a recipient's value is `value` times the cell.

    Attributes:
        name: what reports call it.
        stage: how far the response went.
        column: its name in the CSV.
        value: worth of one unit of the column, in units of the objective (currency, or responses).
        empty: what an empty cell means; None: the row cannot be read.
    """

    name: str
    stage: Stage
    column: str
    value: float = 1.0
    empty: float | None = None

    @property
    def binary(self) -> bool:
        """Whether the column holds 0 and 1 (all stages but the amount)."""
        return self.stage is not Stage.AMOUNT


@dataclass(frozen=True)
class Campaign:
    """One arm in which something was sent.

    Attributes:
        campaign_id: lower-case letters, digits and hyphens; made from the arm's value.
        arm: the value in the arm column.
        name: what reports call it.
        stimulus: attributes of what was sent: copy, tone, offer, channel, daypart, category, ...
        cost_per_send: in units of the objective.
    """

    campaign_id: str
    arm: str
    name: str
    stimulus: Mapping[str, str]
    cost_per_send: float = 0.0


@dataclass(frozen=True)
class Spec:
    """A past campaign, as its spec file says.

    Attributes:
        name: of the data set, for reports.
        arm_column: column that says what each recipient got.
        control: value in it of those who got nothing.
        campaigns: [C], in the order of the file.
        propensity: [A] probability of each arm, control first; None: take the arms' shares.
        outcomes: response columns in the order of the file.
        objective: name of the outcome whose value is to be earned.
        features: columns to decide from.
        budget: largest share of the recipients that may be sent to, in (0, 1]; None: no limit.
        max_rejected_share: the run stops when a greater share of the rows cannot be read.
        currency: ISO 4217 code or a word, for reports only.
    """

    name: str
    arm_column: str
    control: str
    campaigns: tuple[Campaign, ...]
    outcomes: tuple[Outcome, ...]
    objective: str
    features: tuple[Feature, ...]
    propensity: tuple[float, ...] | None = None
    budget: float | None = None
    max_rejected_share: float = 0.01
    currency: str = ""

    @property
    def arms(self) -> tuple[str, ...]:
        """[A] values of the arm column, control first."""
        return (self.control, *(c.arm for c in self.campaigns))

    @property
    def arm_names(self) -> tuple[str, ...]:
        """[A] what reports call the arms, control first."""
        return ("Nothing", *(c.name for c in self.campaigns))

    @property
    def costs(self) -> tuple[float, ...]:
        """[A] cost of one send in units of the objective; the control's is 0."""
        return (0.0, *(c.cost_per_send for c in self.campaigns))

    @property
    def target(self) -> Outcome:
        """The outcome that is the objective."""
        return next(o for o in self.outcomes if o.name == self.objective)

    def aimed(
        self, objective: str | None, cost_per_send: float | None, budget: float | None
    ) -> "Spec":
        """This spec with another objective, cost of every send or budget; None keeps the spec's.

        Raises:
            Invalid: no outcome has that name, the cost is negative or the budget not in (0, 1].
        """
        names = [o.name for o in self.outcomes]
        if objective is not None and objective not in names:
            raise Invalid(f"no outcome {objective!r}; the spec has {', '.join(names)}")
        if cost_per_send is not None and not 0 <= cost_per_send < float("inf"):
            raise Invalid(f"the cost per send must be 0 or more, not {cost_per_send}")
        if budget is not None and not 0 < budget <= 1:
            raise Invalid(f"the budget is a share in (0, 1], not {budget}")
        campaigns = self.campaigns
        if cost_per_send is not None:
            campaigns = tuple(replace(c, cost_per_send=cost_per_send) for c in campaigns)
        return replace(
            self,
            objective=objective or self.objective,
            campaigns=campaigns,
            budget=self.budget if budget is None else budget,
        )

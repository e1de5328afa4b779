"""The house rules for the portfolio: what has to be there, how fresh it is, which source counts, which class fits."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.policies import PolicyBook, PolicyVersion
from servicecrm.kernel.records import record
from servicecrm.portfolio.codes import Purpose, ValueClass
from servicecrm.portfolio.parts import Channel
from servicecrm.portfolio.rules import ClassRule, Condition, ProfileField, Treatment

__all__ = ["DEFAULT", "PortfolioPolicies", "PortfolioPolicy"]

YEAR: Final = timedelta(days=365)
MONTH: Final = timedelta(days=30)

RULES: Final = (
    ClassRule(
        name="valued and silent",
        value_class=ValueClass.CHURN_RISK,
        conditions=(Condition(fact="r", most=2), Condition(fact="weighted", least=3)),
    ),
    ClassRule(
        name="dormant", value_class=ValueClass.CHURN_RISK, conditions=(Condition(fact="state", one_of=("dormant",)),)
    ),
    ClassRule(
        name="discontent", value_class=ValueClass.CHURN_RISK, conditions=(Condition(fact="satisfaction", most=0.4),)
    ),
    ClassRule(name="best", value_class=ValueClass.HIGH_VALUE, conditions=(Condition(fact="weighted", least=4),)),
    ClassRule(
        name="recent and growing",
        value_class=ValueClass.POTENTIAL,
        conditions=(Condition(fact="r", least=4), Condition(fact="weighted", least=2.5)),
    ),
)

TREATMENTS: Final = (
    Treatment(value_class=ValueClass.HIGH_VALUE, contact_every=MONTH, review_every=3 * MONTH),
    Treatment(value_class=ValueClass.CHURN_RISK, contact_every=MONTH, review_every=6 * MONTH),
    Treatment(value_class=ValueClass.POTENTIAL, contact_every=3 * MONTH, review_every=6 * MONTH),
    Treatment(value_class=ValueClass.STANDARD, contact_every=6 * MONTH, review_every=YEAR),
)

HEALTH: Final = FrozenMap(
    {"satisfaction": 3.0, "complaints": 2.0, "targets": 2.0, "reviews": 1.0, "recency": 1.0, "external": 1.0}
)


@record
class PortfolioPolicy:
    """The rules of a house. They are those of the day, whenever a customer was added.

    Raises:
        InvalidValue: a stretch of time or a weight is too small; a purpose, a field, a rule or a class stands twice; or
            there is no reason for leaving.

    Source: C008, C014, C016, C018, C019, C021-C024.
    """

    verified_within: timedelta = YEAR
    """What nobody has verified for so long is not up to date."""
    dormant_after: timedelta = YEAR
    """Whoever has not been heard of for so long is dormant."""
    needed_channels: frozenset[Purpose] = attrs.field(
        default=frozenset({Purpose.ORDERING, Purpose.ESCALATION, Purpose.COMPLAINTS}), converter=frozenset
    )
    channels: tuple[Channel, ...] = attrs.field(default=(), converter=tuple)
    """The ways to use where a customer has none of its own."""
    fields: tuple[ProfileField, ...] = attrs.field(default=(), converter=tuple)
    trusted: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    """The sources that count more than others, the best one first."""
    leaving_reasons: tuple[str, ...] = attrs.field(
        default=("price", "quality", "competitor", "no_need", "ceased", "moved", "other"), converter=tuple
    )
    health: FrozenMap = HEALTH
    """What each part of the health of a relationship weighs."""
    scores_within: timedelta = YEAR
    """Scores from elsewhere that are older do not count."""
    rules: tuple[ClassRule, ...] = attrs.field(default=RULES, converter=tuple)
    treatments: tuple[Treatment, ...] = attrs.field(default=TREATMENTS, converter=tuple)
    evaluate_every: timedelta = YEAR
    """So often is the work of a partner evaluated."""

    def __attrs_post_init__(self) -> None:
        for name in ("verified_within", "dormant_after", "scores_within", "evaluate_every"):
            if getattr(self, name) <= timedelta(0):
                raise InvalidValue(f"PortfolioPolicy.{name}", "expected a positive duration")
        _once("channels", (channel.purpose for channel in self.channels))
        _once("fields", (field.name for field in self.fields))
        _once("rules", (rule.name for rule in self.rules))
        _once("treatments", (treatment.value_class for treatment in self.treatments))
        if not self.leaving_reasons:
            raise InvalidValue("PortfolioPolicy.leaving_reasons", "without a reason no customer could leave")
        if not all(isinstance(weight, int | float) and weight > 0 for weight in self.health.values()):
            raise InvalidValue("PortfolioPolicy.health", "a weight is more than nothing")

    def field(self, name: str) -> ProfileField:
        """What the house says of a field of a profile.

        Raises:
            PolicyViolation: it has no such field; names those that it has.
        """
        for field in self.fields:
            if field.name == name:
                return field
        known = ", ".join(field.name for field in self.fields) or "none"
        raise PolicyViolation("fields", f"not a field of this house; known: {known}")

    def check_leaving(self, reason: str) -> None:
        """Refuses a reason for leaving that the house does not have.

        Raises:
            PolicyViolation: names those that it has.
        """
        if reason not in self.leaving_reasons:
            known = ", ".join(self.leaving_reasons)
            raise PolicyViolation("leaving_reason", f"not a reason of this house; known: {known}")

    def check_dormant(self, heard_of: datetime, at: datetime) -> None:
        """Refuses to call dormant who was heard of lately.

        Raises:
            PolicyViolation: says from when on it would be.
        """
        then = heard_of.astimezone(UTC) + self.dormant_after
        if micros(at) < micros(then):
            raise PolicyViolation("dormant_after", f"it is dormant from {then.isoformat(timespec='seconds')} on")

    def treatment(self, value_class: ValueClass | str) -> Treatment | None:
        """How customers of a class are treated, if the house says so.

        Source: C021.
        """
        return next((each for each in self.treatments if each.value_class == value_class), None)


def _once(name: str, values: Iterable[str]) -> None:
    listed = list(values)
    if len(set(listed)) < len(listed):
        raise InvalidValue(f"PortfolioPolicy.{name}", "one of them stands twice")


@record
class PortfolioPolicies(PolicyBook[PortfolioPolicy]):
    """All versions of a house's rules for its portfolio."""

    id: str = "portfolio"
    versions: tuple[PolicyVersion[PortfolioPolicy], ...] = ()

    def shipped(self) -> PortfolioPolicy:
        """The rules that come with the library."""
        return DEFAULT


DEFAULT: Final = PortfolioPolicy()
"""The policy that is shipped, with number 0."""

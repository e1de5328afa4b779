"""What a house promises to everybody, and by which rules it makes agreements."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import attrs

from servicecrm.agreements.levels import ServiceLevels, TimeTarget
from servicecrm.agreements.parts import Termination
from servicecrm.errors import InvalidValue
from servicecrm.kernel.policies import PolicyBook, PolicyVersion
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled, several

__all__ = ["DEFAULT", "AgreementPolicies", "AgreementPolicy", "Promised", "WindDownStep"]


def _services(given: Iterable[str]) -> tuple[str, ...]:
    return several("Promised.services", given)


@record
class Promised:
    """What a house promises to all its customers: for all services, or for some."""

    levels: ServiceLevels
    services: tuple[str, ...] = attrs.field(default=(), converter=_services)


@record
class WindDownStep:
    """Something to be done before an agreement ends: so many days before its last day, by whom.

    Raises:
        InvalidValue: it would be due after the end.
    """

    title: str = attrs.field(validator=filled)
    owner: str = attrs.field(validator=filled)
    days_before: int = 0

    def __attrs_post_init__(self) -> None:
        if self.days_before < 0:
            raise InvalidValue("WindDownStep.days_before", "it is done by the last day of the agreement")


@record
class AgreementPolicy:
    """The rules of a house for agreements.

    `default` is what holds where nothing else was agreed or promised, and is never empty. `corporate` comes before it:
    what is promised to every customer. `termination` and `review_every` are what a new agreement begins with. `enough`
    is the part of the agreed service time that has to be measured, so that an availability counts as it is; below that
    it is judged only where what nobody measured can make no difference.

    Raises:
        InvalidValue: there is no default, or `enough` does not lie from 0 to 1.

    Source: C008, C031; FitSM default service level agreement.
    """

    default: ServiceLevels
    corporate: tuple[Promised, ...] = attrs.field(default=(), converter=tuple)
    termination: Termination | None = attrs.field(factory=Termination)
    review_every: str | None = "1 year"
    enough: Decimal = Decimal(1)
    wind_down: tuple[WindDownStep, ...] = attrs.field(default=(), converter=tuple)

    def __attrs_post_init__(self) -> None:
        if not self.default:
            raise InvalidValue("AgreementPolicy.default", "it is the last resort; name one target or more")
        if not 0 <= self.enough <= 1:
            raise InvalidValue("AgreementPolicy.enough", "a part lies from 0 to 1")

    def corporate_for(self, service: str | None) -> tuple[ServiceLevels, ...]:
        """What is promised to everybody for a service: first what names it, then what is for all."""
        named = [each.levels for each in self.corporate if service in each.services]
        return (*named, *(each.levels for each in self.corporate if not each.services))


@record
class AgreementPolicies(PolicyBook[AgreementPolicy]):
    """All versions of a house's rules for agreements."""

    id: str = "agreement"
    versions: tuple[PolicyVersion[AgreementPolicy], ...] = ()

    def shipped(self) -> AgreementPolicy:
        """The rules that come with the library."""
        return DEFAULT


DEFAULT: Final = AgreementPolicy(
    default=ServiceLevels(
        times=(
            TimeTarget(timer="acknowledge", within="1 business day"),
            TimeTarget(timer="first_response", within="2 business days"),
            TimeTarget(timer="resolution", within="10 business days"),
        )
    )
)
"""The rules that are shipped, with number 0: the times of the shipped targets of complaints, notice of three months,
and a review every year.
"""

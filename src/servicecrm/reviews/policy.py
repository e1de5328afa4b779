"""By which rules of a house customers are met and reviewed."""

from collections.abc import Iterable
from datetime import date
from typing import Final

import attrs

from servicecrm.calendars import Cadence, duration
from servicecrm.errors import InvalidValue
from servicecrm.kernel.policies import PolicyBook, PolicyVersion
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled, several

__all__ = ["DEFAULT", "Regular", "ReviewPolicies", "ReviewPolicy"]


def _classes(given: Iterable[str]) -> tuple[str, ...]:
    return several("Regular.classes", given)


@record
class Regular:
    """How often something is held with customers: with all, or with those of some classes of the house.

    `every` is written as a `Cadence` has it: `quarter`, `6 months`.

    Raises:
        InvalidValue: `every` has another form.
    """

    occasion: str = attrs.field(validator=filled)
    every: str
    classes: tuple[str, ...] = attrs.field(default=(), converter=_classes)

    def __attrs_post_init__(self) -> None:
        Cadence(every=self.every, start=date(2000, 1, 1))  # refuses another form


@record
class ReviewPolicy:
    """The rules of a house for meetings and reviews.

    Minutes are passed on `distribute_within` after the meeting, and what a review looks at is ready `prepare_days`
    before it.

    Raises:
        InvalidValue: the time is no duration, or the days are below zero.

    Source: C008, C084, C085, C087.
    """

    distribute_within: str = "2 business days"
    prepare_days: int = 5
    regular: tuple[Regular, ...] = attrs.field(default=(), converter=tuple)

    def __attrs_post_init__(self) -> None:
        duration(self.distribute_within)
        if self.prepare_days < 0:
            raise InvalidValue("ReviewPolicy.prepare_days", "it is ready before the review, so 0 or more")

    def every(self, occasion: str, class_: str | None = None) -> str | None:
        """How often something is held with a customer of a class: what names the class comes before what is for all."""
        rules = [each for each in self.regular if each.occasion == occasion]
        named = [each.every for each in rules if class_ in each.classes]
        return next(iter([*named, *(each.every for each in rules if not each.classes)]), None)


@record
class ReviewPolicies(PolicyBook[ReviewPolicy]):
    """All versions of a house's rules for meetings and reviews."""

    id: str = "review"
    versions: tuple[PolicyVersion[ReviewPolicy], ...] = ()

    def shipped(self) -> ReviewPolicy:
        """The rules that come with the library."""
        return DEFAULT


DEFAULT: Final = ReviewPolicy(
    regular=(Regular(occasion="service_review", every="1 year"), Regular(occasion="meeting", every="6 months"))
)
"""The rules that are shipped, with number 0: a service review every year, and a meeting every half-year."""

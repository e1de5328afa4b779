"""House rules that change on a date, while every record keeps the version that it started under."""

from datetime import datetime
from itertools import pairwise
from typing import Any, Final, Generic, Self, TypeVar

import attrs

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, Event, begin, decide, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.lifecycle import STAY, Lifecycle, Move
from servicecrm.kernel.records import evolve, record
from servicecrm.kernel.values import Period
from servicecrm.kernel.years import in_years

__all__ = ["LIFECYCLE", "PolicyBook", "PolicyPublished", "PolicyVersion", "publish"]

P = TypeVar("P")
B = TypeVar("B", bound="PolicyBook[Any]")


@record
class PolicyVersion(Generic[P]):
    """A policy as it was published, and when it is in force."""

    number: int
    policy: P
    effective: Period


@record
class PolicyBook(Generic[P]):
    """All versions of one policy, numbered from 1, each starting where the one before it ends.

    Raises:
        PolicyViolation: two versions overlap, leave a gap, or stand in the wrong order.
        InvalidValue: the versions are not numbered 1, 2, 3.

    Source: C008.
    """

    id: str
    revision: int = attrs.field(default=0, eq=False)
    versions: tuple[PolicyVersion[P], ...] = ()

    def __attrs_post_init__(self) -> None:
        if [version.number for version in self.versions] != list(range(1, len(self.versions) + 1)):
            raise InvalidValue("PolicyBook.versions", "versions are numbered from 1, without a gap")
        for earlier, later in pairwise(self.versions):
            misfit = _misfit(earlier, later)
            if misfit is not None:
                raise PolicyViolation(self._rule, misfit)

    def publish(self, policy: P, *, effective: datetime, until: datetime | None = None) -> Self:
        """The book with one more version. The one before it, if it has no end, ends where the new one starts.

        Raises:
            PolicyViolation: the new version starts no later than the last one, or before or after its fixed end.
            InvalidValue: the new version does not start before it ends, or a time has no zone.
        """
        new = PolicyVersion(number=len(self.versions) + 1, policy=policy, effective=Period(start=effective, end=until))
        versions = self.versions
        if (
            versions
            and (last := versions[-1]).effective.end is None
            and micros(last.effective.start) < micros(effective)
        ):
            versions = (*versions[:-1], evolve(last, effective=evolve(last.effective, end=effective)))
        return evolve(self, versions=(*versions, new))

    def in_force(self, at: datetime, *, otherwise: P | None = None) -> tuple[int, P]:
        """The policy at an instant, with its number; before the first version `otherwise`, or the one that is shipped.

        Raises:
            PolicyViolation: the last version has ended.
        """
        if not self.versions or micros(at) < micros(self.versions[0].effective.start):
            return 0, self.shipped() if otherwise is None else otherwise
        version = self.at(at)
        return version.number, version.policy

    def numbered(self, number: int) -> P:
        """The policy with this number; 0 is the one that is shipped."""
        return self.version(number).policy if number else self.shipped()

    def shipped(self) -> P:
        """The policy with number 0, which is in force before any is published.

        Raises:
            PolicyViolation: there is none.
        """
        raise PolicyViolation(self._rule, self._extent())

    def at(self, instant: datetime) -> PolicyVersion[P]:
        """The version in force at an instant.

        Raises:
            PolicyViolation: none is in force then.
            NaiveDatetime: the instant has no zone.
        """
        for version in reversed(self.versions):
            if version.effective.contains(instant):
                return version
        raise PolicyViolation(self._rule, f"no version is in force at {instant.isoformat()}; {self._extent()}")

    def version(self, number: int) -> PolicyVersion[P]:
        """The version with this number, in force or not.

        Raises:
            InvalidValue: there is none.
        """
        if not 1 <= number <= len(self.versions):
            raise InvalidValue(self._rule, f"there is no version {number}; published so far: {len(self.versions)}")
        return self.versions[number - 1]

    @property
    def _rule(self) -> str:
        return f"policy {self.id}"

    def _extent(self) -> str:
        if not self.versions:
            return "nothing is published yet"
        start, end = self.versions[0].effective.start, self.versions[-1].effective.end
        until = "" if end is None else f" and the last one ends at {end.isoformat()}"
        return f"the first one starts at {start.isoformat()}{until}"


LIFECYCLE: Final[Lifecycle[Any]] = Lifecycle(
    "policy",
    initial="shipped",
    moves=(Move("publish", "shipped", "published", "manager"), Move("publish", "published", STAY, "manager")),
    final={"published"},
)
"""Who publishes house rules: rights are asked about it as about every other command.

Source: C005, C008.
"""


@record
class PolicyPublished(Event):
    """House rules were published, to be in force from a date on."""

    type = "policy.published"
    number: int


def publish(
    book: B, policy: Any, *, effective: datetime, until: datetime | None = None, by: Actor | str, at: datetime
) -> Decision[B]:
    """Publish the next version of a policy; the first one starts its book.

    Raises:
        PolicyViolation: the new version overlaps the last one, or leaves a gap after it.
    """
    since = in_years("effective", effective)
    published = book.publish(policy, effective=since, until=None if until is None else in_years("until", until))
    event = PolicyPublished(**stamp(by, at), number=published.versions[-1].number)
    return decide(book, event, versions=published.versions) if book.revision else begin(published, event)


def _misfit(earlier: PolicyVersion[P], later: PolicyVersion[P]) -> str | None:
    old, new = f"version {earlier.number}", f"version {later.number}"
    begun, end, start = earlier.effective.start, earlier.effective.end, later.effective.start
    if micros(start) <= micros(begun):
        return f"{new} starts no later than {old}, which starts at {begun.isoformat()}; choose a later start"
    if end is None:
        return f"{new} overlaps {old}, which has no end"
    if micros(start) != micros(end):
        fault = "overlaps" if micros(start) < micros(end) else "leaves a gap after"
        return f"{new} {fault} {old}, which ends at {end.isoformat()}; start there"
    return None

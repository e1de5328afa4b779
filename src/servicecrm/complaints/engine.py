"""The complaint engine inside a host that keeps its own records: load, decide, ask the host, save.

```python
from servicecrm import complaints
from servicecrm.complaints.engine import ComplaintEngine

engine = ComplaintEngine(tickets)  # whatever passes `servicecrm.testing.RepositoryContract`
engine.do("T-1", complaints.assign, "water department", by="ann@city.example", at=now)
```
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from inspect import signature
from typing import Any, Concatenate, ParamSpec

import attrs

from servicecrm.calendars import BusinessHours
from servicecrm.complaints.model import Complaint
from servicecrm.complaints.policy import ComplaintPolicies
from servicecrm.complaints.ports import CalendarNamed, People, Repository, TargetsFor
from servicecrm.complaints.targets import TARGETS, facts_of
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Decision, flat
from servicecrm.tracking.books import CalendarBook
from servicecrm.tracking.clock_model import Basis
from servicecrm.tracking.targets import Targets
from servicecrm.tracking.timing import Timers

__all__ = ["ComplaintEngine"]

P = ParamSpec("P")

Decided = Decision[Complaint] | tuple[Decision[Any], ...]


class _Anybody:
    """People of whom nothing is known, so that every id will do."""

    def knows_customer(self, _id: str, /) -> bool:
        return True

    def knows_handler(self, _id: str, /) -> bool:
        return True


def _shipped_targets(_complaint: Complaint, _at: datetime, /) -> Targets:
    return TARGETS


def _shipped_calendar(name: str, _at: datetime, /) -> BusinessHours:
    return _shipped(name)


@cache
def _shipped(name: str) -> BusinessHours:
    return CalendarBook(id=name).shipped()  # the same each time, so that its table of open times is made once


@attrs.frozen(eq=False)
class ComplaintEngine:
    """Complaints in the tables of a host. It holds nothing but its ports, so make one wherever you need one.

    `people` is asked for customers and handlers, `targets` and `calendar` when timers are read: by default anybody
    will do, and what is shipped holds. `policies` are the house rules by version.

    Source: C056.
    """

    repository: Repository
    people: People = attrs.field(factory=_Anybody, kw_only=True)
    targets: TargetsFor = attrs.field(default=_shipped_targets, kw_only=True)
    calendar: CalendarNamed = attrs.field(default=_shipped_calendar, kw_only=True)
    policies: ComplaintPolicies = attrs.field(factory=ComplaintPolicies, kw_only=True)

    def start(self, command: Callable[P, Decision[Complaint]], /, *args: P.args, **kwargs: P.kwargs) -> Complaint:
        """Save the complaint that a command begins: `start(complaints.record, id=..., subject=..., by=..., at=...)`.

        Where `complaints.record` is given no policy, it goes by the house rules that are in force then.

        Raises what the command and the repository raise, and besides:
            PolicyViolation: the host does not know the customer.
        """
        at = kwargs.get("at")
        if _takes(command, "policy_version") and "policy" not in kwargs and isinstance(at, datetime):
            number, policy = self.policies.in_force(at)
            kwargs.update(policy=policy, policy_version=number)
        return self._saved(command(*args, **kwargs))

    def do(
        self, id: str, command: Callable[Concatenate[Complaint, P], Decided], /, *args: P.args, **kwargs: P.kwargs
    ) -> Complaint:
        """Let a command decide about a complaint, and save that: `do(id, complaints.assign, "water", by=..., at=...)`.

        A command that takes a policy and is given none goes by the house rules under which the complaint started, or
        of a merge, the one that goes on.
        Commands of the host's own will do as well. Of several records that it decides about, all are saved, and the
        first is given.

        Raises what the command and the repository raise, and besides:
            PolicyViolation: the host does not know the customer or the handler.
        """
        complaint = self.repository.get(id)
        if _takes(command, "policy") and "policy" not in kwargs:
            into = signature(command).bind_partial(complaint, *args, **kwargs).arguments.get("into", complaint)
            kwargs.update(policy=self.policies.numbered(into.policy))
        return self._saved(command(complaint, *args, **kwargs))

    def timers(self, id: str, *, now: datetime) -> Timers:
        """Where the timers of a complaint stand, by the targets and calendars of now.

        Raises:
            NotFound: there is no such complaint.
            InvalidValue: a target needs a calendar that the host does not have.

        Source: C035, C036.
        """
        complaint = self.repository.get(id)
        targets = self.targets(complaint, now)
        named = {target.calendar for target in targets.targets}
        named |= {goal.calendar for target in targets.targets for goal in target.goals if goal.calendar is not None}
        basis = Basis(targets=targets, calendars={name: self.calendar(name, now) for name in sorted(named)})
        return basis.timers(facts_of(complaint), now=now)

    def _saved(self, decided: Decided) -> Complaint:
        decisions = flat([decided])
        for decision in decisions:
            if isinstance(decision.after, Complaint):
                self._check_people(decision)
        saved: Complaint = self.repository.save(*decisions)[0]
        return saved

    def _check_people(self, decision: Decision[Complaint]) -> None:
        """Refuses those that the host does not know, if they are new to this complaint."""
        for role, knows in (("customer", self.people.knows_customer), ("handler", self.people.knows_handler)):
            told = getattr(decision.after, role)
            before = None if decision.before is None else getattr(decision.before, role)
            if told not in (None, before) and not knows(told):
                raise PolicyViolation(role, f"the host knows no {role} of this id; name another one, or add this one")


def _takes(command: Callable[..., object], argument: str) -> bool:
    return argument in signature(command).parameters

"""What a house says of itself: who has which role, who is away, and who is told of what."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Protocol

import attrs

from servicecrm.desk.tracked import TRACKED
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.lifecycle import Lifecycle
from servicecrm.notifications import MATRIX, Matrix, Party, Preferences
from servicecrm.notifications.known import unknown_events
from servicecrm.tracking.checklists import Checklist
from servicecrm.tracking.rights import Rights

__all__ = ["House", "Roles"]


OF_A_RECORD: Final = (Party.HANDLER, Party.TEAM, Party.REQUESTER, Party.SPONSOR)
"""The roles that a record names itself."""


class Roles(Protocol):
    """Knows the people of a house."""

    def __call__(self, role: str, record: Any, /) -> tuple[str, ...]:
        """Who has a role for a record, such as the supervisor of its handler: the person, then the deputies."""
        ...


@attrs.frozen
class _Listed:
    """Roles that the same people have for every record."""

    holders: Mapping[str, tuple[str, ...]]

    def __call__(self, role: str, _record: Any, /) -> tuple[str, ...]:
        return self.holders.get(role, ())


def _roles(roles: Roles | Mapping[str, str | Iterable[str]]) -> Roles:
    if not isinstance(roles, Mapping):
        if not callable(roles):
            raise InvalidValue("roles", 'expected who has which role, such as {"supervisor": ("vera", "bob")}')
        return roles
    return _Listed({role: (given,) if isinstance(given, str) else tuple(given) for role, given in roles.items()})


def _tables(of: Iterable[Lifecycle[Any]]) -> tuple[Lifecycle[Any], ...]:
    return tuple(of)


@attrs.frozen(kw_only=True)
class House:
    """Whom a desk tells of what happens: `connect(..., house=House())` keeps a notice for everybody in the matrix.

    A desk without a house tells nobody. `roles` says who has a role for a record, or for every one:
    `roles={"supervisor": ("vera", "bob")}`; `deputies` who stands in for each person who is away today. Templates,
    languages and addresses are the matter of the `Deliverer`.

    What happened longer ago than `backdating` is not entered any more; without it, however long ago it was.

    `lifecycles` are tables of the house's own, made of the shipped ones: commands of its desks go by them. Other desks
    on the same store do not know their states, so give all of them the same house.

    With `rights` a command is refused that is not for the roles of whoever gives it: those that `roles` lists for them,
    and those that they have for the record itself, such as its handler. With `checklists`, by the kind of record, it is
    refused to leave a record without what it has to hold in its new state.

    Raises:
        InvalidValue: the matrix has no such switch, or tells of events that never happen; or a lifecycle or a checklist
            is for no kind of record, or for one that has another already.

    Source: C005, C007, C061.
    """

    matrix: Matrix = MATRIX
    switches: Collection[str] = ()
    preferences: Preferences | None = None
    roles: Roles = attrs.field(factory=lambda: _roles({}), converter=_roles)
    lifecycles: tuple[Lifecycle[Any], ...] = attrs.field(default=(), converter=_tables)
    backdating: timedelta | None = None
    rights: Rights | None = None
    checklists: Mapping[str, Checklist[Any]] = MappingProxyType({})
    deputies: Mapping[str, str] = MappingProxyType({})

    def __attrs_post_init__(self) -> None:
        self.matrix.check_switches(self.switches)
        names = [tracked.kind.name for tracked in TRACKED.values()]
        for field, given in (
            ("lifecycles", [each.name for each in self.lifecycles]),
            ("checklists", [*self.checklists]),
        ):
            odd = sorted(name for name in given if name not in names or given.count(name) > 1)
            if odd:
                raise InvalidValue(field, f"one for each of {', '.join(names)}, not for {', '.join(odd)}")
        if self.backdating is not None and self.backdating < timedelta(0):
            raise InvalidValue("backdating", "expected a duration, or None for no limit")
        unknown = tuple(unknown_events(self.matrix))
        if unknown:
            raise InvalidValue("matrix", "; ".join(unknown))

    def roles_of(
        self, actor: str, people: Mapping[str, str | None], record: Any, among: Iterable[str]
    ) -> tuple[str, ...]:
        """The roles that somebody has: as one of the people of a record, and `among` others as the house says."""
        own = (str(role) for role, person in people.items() if person == actor)
        asked = self.roles.holders if isinstance(self.roles, _Listed) else among
        told = (role for role in asked if actor in self.roles(role, record))
        return tuple(dict.fromkeys((*own, *told)))

    def check_time(self, happened: object, at: datetime) -> None:
        """Refuses what happened too long ago to be entered now.

        Raises:
            PolicyViolation: says from when on it could be entered.

        Source: C035.
        """
        if self.backdating is None or not isinstance(happened, datetime):
            return
        since = at.astimezone(UTC) - self.backdating
        if micros(happened) < micros(since):
            earliest = since.isoformat(timespec="seconds")
            raise PolicyViolation("backdating", f"this house enters what happened since {earliest}; note it instead")

    def check_roles(self, roles: Iterable[str]) -> None:
        """Refuses roles that nobody has, if the house lists who has which role.

        Raises:
            InvalidValue: names them, and those that somebody has.
        """
        if not isinstance(self.roles, _Listed) or not self.roles.holders:
            return
        known = {*map(str, OF_A_RECORD), *(role for role, holders in self.roles.holders.items() if holders)}
        unknown = sorted(set(roles) - known)
        if unknown:
            names = f"{', '.join(unknown)}; roles that somebody has: {', '.join(sorted(known))}"
            raise InvalidValue("roles", f"nobody in this house is {names}")

"""What a house says of itself: who has which role, who is away, and who is told of what."""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import attrs

from servicecrm.notifications import MATRIX, Matrix, Preferences

__all__ = ["House", "Roles"]


class Roles(Protocol):
    """Knows the people of a house."""

    def __call__(self, role: str, record: Any, /) -> tuple[str, ...]:
        """Who has a role for a record, such as the supervisor of its handler: the person, then the deputies."""
        ...


def _roles(roles: Roles | Mapping[str, str | Iterable[str]]) -> Roles:
    if not isinstance(roles, Mapping):
        return roles
    holders = {role: (given,) if isinstance(given, str) else tuple(given) for role, given in roles.items()}
    return lambda role, _record: holders.get(role, ())


@attrs.frozen(kw_only=True)
class House:
    """Whom a desk tells of what happens: `connect(..., house=House())` keeps a notice for everybody in the matrix.

    A desk without a house tells nobody. `roles` says who has a role for a record, or for every one:
    `roles={"supervisor": ("vera", "bob")}`; `deputies` who stands in for each person who is away today. Templates,
    languages and addresses are the matter of the `Deliverer`.

    Source: C061.
    """

    matrix: Matrix = MATRIX
    switches: Collection[str] = ()
    preferences: Preferences | None = None
    roles: Roles = attrs.field(factory=lambda: _roles({}), converter=_roles)
    deputies: Mapping[str, str] = MappingProxyType({})

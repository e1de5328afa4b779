"""What a house says of itself: who has which role, who is away, and who is told of what."""

from collections.abc import Collection, Mapping
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


def _nobody(_role: str, _record: Any) -> tuple[str, ...]:
    return ()


@attrs.frozen(kw_only=True)
class House:
    """Whom a desk tells of what happens: `connect(..., house=House())` keeps a notice for everybody in the matrix.

    A desk without a house tells nobody. `roles` says who has a role for a record, `deputies` who stands in for each
    person who is away today. Templates, languages and addresses are the matter of the `Deliverer`.

    Source: C061.
    """

    matrix: Matrix = MATRIX
    switches: Collection[str] = ()
    preferences: Preferences | None = None
    roles: Roles = _nobody
    deputies: Mapping[str, str] = MappingProxyType({})

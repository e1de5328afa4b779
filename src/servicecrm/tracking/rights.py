"""May whoever gives a command take this move?

Rights are the host's business: it knows its people and their roles. Here is what it is asked, and an answer that
follows from a matrix of responsibilities.
"""

from collections.abc import Collection
from typing import Any, Protocol

import attrs

from servicecrm.errors import NotPermitted
from servicecrm.kernel.lifecycle import ANYONE, Lifecycle
from servicecrm.tracking.responsibility import Responsibilities

__all__ = ["ByMatrix", "Rights", "permit"]


class Rights(Protocol):
    """Who may take which move: asked before a command, with the roles of whoever gives it."""

    def may(self, roles: Collection[str], lifecycle: Lifecycle[Any], action: str) -> bool:
        """May somebody with these roles take this action?"""
        ...


@attrs.frozen
class ByMatrix:
    """Rights as a matrix has them, under `<lifecycle>.<action>`; what has no row there, nobody may do.

    Source: C005.
    """

    matrix: Responsibilities

    def may(self, roles: Collection[str], lifecycle: Lifecycle[Any], action: str) -> bool:
        """May somebody with these roles take this action? Also if it is for anyone."""
        activity = f"{lifecycle.name}.{action}"
        known = any(duty.activity == activity for duty in self.matrix.duties)
        return known and any(self.matrix.may(role, activity) for role in (*roles, ANYONE))


def permit(rights: Rights, roles: Collection[str], *, lifecycle: Lifecycle[Any], action: str) -> None:
    """Refuse an action that is not for somebody with these roles.

    Raises:
        NotPermitted: it is not; lists what they may do instead.

    Source: C005.
    """
    if not rights.may(roles, lifecycle, action):
        allowed = tuple(each for each in lifecycle.actions if rights.may(roles, lifecycle, each))
        raise NotPermitted(lifecycle.name, action, tuple(sorted(roles)), allowed)

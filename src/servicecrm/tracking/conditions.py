"""Which moments start a timer, stop it, or make it wait."""

from collections.abc import Iterable
from typing import Final

import attrs

from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled
from servicecrm.tracking.messages import MessageClass
from servicecrm.tracking.moments import Moment, Side

__all__ = ["UNSAID", "On", "any_of", "on"]

UNSAID: Final = frozenset(
    {
        MessageClass.COURTESY,
        MessageClass.AUTO_REPLY,
        MessageClass.BOUNCE,
        MessageClass.OWN_NOTICE,
        MessageClass.INTERNAL_NOTE,
    }
)
"""Messages that say nothing to the other side."""


@record
class On:
    """Moments of one kind, perhaps only those of one side or with one of some codes.

    Among `codes`, `""` stands for a moment without a code. Messages that say nothing, such as automatic replies,
    thanks and bounces, count only where their code is named: they start, stop and reopen nothing by accident.
    """

    kind: str = attrs.field(validator=filled)
    side: Side | None = None
    codes: tuple[str, ...] = ()

    def holds(self, moment: Moment) -> bool:
        """Is this such a moment?"""
        if moment.kind != self.kind or (self.side is not None and moment.side != self.side):
            return False
        return (moment.code or "") in self.codes if self.codes else moment.code not in UNSAID


def on(*kinds: str, side: Side | str | None = None, codes: Iterable[str] = ()) -> tuple[On, ...]:
    """Moments of any of these kinds: `on("answered", "closed")`, `on("message", side="inside")`.

    Several conditions are joined with `+`.

    Raises:
        InvalidValue: a kind is blank, or there is no such side.
    """
    of = None if side is None else Side(side)
    return tuple(On(kind=str(kind), side=of, codes=tuple(map(str, codes))) for kind in kinds)


def any_of(conditions: tuple[On, ...], moment: Moment) -> bool:
    """Does one of the conditions hold?"""
    for condition in conditions:  # noqa: SIM110 - asked so often that a generator is felt
        if condition.holds(moment):
            return True
    return False

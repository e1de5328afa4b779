"""The targets that come with the library, for a house that has published none of its own."""

from typing import Final

from servicecrm.cases.codes import ContactOutcome, ForwardClock, MomentKind
from servicecrm.kernel.records import evolve
from servicecrm.tracking.conditions import on
from servicecrm.tracking.ready_made import usual
from servicecrm.tracking.targets import Targets

__all__ = ["TARGETS"]

TARGETS: Final = Targets(
    targets=(
        usual("accept", "4h business", kinds=frozenset(MomentKind)),
        evolve(
            usual("resolution", "2 business days", kinds=frozenset(MomentKind)),
            name="answer_or_contact",
            start=on(MomentKind.ACCEPTED),
            stop=on(MomentKind.ANSWERED, MomentKind.CLOSED) + on(MomentKind.CONTACT, codes=(ContactOutcome.REACHED,)),
            reset=on(MomentKind.FORWARDED, codes=(ForwardClock.RESET,)),
            cancel=on(MomentKind.HANDED_BACK),
            each=False,
        ),
        usual("resolution", "10 business days", kinds=frozenset(MomentKind)),
        usual("demanded_update", "1 business day", kinds=frozenset(MomentKind)),
    ),
)
"""Accepted within four open hours, the requester reached or answered within two days after that, all done within ten.

Source: C036, C060, C063.
"""

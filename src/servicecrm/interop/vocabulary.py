"""The words that a map of a log may use for complaints."""

from collections.abc import Iterable
from enum import Enum
from types import MappingProxyType
from typing import Final

from servicecrm.complaints.lifecycle import CLOSED, LIFECYCLE, RECORDED, RESPONDED
from servicecrm.complaints.model import Channel, MomentKind, Priority, Severity, WaitingFor
from servicecrm.interop.maps import Vocabulary

__all__ = ["COMPLAINT_WORDS"]


def _codes(of: Iterable[Enum]) -> tuple[str, ...]:
    return tuple(member.value for member in of)


COMPLAINT_WORDS: Final = Vocabulary(
    states=LIFECYCLE.states,
    actions=LIFECYCLE.actions,
    recorded=RECORDED,
    answered=RESPONDED,
    closed=CLOSED,
    ended=tuple(state for state in LIFECYCLE.states if state not in LIFECYCLE.open),
    codes=MappingProxyType(
        {
            "channel": _codes(Channel),
            "severity": _codes(Severity),
            "impact": _codes(Severity),
            "priority": _codes(Priority),
            "waiting": _codes(WaitingFor),
        }
    ),
    moments=_codes(MomentKind),
)
"""The states, actions, codes and moments of a complaint."""

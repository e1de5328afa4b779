"""The target of an action item, for a house that has published none of its own: the date that was agreed on."""

from typing import Final

from servicecrm.tracking.action_model import ActionMomentKind
from servicecrm.tracking.conditions import on
from servicecrm.tracking.ready_made import usual
from servicecrm.tracking.targets import Targets

__all__ = ["ACTION_TARGETS"]

ACTION_TARGETS: Final = Targets(
    targets=(usual("action_due", kinds=frozenset(ActionMomentKind)),),
    ends=on(ActionMomentKind.VERIFIED, ActionMomentKind.CANCELLED),
    reopens=on(ActionMomentKind.REOPENED),
)

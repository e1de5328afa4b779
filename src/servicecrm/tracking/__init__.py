"""What every tracked record shares: moments, the timers that are read from them, messages, and action items.

Nothing is loaded before it is used: a slice needs moments, and no calendar.
"""

from typing import TYPE_CHECKING

from servicecrm.kernel.texts import Texts

if TYPE_CHECKING:
    from servicecrm.tracking import action_items
    from servicecrm.tracking.action_model import ActionItem, ActionMomentKind
    from servicecrm.tracking.action_schema import ACTION_ITEM
    from servicecrm.tracking.clock_events import (
        ClockRefreshed,
        ClockStarted,
        RecordEscalated,
        TimerCancelled,
        TimerCorrected,
        TimerMet,
        TimerMissed,
        TimerWarned,
    )
    from servicecrm.tracking.clock_model import Basis, Clock, ClockId, Facts, Fired, clock_id
    from servicecrm.tracking.clocks import escalate, refresh, start
    from servicecrm.tracking.conditions import On, on
    from servicecrm.tracking.ladders import Ladder, Rung, addressee
    from servicecrm.tracking.messages import Message, MessageClass, MessageId, MessageWritten, write
    from servicecrm.tracking.moments import Moment, Moments, Side, standing, with_moment, without_moment
    from servicecrm.tracking.names import timer_name
    from servicecrm.tracking.readings import Reading
    from servicecrm.tracking.ready_made import usual
    from servicecrm.tracking.runs import Timer, TimerState
    from servicecrm.tracking.schema import CLOCK, MESSAGE
    from servicecrm.tracking.targets import RATED, Goal, OnChange, Target, Targets
    from servicecrm.tracking.thresholds import BornLate, Firing, Threshold
    from servicecrm.tracking.timing import Timers, timers

__all__ = [
    "ACTION_ITEM",
    "CLOCK",
    "MESSAGE",
    "RATED",
    "TEXTS",
    "ActionItem",
    "ActionMomentKind",
    "Basis",
    "BornLate",
    "Clock",
    "ClockId",
    "ClockRefreshed",
    "ClockStarted",
    "Facts",
    "Fired",
    "Firing",
    "Goal",
    "Ladder",
    "Message",
    "MessageClass",
    "MessageId",
    "MessageWritten",
    "Moment",
    "Moments",
    "On",
    "OnChange",
    "Reading",
    "RecordEscalated",
    "Rung",
    "Side",
    "Target",
    "Targets",
    "Threshold",
    "Timer",
    "TimerCancelled",
    "TimerCorrected",
    "TimerMet",
    "TimerMissed",
    "TimerState",
    "TimerWarned",
    "Timers",
    "action_items",
    "addressee",
    "clock_id",
    "escalate",
    "on",
    "refresh",
    "standing",
    "start",
    "timer_name",
    "timers",
    "usual",
    "with_moment",
    "without_moment",
    "write",
]

TEXTS = Texts("servicecrm.tracking")
"""The words for the states, guards and events of action items and timers."""

if not TYPE_CHECKING:
    from servicecrm.kernel.lazy import lazily

    __getattr__ = lazily(
        __name__,
        {
            "ACTION_ITEM": "servicecrm.tracking.action_schema",
            "CLOCK": "servicecrm.tracking.schema",
            "MESSAGE": "servicecrm.tracking.schema",
            "RATED": "servicecrm.tracking.targets",
            "ActionItem": "servicecrm.tracking.action_model",
            "ActionMomentKind": "servicecrm.tracking.action_model",
            "Basis": "servicecrm.tracking.clock_model",
            "BornLate": "servicecrm.tracking.thresholds",
            "Clock": "servicecrm.tracking.clock_model",
            "ClockId": "servicecrm.tracking.clock_model",
            "ClockRefreshed": "servicecrm.tracking.clock_events",
            "ClockStarted": "servicecrm.tracking.clock_events",
            "Facts": "servicecrm.tracking.clock_model",
            "Fired": "servicecrm.tracking.clock_model",
            "Firing": "servicecrm.tracking.thresholds",
            "Goal": "servicecrm.tracking.targets",
            "Ladder": "servicecrm.tracking.ladders",
            "Message": "servicecrm.tracking.messages",
            "MessageClass": "servicecrm.tracking.messages",
            "MessageId": "servicecrm.tracking.messages",
            "MessageWritten": "servicecrm.tracking.messages",
            "Moment": "servicecrm.tracking.moments",
            "Moments": "servicecrm.tracking.moments",
            "On": "servicecrm.tracking.conditions",
            "OnChange": "servicecrm.tracking.targets",
            "Reading": "servicecrm.tracking.readings",
            "RecordEscalated": "servicecrm.tracking.clock_events",
            "Rung": "servicecrm.tracking.ladders",
            "Side": "servicecrm.tracking.moments",
            "Target": "servicecrm.tracking.targets",
            "Targets": "servicecrm.tracking.targets",
            "Threshold": "servicecrm.tracking.thresholds",
            "Timer": "servicecrm.tracking.runs",
            "TimerCancelled": "servicecrm.tracking.clock_events",
            "TimerCorrected": "servicecrm.tracking.clock_events",
            "TimerMet": "servicecrm.tracking.clock_events",
            "TimerMissed": "servicecrm.tracking.clock_events",
            "TimerState": "servicecrm.tracking.runs",
            "TimerWarned": "servicecrm.tracking.clock_events",
            "Timers": "servicecrm.tracking.timing",
            "action_items": "servicecrm.tracking.action_items",
            "addressee": "servicecrm.tracking.ladders",
            "clock_id": "servicecrm.tracking.clock_model",
            "escalate": "servicecrm.tracking.clocks",
            "on": "servicecrm.tracking.conditions",
            "refresh": "servicecrm.tracking.clocks",
            "standing": "servicecrm.tracking.moments",
            "start": "servicecrm.tracking.clocks",
            "timer_name": "servicecrm.tracking.names",
            "timers": "servicecrm.tracking.timing",
            "usual": "servicecrm.tracking.ready_made",
            "with_moment": "servicecrm.tracking.moments",
            "without_moment": "servicecrm.tracking.moments",
            "write": "servicecrm.tracking.messages",
        },
    )

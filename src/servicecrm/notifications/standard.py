"""The matrix and the templates that are shipped: who is told what of complaints and cases."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from servicecrm.kernel.frozen import FrozenMap
from servicecrm.notifications.facts import UNDELIVERABLE
from servicecrm.notifications.matrix import Entry, Matrix, Party
from servicecrm.notifications.templates import TEXTS, Template, Templates

__all__ = ["MATRIX", "SUPERVISOR_COPIES", "standard_templates"]

SUPERVISOR_COPIES: Final = "supervisor_copies"
"""The switch for copies to the supervisor: of updates, of what is overdue, of answers and closings."""

HANDLER, PREVIOUS, TEAM = Party.HANDLER, Party.PREVIOUS_HANDLER, Party.TEAM
MANAGER, SUPERVISOR = Party.MANAGER, Party.SUPERVISOR
REQUESTER, SPONSOR, FOLLOWER = Party.REQUESTER, Party.SPONSOR, Party.FOLLOWER

RECORDED: Final = ("complaint.recorded", "case.opened")
ROUTED: Final = ("complaint.recorded", "case.routed", "case.handed_back")
ACKNOWLEDGED: Final = ("complaint.acknowledged", "case.accepted")
GIVEN: Final = (
    *("complaint.assigned", "complaint.forwarded", "complaint.stage_raised"),
    *("case.routed", "case.assigned", "case.forwarded"),
    *("action_item.opened", "action_item.reassigned"),
)
FORWARDED: Final = ("complaint.forwarded", "case.forwarded")
PROMISED: Final = ("case.promise_given", "case.promise_extended", "case.forwarded")
MESSAGE: Final = ("complaint.message_received", "case.message_received")
WAITING: Final = ("complaint.waiting_started", "case.waiting_started")
UPDATED: Final = ("case.update_given",)
DEMANDED: Final = ("case.update_requested",)
WARNED: Final = ("timer.warned",)
MISSED: Final = ("timer.missed",)
ESCALATED: Final = ("record.escalated",)
ANSWERED: Final = ("complaint.answered", "case.answered")
CLOSED: Final = ("complaint.closed", "case.closed")
REOPENED: Final = ("complaint.reopened", "case.reopened")
WITHDRAWN: Final = ("complaint.withdrawn", "case.withdrawn")
FAILED: Final = (UNDELIVERABLE,)
PROPOSED: Final = ("complaint.remedy_proposed",)
REFUSED: Final = ("complaint.remedy_refused",)
OFFERED: Final = ("complaint.remedy_offered",)
SETTLED: Final = ("complaint.remedy_accepted", "complaint.remedy_declined")
ANSWERED_BACK: Final = ("complaint.answer_accepted", "complaint.answer_declined")
RAISED: Final = ("complaint.stage_raised",)
LAPSED: Final = ("complaint.lapsed",)
REFERRED: Final = ("complaint.part_referred", "complaint.referred")
MERGED: Final = ("complaint.merged",)
TAKEN_IN: Final = ("complaint.duplicate_taken_in",)
LIMIT: Final = ("case.forward_limit_passed",)
PARTNER: Final = ("case.partner_updated",)
DONE: Final = ("action_item.done",)
VIOLATED: Final = ("violation.found",)

TARGET: Final = ("service", "target", "period")
SURVEY: Final = ("survey_invitation", "survey_reminder")
"""Letters that are written to somebody who was chosen, and not because something happened."""

PLAIN: Final[Mapping[str, Any]] = {}
DUTY: Final[Mapping[str, Any]] = {"duty": True}
RECEIPT: Final[Mapping[str, Any]] = {"duty": True, "receipt": True}
IF_ON: Final[Mapping[str, Any]] = {"switch": SUPERVISOR_COPIES}
UNOWNED: Final[Mapping[str, Any]] = {"unless": HANDLER}
UNMANAGED: Final[Mapping[str, Any]] = {"duty": True, "unless": MANAGER}
UNTIL: Final[Mapping[str, Any]] = {"duty": True, "given": "promised_by"}

_TABLE: Final = (
    #  what         who         in which words        how
    (RECORDED,     REQUESTER,  "received",           RECEIPT),
    (RECORDED,     SPONSOR,    "copy_received",      PLAIN),
    (RECORDED,     FOLLOWER,   "copy_received",      PLAIN),
    (ROUTED,       TEAM,       "new",                UNOWNED),
    (ACKNOWLEDGED, REQUESTER,  "acknowledged",       DUTY),
    (ACKNOWLEDGED, REQUESTER,  "acknowledged_until", UNTIL),
    (PROMISED,     REQUESTER,  "promised",           UNTIL),
    (ACKNOWLEDGED, SPONSOR,    "copy_accepted",      PLAIN),
    (ACKNOWLEDGED, FOLLOWER,   "copy_accepted",      PLAIN),
    (GIVEN,        HANDLER,    "assigned",           DUTY),
    (FORWARDED,    PREVIOUS,   "forwarded_away",     PLAIN),
    (FORWARDED,    TEAM,       "new",                UNOWNED),
    (FORWARDED,    SPONSOR,    "copy_forwarded",     PLAIN),
    (MESSAGE,      HANDLER,    "message",            DUTY),
    (MESSAGE,      TEAM,       "message",            UNOWNED),
    (WAITING,      REQUESTER,  "waiting",            PLAIN),
    (UPDATED,      REQUESTER,  "update",             PLAIN),
    (UPDATED,      SPONSOR,    "copy_update",        PLAIN),
    (UPDATED,      FOLLOWER,   "copy_update",        PLAIN),
    (UPDATED,      SUPERVISOR, "copy_update",        IF_ON),
    (DEMANDED,     HANDLER,    "update_demanded",    DUTY),
    (DEMANDED,     TEAM,       "update_demanded",    UNOWNED),
    (WARNED,       HANDLER,    "warned",             DUTY),
    (WARNED,       TEAM,       "warned",             UNOWNED),
    (MISSED,       HANDLER,    "missed",             DUTY),
    (MISSED,       TEAM,       "missed",             UNOWNED),
    (MISSED,       SPONSOR,    "copy_missed",        PLAIN),
    (MISSED,       SUPERVISOR, "copy_missed",        IF_ON),
    (ESCALATED,    SUPERVISOR, "escalated",          DUTY),
    (ESCALATED,    HANDLER,    "copy_escalated",     DUTY),
    (ESCALATED,    TEAM,       "copy_escalated",     UNOWNED),
    (ANSWERED,     REQUESTER,  "answered",           DUTY),
    (ANSWERED,     SPONSOR,    "copy_answered",      PLAIN),
    (ANSWERED,     FOLLOWER,   "copy_answered",      PLAIN),
    (ANSWERED,     SUPERVISOR, "copy_answered",      IF_ON),
    (CLOSED,       REQUESTER,  "closed",             DUTY),
    (CLOSED,       HANDLER,    "copy_closed",        PLAIN),
    (CLOSED,       SPONSOR,    "copy_closed",        PLAIN),
    (CLOSED,       FOLLOWER,   "copy_closed",        PLAIN),
    (CLOSED,       SUPERVISOR, "copy_closed",        IF_ON),
    (REOPENED,     HANDLER,    "work_reopened",      DUTY),
    (REOPENED,     TEAM,       "work_reopened",      UNOWNED),
    (REOPENED,     REQUESTER,  "reopened",           DUTY),
    (REOPENED,     SPONSOR,    "copy_reopened",      PLAIN),
    (REOPENED,     FOLLOWER,   "copy_reopened",      PLAIN),
    (WITHDRAWN,    HANDLER,    "withdrawn",          DUTY),
    (PROPOSED,     MANAGER,    "remedy_to_approve",  DUTY),
    (PROPOSED,     SUPERVISOR, "remedy_to_approve",  UNMANAGED),
    (REFUSED,      HANDLER,    "remedy_refused",     DUTY),
    (OFFERED,      REQUESTER,  "remedy_offered",     DUTY),
    (SETTLED,      HANDLER,    "remedy_settled",     DUTY),
    (ANSWERED_BACK, HANDLER,   "answered_back",      DUTY),
    (RAISED,       REQUESTER,  "stage_raised",       DUTY),
    (LAPSED,       REQUESTER,  "lapsed",             DUTY),
    (REFERRED,     REQUESTER,  "referred",           DUTY),
    (MERGED,       REQUESTER,  "merged",             DUTY),
    (TAKEN_IN,     HANDLER,    "duplicate",          DUTY),
    (LIMIT,        SUPERVISOR, "forward_limit",      DUTY),
    (PARTNER,      HANDLER,    "partner_update",     DUTY),
    (PARTNER,      TEAM,       "partner_update",     UNOWNED),
    (DONE,         SUPERVISOR, "to_verify",          PLAIN),
    (VIOLATED,     HANDLER,    "target_missed",      DUTY),
    (FAILED,       HANDLER,    "undelivered",        DUTY),
    (FAILED,       TEAM,       "undelivered",        UNOWNED),
)  # fmt: skip

MATRIX: Final = Matrix(
    entries=tuple(
        Entry(event=event, party=party, template=template, **how)
        for events, party, template, how in _TABLE
        for event in events
    ),
    values=FrozenMap(
        {
            **dict.fromkeys((*WARNED, *MISSED), ("timer", "due_at")),
            **dict.fromkeys(REFERRED, ("to",)),
            **dict.fromkeys(VIOLATED, TARGET),
        }
    ),
)
"""Who is told what of complaints and cases. `print(MATRIX)` shows it."""

TIMES: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("acknowledged_until", "promised"), ("promised_by",)),
    **dict.fromkeys(("warned", "missed", "copy_missed"), ("due_at",)),
    **dict.fromkeys(SURVEY, ("until",)),
}
"""The times that templates tell."""

CODES: Final[Mapping[str, tuple[str, ...]]] = dict.fromkeys(("warned", "missed", "copy_missed"), ("timer",))
"""The codes that they tell."""

VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "referred": ("number", "to"),
    "target_missed": ("number", *TARGET),
    **dict.fromkeys(SURVEY, ("title", "link")),
}
"""The names that they tell, as they are: the number, unless others stand here."""


@cache
def standard_templates() -> Templates:
    """The templates that are shipped: for the entries of `MATRIX` and for surveys, in English, German and Chinese."""
    return Templates(templates=tuple(_shipped()))


def _shipped() -> Iterator[Template]:
    for language in TEXTS.languages:
        for key in dict.fromkeys((*(entry.template for entry in MATRIX.entries), *SURVEY)):
            values, times, codes = VALUES.get(key, ("number",)), TIMES.get(key, ()), CODES.get(key, ())
            # Filled with themselves, the placeholders are still there.
            names = {name: f"{{{name}}}" for name in (*values, *times, *codes)}
            subject, body = (TEXTS.get(f"{key}.{part}", language=language, **names) for part in ("subject", "body"))
            yield Template(
                key=key, language=language, subject=subject, body=body, values=values, times=times, codes=codes
            )

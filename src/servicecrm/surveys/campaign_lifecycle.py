"""When may a campaign, an invitation or a response move, and what has to be there first?"""

from typing import Final

from servicecrm.kernel.lifecycle import ANYONE, STAY, Guard, Lifecycle, Move
from servicecrm.surveys.campaign_model import Campaign, Invitation, Method
from servicecrm.surveys.response_model import COUNTED, EXCLUDED, Response
from servicecrm.tracking.checklists import Checklist, Level, Line, from_

__all__ = ["CAMPAIGN_CHECKLIST", "CAMPAIGN_LIFECYCLE", "INVITATION_LIFECYCLE", "RESPONSE_LIFECYCLE"]

MANAGER: Final = "manager"
RESPONDENT: Final = "respondent"

# -- campaigns -----------------------------------------------------------------------------------

PLANNED: Final = "planned"
PREPARED: Final = "prepared"
OPEN: Final = "open"
CLOSED: Final = "closed"
EVALUATED: Final = "evaluated"
ARCHIVED: Final = "archived"
CANCELLED: Final = "cancelled"

HELD: Final = (OPEN, CLOSED, EVALUATED, ARCHIVED)
"""Where a campaign has taken place, or takes place."""

CHANGE: Final = "change"
PREPARE: Final = "prepare"
DRAW: Final = "draw"
OPEN_UP: Final = "open"
CLOSE: Final = "close"
EVALUATE: Final = "evaluate"
ARCHIVE: Final = "archive"
CANCEL: Final = "cancel"
NEXT_WAVE: Final = "next_wave"
RESERVE: Final = "reserve"
TAKE: Final = "take"
RELEASE_PLACE: Final = "release_place"

QUESTIONS_FIXED: Final = Guard[Campaign](
    "questions_fixed",
    "a survey asks with a questionnaire that is released",
    lambda _, after: after.method is not Method.SURVEY or after.digest is not None,
)
PROMISE_KEPT: Final = Guard[Campaign](
    "promise_kept",
    "what people were promised about their names stays as it is",
    lambda before, after: before.mode is after.mode,
)
ASKED_ALIKE: Final = Guard[Campaign](
    "asked_alike",
    "everybody is asked the same, in the same way",
    lambda before, after: (before.method, before.opens_at) == (after.method, after.opens_at),
)
SAMPLE_KNOWN: Final = Guard[Campaign]("sample_known", "a sample was drawn", lambda _, after: after.sampling is not None)
PLACES_FREE: Final = Guard[Campaign](
    "places_free",
    "no quota has more places than its limit",
    lambda _, after: all(in_use(after, quota.name) <= quota.limit for quota in after.quotas),
)


def in_use(campaign: Campaign, quota: str) -> int:
    """How many places of a quota are taken or reserved."""
    return sum(count for of in (campaign.taken, campaign.reserved) if isinstance(count := of.get(quota), int))


CAMPAIGN_LIFECYCLE: Final = Lifecycle[Campaign](
    "campaign",
    initial=PLANNED,
    moves=(
        #    action         from                       to         who      guards
        Move(CHANGE,        (PLANNED, PREPARED),       PLANNED,   MANAGER),
        Move(PREPARE,       PLANNED,                   PREPARED,  MANAGER, (QUESTIONS_FIXED,),
             demands=("purpose", "population", "owner")),
        Move(DRAW,          PREPARED,                  STAY,      MANAGER, (SAMPLE_KNOWN,)),
        Move(OPEN_UP,       PREPARED,                  OPEN,      MANAGER),
        Move(CHANGE,        OPEN,                      STAY,      MANAGER, (PROMISE_KEPT, ASKED_ALIKE)),
        Move(RESERVE,       OPEN,                      STAY,      ANYONE,  (PLACES_FREE,)),
        Move(TAKE,          OPEN,                      STAY,      ANYONE,  (PLACES_FREE,)),
        Move(RELEASE_PLACE, OPEN,                      STAY,      ANYONE),
        Move(CLOSE,         OPEN,                      CLOSED,    MANAGER),
        Move(EVALUATE,      CLOSED,                    EVALUATED, MANAGER, demands=("evaluation",)),
        Move(ARCHIVE,       EVALUATED,                 ARCHIVED,  MANAGER),
        Move(CANCEL,        (PLANNED, PREPARED, OPEN), CANCELLED, MANAGER),
        Move(NEXT_WAVE,     HELD,                      STAY,      MANAGER),
    ),
    final={ARCHIVED, CANCELLED},
)  # fmt: skip
"""The lifecycle of a campaign: planned, prepared, open, closed, evaluated, archived; or cancelled.

While it is open, its window, its owner and its reminders may change, and neither what is asked nor what was promised.

Source: C072; FitSM-1 PR7.6.
"""

CAMPAIGN_CHECKLIST: Final = Checklist(
    "campaign",
    Campaign,
    lifecycle=CAMPAIGN_LIFECYCLE,
    lines=(
        #    path          level         counts in                             says
        Line("purpose",    Level.MUST,   from_(CAMPAIGN_LIFECYCLE, PREPARED),  "it is said what it is to find out"),
        Line("population", Level.MUST,   from_(CAMPAIGN_LIFECYCLE, PREPARED),  "it is said about whom"),
        Line("owner",      Level.MUST,   from_(CAMPAIGN_LIFECYCLE, PREPARED),  "it is known who answers for it"),
        Line("sampling",   Level.SHOULD, from_(CAMPAIGN_LIFECYCLE, OPEN),      "it is known how people were chosen"),
        Line("evaluation", Level.MUST,   from_(CAMPAIGN_LIFECYCLE, EVALUATED), "what came of it is written down"),
    ),
)  # fmt: skip
"""The checklist that is shipped; a house extends it.

Source: C007, C072.
"""

# -- invitations ---------------------------------------------------------------------------------

CREATED: Final = "created"
SENT: Final = "sent"
DELIVERED: Final = "delivered"
OPENED: Final = "opened"
BROKEN_OFF: Final = "broken_off"
PARTIAL: Final = "partial"
COMPLETED: Final = "completed"
DECLINED: Final = "declined"
BOUNCED: Final = "bounced"
LEFT_OUT: Final = "excluded"

UNANSWERED: Final = (SENT, DELIVERED, OPENED)
UNFINISHED: Final = (*UNANSWERED, BROKEN_OFF, PARTIAL)
"""Where somebody may be reminded."""
REACHABLE: Final = (CREATED, *UNFINISHED, BOUNCED)
"""Where an answer may come: a link also finds its way without us."""
ANSWERED: Final = (PARTIAL, COMPLETED)

SEND: Final = "send"
REMIND: Final = "remind"
DELIVER: Final = "deliver"
OPENING: Final = "open"
BOUNCE: Final = "bounce"
DECLINE: Final = "decline"
LEAVE_OUT: Final = "exclude"
BREAK_OFF: Final = "break_off"
ANSWER_PARTLY: Final = "answer_partly"
ANSWER: Final = "answer"

INVITATION_LIFECYCLE: Final = Lifecycle[Invitation](
    "invitation",
    initial=CREATED,
    moves=(
        #    action         from                                          to          who
        Move(SEND,          (CREATED, BOUNCED),                           SENT,       MANAGER),
        Move(REMIND,        UNFINISHED,                                   STAY,       MANAGER),
        Move(DELIVER,       SENT,                                         DELIVERED),
        Move(DELIVER,       (DELIVERED, OPENED, BROKEN_OFF, *ANSWERED),   STAY),
        Move(OPENING,       (CREATED, SENT, DELIVERED, BOUNCED),          OPENED),
        Move(OPENING,       (OPENED, BROKEN_OFF, *ANSWERED),              STAY),
        Move(BOUNCE,        (SENT, DELIVERED),                            BOUNCED),
        Move(BOUNCE,        (BOUNCED, OPENED, BROKEN_OFF, *ANSWERED),     STAY),
        Move(BREAK_OFF,     (CREATED, *UNANSWERED, BROKEN_OFF, BOUNCED),  BROKEN_OFF, RESPONDENT),
        Move(ANSWER_PARTLY, REACHABLE,                                    PARTIAL,    RESPONDENT),
        Move(ANSWER,        (*REACHABLE, COMPLETED),                      COMPLETED,  RESPONDENT),
        Move(DECLINE,       REACHABLE,                                    DECLINED,   RESPONDENT),
        Move(LEAVE_OUT,     (*REACHABLE, COMPLETED),                      LEFT_OUT,   MANAGER, demands=("excluded",)),
    ),
    resting={COMPLETED, BOUNCED},
    final={DECLINED, LEFT_OUT},
)  # fmt: skip
"""The lifecycle of an invitation: created, sent, delivered, opened, completed; or partial, broken off, declined,
bounced, excluded. News of mail servers that come late or twice change nothing.

Source: C076.
"""

# -- responses -----------------------------------------------------------------------------------

REPLACE: Final = "replace"
EXCLUDE: Final = "exclude"
READMIT: Final = "readmit"

RESPONSE_LIFECYCLE: Final = Lifecycle[Response](
    "response",
    initial=COUNTED,
    moves=(
        #    action   from      to        who
        Move(REPLACE, COUNTED,  STAY,     RESPONDENT),
        Move(EXCLUDE, COUNTED,  EXCLUDED, MANAGER),
        Move(READMIT, EXCLUDED, COUNTED,  MANAGER),
    ),
    resting={COUNTED, EXCLUDED},
)  # fmt: skip
"""The lifecycle of a response: it counts, or was excluded for a reason.

Source: C077.
"""

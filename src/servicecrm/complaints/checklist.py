"""What has to be on a complaint, and from when on."""

from typing import Final

from servicecrm.complaints.lifecycle import ASSESSED, CLOSED, IN_HANDLING, LIFECYCLE, RESPONDED
from servicecrm.complaints.model import Complaint
from servicecrm.tracking.checklists import Checklist, Level, Line, from_

__all__ = ["CHECKLIST"]

ALWAYS: Final = None
# Assessment may be left out, so that no later state follows from it alone; a priority is wanted there all the same.
RATED: Final = (ASSESSED, *from_(LIFECYCLE, IN_HANDLING))

CHECKLIST: Final = Checklist(
    "complaint",
    Complaint,
    lifecycle=LIFECYCLE,
    lines=(
        #    path            level         counts in                       says
        Line("subject",       Level.MUST,   ALWAYS,                         "it is said what it is about"),
        Line("channel",       Level.MUST,   ALWAYS,                         "it is known how it reached us"),
        Line("received_at",   Level.MUST,   ALWAYS,                         "it is known when it reached us"),
        Line("text",          Level.SHOULD, ALWAYS,                         "the complaint is there in full"),
        Line("remedy_sought", Level.SHOULD, ALWAYS,                         "it is known what is asked for"),
        Line("category",      Level.SHOULD, RATED,                          "it has a category"),
        Line("priority",      Level.MUST,   RATED,                          "it has a priority"),
        Line("handler",       Level.MUST,   from_(LIFECYCLE, IN_HANDLING),  "a handler is named"),
        Line("answered_at",   Level.MUST,   from_(LIFECYCLE, RESPONDED),    "an answer was given"),
        Line("closing_code",  Level.MUST,   from_(LIFECYCLE, CLOSED),       "it is said how it ended"),
    ),
)  # fmt: skip
"""The checklist that is shipped; a house extends it: `CHECKLIST.extended(Line("service"))`.

Source: C007.
"""

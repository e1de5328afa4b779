"""What has to be in the minutes of a meeting and in the report of a service review, and from when on."""

from typing import Final

from servicecrm.reviews import lifecycle
from servicecrm.reviews.model import Meeting, ServiceReview
from servicecrm.tracking.checklists import Checklist, Level, Line, from_

__all__ = ["MEETING", "SERVICE_REVIEW"]

ALWAYS: Final = None
HELD: Final = from_(lifecycle.MEETING, lifecycle.HELD)
DRAFTED: Final = from_(lifecycle.MEETING, lifecycle.DRAFTED)
DISTRIBUTED: Final = from_(lifecycle.MEETING, lifecycle.DISTRIBUTED)
PREPARED: Final = from_(lifecycle.SERVICE_REVIEW, lifecycle.PREPARED)
REVIEWED: Final = from_(lifecycle.SERVICE_REVIEW, lifecycle.HELD)
PUBLISHED: Final = from_(lifecycle.SERVICE_REVIEW, lifecycle.PUBLISHED)

MEETING: Final = Checklist(
    "meeting",
    Meeting,
    lifecycle=lifecycle.MEETING,
    lines=(
        #    path              level         counts in    says
        Line("customer",       Level.MUST,   ALWAYS,      "it is known with whom it is held"),
        Line("title",          Level.MUST,   ALWAYS,      "it is known what it is about"),
        Line("organizer",      Level.MUST,   ALWAYS,      "it is known who sees to it"),
        Line("agenda",         Level.SHOULD, ALWAYS,      "it is said what is to be talked about"),
        Line("place",          Level.SHOULD, ALWAYS,      "it is said where it is held"),
        Line("held_at",        Level.MUST,   HELD,        "it is known when it was held"),
        Line("attendees",      Level.MUST,   HELD,        "it is known who took part"),
        Line("topics",         Level.MUST,   DRAFTED,     "it is written down what was talked about"),
        Line("resolutions",    Level.SHOULD, DRAFTED,     "it is written down what was decided"),
        Line("next_on",        Level.SHOULD, DRAFTED,     "it is known when the next one is"),
        Line("distributed_to", Level.MUST,   DISTRIBUTED, "it is known who has got the minutes"),
    ),
)  # fmt: skip
"""The checklist of a meeting and its minutes that is shipped; a house extends it.

Source: C007, C085; YaSM meeting minutes.
"""

SERVICE_REVIEW: Final = Checklist(
    "service_review",
    ServiceReview,
    lifecycle=lifecycle.SERVICE_REVIEW,
    lines=(
        #    path            level         counts in  says
        Line("customer",     Level.MUST,   ALWAYS,    "it is known with whom it is held"),
        Line("title",        Level.MUST,   ALWAYS,    "it is known what it is about"),
        Line("period",       Level.MUST,   ALWAYS,    "it is known which period it looks at"),
        Line("organizer",    Level.MUST,   ALWAYS,    "it is known who sees to it"),
        Line("services",     Level.SHOULD, ALWAYS,    "it is said which services it looks at"),
        Line("agenda",       Level.SHOULD, PREPARED,  "it is said what is to be talked about"),
        Line("pack",         Level.MUST,   PREPARED,  "what it looks at is collected"),
        Line("attendees",    Level.MUST,   REVIEWED,  "it is known who took part"),
        Line("customer_view", Level.SHOULD, REVIEWED, "the customer has said what could be better"),
        Line("provider_view", Level.SHOULD, REVIEWED, "we have said what could be better"),
        Line("resolutions",  Level.SHOULD, PUBLISHED, "it is written down what was decided"),
        Line("next_on",      Level.MUST,   PUBLISHED, "it is known when the next one is"),
        Line("document",     Level.SHOULD, PUBLISHED, "the report is kept as it was passed on"),
    ),
)  # fmt: skip
"""The checklist of a service review and its report that is shipped; a house extends it.

Source: C007, C087, C088; FitSM, service review reports.
"""

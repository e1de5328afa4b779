"""What has to be in a proposal, and from when on."""

from typing import Final

from servicecrm.improvements import lifecycle
from servicecrm.improvements.model import Proposal
from servicecrm.tracking.checklists import Checklist, Level, Line

__all__ = ["PROPOSAL"]

ALWAYS: Final = None
DECIDED: Final = (lifecycle.ACCEPTED, lifecycle.REJECTED, lifecycle.HANDED_OVER)

PROPOSAL: Final = Checklist(
    "proposal",
    Proposal,
    lifecycle=lifecycle.LIFECYCLE,
    lines=(
        #    path          level         counts in              says
        Line("text",       Level.MUST,   ALWAYS,                "it is said what is to change"),
        Line("raised_by",  Level.MUST,   ALWAYS,                "it is known who had the idea"),
        Line("about",      Level.SHOULD, ALWAYS,                "it is said which service or process is to change"),
        Line("benefit",    Level.SHOULD, ALWAYS,                "it is said what it is good for"),
        Line("owner",      Level.SHOULD, ALWAYS,                "it is known who decides about it"),
        Line("decided_at", Level.MUST,   DECIDED,               "it is known when it was decided about"),
        Line("answer",     Level.MUST,   lifecycle.REJECTED,    "it was answered"),
        Line("target",     Level.SHOULD, lifecycle.HANDED_OVER, "it is known where it is carried out"),
    ),
)  # fmt: skip
"""The checklist of a proposal that is shipped; a house extends it.

Source: C007, C107.
"""

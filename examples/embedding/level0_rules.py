"""Level 0, the rules alone: which buttons does a page of your ticket system show?"""

from servicecrm.complaints import LIFECYCLE, TEXTS
from servicecrm.complaints.ports import StateWords

WORDS = StateWords(
    {
        "new": "recorded",
        "confirmed": "acknowledged",
        "triaged": "assessed",
        "in progress": "in_handling",
        "answered": "responded",
        "done": "closed",
        "no reply": "lapsed",
        "passed on": "referred",
        "cancelled": "withdrawn",
        "duplicate": "merged",
    }
)
"""Your words for the states: all of them, each once, or this is refused."""


def buttons(status: str, *, manager: bool, language: str = "en") -> list[str]:
    """The actions for somebody who looks at a ticket, in words that people read."""
    duties = LIFECYCLE.matrix()
    allowed = LIFECYCLE.allowed(WORDS.state(status))
    mine = [action for action in allowed if manager or "manager" not in duties[action]]
    return [TEXTS.get(f"action.{action}", language=language) for action in mine]


assert "close" in buttons("answered", manager=False)
assert "abschließen" in buttons("answered", manager=False, language="de")
assert "reopen" in buttons("done", manager=True)
assert "reopen" not in buttons("done", manager=False)
assert WORDS.word(LIFECYCLE.target(WORDS.state("answered"), "close")) == "done"

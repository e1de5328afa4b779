"""When may a questionnaire move, and what has to be right about it first?"""

from typing import Final, TypeVar

from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.lifecycle import STAY, Guard, Lifecycle, Move
from servicecrm.kernel.records import evolve
from servicecrm.surveys.checking import CHECKS, Check
from servicecrm.surveys.items import Label, Option, Row
from servicecrm.surveys.model import Questionnaire, content_digest
from servicecrm.tracking.checklists import Checklist, Level, Line, from_

__all__ = ["CHECKLIST", "LIFECYCLE"]

T = TypeVar("T", Label, Option, Row)

DRAFT: Final = "draft"
REVIEWED: Final = "reviewed"
RELEASED: Final = "released"
RETIRED: Final = "retired"

EDIT: Final = "edit"
REVIEW: Final = "review"
SEND_BACK: Final = "send_back"
RELEASE: Final = "release"
CORRECT: Final = "correct"
NEW_VERSION: Final = "new_version"
RETIRE: Final = "retire"

AUTHOR: Final = "author"
REVIEWER: Final = "reviewer"
MANAGER: Final = "manager"


def _guard(check: Check) -> Guard[Questionnaire]:
    return Guard(check.name, check.says, lambda _, after: not any(check.find(after)))


def _wordless(questionnaire: Questionnaire) -> Questionnaire:
    """What it would be if nobody had found the words for it yet."""

    def mute(words: FrozenMap) -> FrozenMap:
        return FrozenMap(dict.fromkeys(words, "..."))

    def muted(parts: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(evolve(part, text=mute(part.text)) for part in parts)

    items = tuple(
        evolve(
            item,
            text=mute(item.text),
            hint=mute(item.hint),
            labels=muted(item.labels),
            options=muted(item.options),
            rows=muted(item.rows),
        )
        for item in questionnaire.items
    )
    title, introduction = mute(questionnaire.title), mute(questionnaire.introduction)
    return evolve(questionnaire, title=title, introduction=introduction, items=items, digests=())


SOUND: Final = tuple(map(_guard, CHECKS))
FROZEN: Final = Guard[Questionnaire](
    "frozen", "its digest is that of its content", lambda _, after: after.digest == content_digest(after)
)
ONLY_WORDS: Final = Guard[Questionnaire](
    "only_words",
    "only words change, in the same languages; for anything else, make a new version",
    lambda before, after: _wordless(before) == _wordless(after),
)
WAS_RELEASED: Final = Guard[Questionnaire](
    "was_released", "it was released", lambda before, _: before.released_at is not None
)

LIFECYCLE: Final = Lifecycle[Questionnaire](
    "questionnaire",
    initial=DRAFT,
    moves=(
        #    action       from                         to        who       guards
        Move(EDIT,        (DRAFT, REVIEWED),           DRAFT,    AUTHOR),
        Move(REVIEW,      DRAFT,                       REVIEWED, REVIEWER, SOUND, demands=("items",)),
        Move(SEND_BACK,   REVIEWED,                    DRAFT,    REVIEWER),
        Move(RELEASE,     REVIEWED,                    RELEASED, MANAGER,  (FROZEN,)),
        Move(CORRECT,     RELEASED,                    STAY,     AUTHOR,   (FROZEN, ONLY_WORDS)),
        Move(NEW_VERSION, (RELEASED, RETIRED),         STAY,     AUTHOR,   (WAS_RELEASED,)),
        Move(RETIRE,      (DRAFT, REVIEWED, RELEASED), RETIRED,  MANAGER),
    ),
    resting={RELEASED},
    final={RETIRED},
)  # fmt: skip
"""The lifecycle of a questionnaire: draft, reviewed, released, retired.

What is released is frozen. Only words can be corrected, and that is kept; everything else needs a new version.

Source: C075.
"""

CHECKLIST: Final = Checklist(
    "questionnaire",
    Questionnaire,
    lifecycle=LIFECYCLE,
    lines=(
        #    path            level         counts in                     says
        Line("title",        Level.MUST,   None,                         "it has a title"),
        Line("languages",    Level.MUST,   None,                         "it is said in which languages it is asked"),
        Line("owner",        Level.SHOULD, None,                         "it is known who answers for it"),
        Line("purpose",      Level.SHOULD, None,                         "it is said what it is to find out"),
        Line("items",        Level.MUST,   from_(LIFECYCLE, REVIEWED),   "it asks something"),
        Line("reviewed_by",  Level.MUST,   from_(LIFECYCLE, REVIEWED),   "it is known who reviewed it"),
        Line("digests",      Level.MUST,   from_(LIFECYCLE, RELEASED),   "its content is frozen"),
    ),
)  # fmt: skip
"""The checklist that is shipped; a house extends it.

Source: C007, C075.
"""

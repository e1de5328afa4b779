"""When may the evaluation of a survey be published?"""

from typing import Final

from servicecrm.kernel.lifecycle import STAY, Guard, Lifecycle, Move
from servicecrm.surveys.evaluation_model import Saying, SurveyEvaluation, figures_digest
from servicecrm.tracking.checklists import Checklist, Level, Line

__all__ = ["EVALUATION_CHECKLIST", "EVALUATION_LIFECYCLE"]

DRAFT: Final = "draft"
REVIEWED: Final = "reviewed"
PUBLISHED: Final = "published"

REVISE: Final = "revise"
CONCLUDE: Final = "conclude"
HANDLE: Final = "handle"
REVIEW: Final = "review"
SEND_BACK: Final = "send_back"
PUBLISH: Final = "publish"

AUTHOR: Final = "author"
REVIEWER: Final = "reviewer"
MANAGER: Final = "manager"

CONCLUDED: Final = Guard[SurveyEvaluation](
    "concluded",
    "it is said what follows from it",
    lambda _, after: any(each.kind is Saying.CONCLUSION for each in after.conclusions),
)
HANDLED: Final = Guard[SurveyEvaluation](
    "handled",
    "about every low score something is done, or it is said why not",
    lambda _, after: not after.open_scores,
)
UNCHANGED: Final = Guard[SurveyEvaluation](
    "frozen",
    "its digest is that of its content",
    lambda _, after: after.digest == figures_digest(after.figures, after.pages),
)

EVALUATION_LIFECYCLE: Final = Lifecycle[SurveyEvaluation](
    "survey_evaluation",
    initial=DRAFT,
    moves=(
        #    action     from               to         who       guards
        Move(REVISE,    (DRAFT, REVIEWED), DRAFT,     AUTHOR),
        Move(CONCLUDE,  DRAFT,             STAY,      AUTHOR),
        Move(HANDLE,    (DRAFT, REVIEWED), STAY,      MANAGER),
        Move(REVIEW,    DRAFT,             REVIEWED,  REVIEWER, (CONCLUDED,)),
        Move(SEND_BACK, REVIEWED,          DRAFT,     REVIEWER),
        Move(PUBLISH,   REVIEWED,          PUBLISHED, MANAGER,  (HANDLED, UNCHANGED)),
    ),
    final={PUBLISHED},
)  # fmt: skip
"""The lifecycle of the evaluation of a survey: draft, reviewed, published.

What is published is frozen. Later answers make another evaluation.

Source: C082; YaSM SP3.6.
"""

JUDGED: Final = (REVIEWED, PUBLISHED)

EVALUATION_CHECKLIST: Final = Checklist(
    "survey_evaluation",
    SurveyEvaluation,
    lifecycle=EVALUATION_LIFECYCLE,
    lines=(
        #    path            level         counts in     says
        Line("figures",      Level.MUST,   None,         "it has figures"),
        Line("pages",        Level.SHOULD, None,         "it can be read"),
        Line("campaign",     Level.SHOULD, None,         "it is known who was asked"),
        Line("conclusions",  Level.MUST,   JUDGED,       "it is said what follows from it"),
        Line("reviewed_by",  Level.MUST,   JUDGED,       "it is known who reviewed it"),
        Line("published_at", Level.MUST,   (PUBLISHED,), "it is known when it was published"),
    ),
)  # fmt: skip
"""The checklist that is shipped; a house extends it.

Source: C007, C082.
"""

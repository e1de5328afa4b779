"""What happened to a questionnaire."""

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = [
    "QuestionnaireCorrected",
    "QuestionnaireDrafted",
    "QuestionnaireEdited",
    "QuestionnaireReleased",
    "QuestionnaireRetired",
    "QuestionnaireReviewed",
    "QuestionnaireSentBack",
    "QuestionnaireVersionStarted",
]


@record
class QuestionnaireDrafted(Event):
    """A questionnaire was begun."""

    type = "questionnaire.drafted"


@record
class QuestionnaireVersionStarted(Event):
    """A new version was begun, from the one whose id is `previous`."""

    type = "questionnaire.version_started"
    previous: str


@record
class QuestionnaireEdited(Event):
    """What it asks was changed."""

    type = "questionnaire.edited"


@record
class QuestionnaireReviewed(Event):
    """Somebody looked it through, and found it good."""

    type = "questionnaire.reviewed"


@record
class QuestionnaireSentBack(Event):
    """Somebody looked it through, and found something to change."""

    type = "questionnaire.sent_back"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class QuestionnaireReleased(Event):
    """It was frozen, and may be used; `digest` is that of its content."""

    type = "questionnaire.released"
    digest: str


@record
class QuestionnaireCorrected(Event):
    """Words of it were put right after its release; `digest` is that of its content since."""

    type = "questionnaire.corrected"
    digest: str
    reason: Personal[str] = attrs.field(validator=filled)


@record
class QuestionnaireRetired(Event):
    """It is not to be used any more."""

    type = "questionnaire.retired"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)

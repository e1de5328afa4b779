"""What was decided about a complaint: what it is, whether it is justified, what is done, offered and answered."""

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = [
    "AnswerAccepted",
    "AnswerDeclined",
    "CauseFound",
    "ComplaintJudged",
    "ComplaintReclassified",
    "FindingAdded",
    "RemedyAccepted",
    "RemedyDeclined",
    "RemedyOffered",
    "RemedyProposed",
    "RemedyProvided",
    "RemedyRefused",
    "StageRaised",
    "StepDone",
    "StepDropped",
    "StepReopened",
    "StepsPlanned",
]


@record
class ComplaintReclassified(Event):
    """It turned out to be something else than it was taken for."""

    type = "complaint.reclassified"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class ComplaintJudged(Event):
    """It was decided whether it is justified."""

    type = "complaint.judged"


@record
class StepsPlanned(Event):
    """It was determined what has to be done about it."""

    type = "complaint.steps_planned"


@record
class StepDropped(Event):
    """A step is not to be done any more; `action` is the id of its action item."""

    type = "complaint.step_dropped"
    action: str


@record
class StepDone(Event):
    """A step was done; `action` is the id of its action item."""

    type = "complaint.step_done"
    action: str


@record
class StepReopened(Event):
    """A step is to be done again, because it did not work; `action` is the id of its action item."""

    type = "complaint.step_reopened"
    action: str


@record
class FindingAdded(Event):
    """Somebody found something out."""

    type = "complaint.finding_added"


@record
class CauseFound(Event):
    """The cause behind it is known."""

    type = "complaint.cause_found"


@record
class RemedyProposed(Event):
    """A remedy was proposed; it needs an approval before it is offered."""

    type = "complaint.remedy_proposed"


@record
class RemedyRefused(Event):
    """A proposed remedy was not approved, and is not offered; `remedy` is its number."""

    type = "complaint.remedy_refused"
    remedy: int
    reason: Personal[str] = attrs.field(validator=filled)


@record
class RemedyOffered(Event):
    """The complainant was offered a remedy."""

    type = "complaint.remedy_offered"


@record
class RemedyAccepted(Event):
    """The complainant took a remedy; `remedy` is its number."""

    type = "complaint.remedy_accepted"
    remedy: int


@record
class RemedyDeclined(Event):
    """The complainant did not want a remedy; `remedy` is its number."""

    type = "complaint.remedy_declined"
    remedy: int
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class RemedyProvided(Event):
    """A remedy was carried out; `remedy` is its number."""

    type = "complaint.remedy_provided"
    remedy: int


@record
class AnswerAccepted(Event):
    """The complainant was content with the answer."""

    type = "complaint.answer_accepted"


@record
class AnswerDeclined(Event):
    """The complainant was not content with the answer."""

    type = "complaint.answer_declined"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class StageRaised(Event):
    """It is dealt with again, at a higher stage and by somebody else."""

    type = "complaint.stage_raised"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)

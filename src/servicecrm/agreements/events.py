"""What happened to an agreement. An event holds only what is not simply a changed field."""

from datetime import date

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = [
    "AgreementAbandoned",
    "AgreementAccepted",
    "AgreementAdopted",
    "AgreementConcluded",
    "AgreementCountered",
    "AgreementDrafted",
    "AgreementEdited",
    "AgreementExpired",
    "AgreementExtended",
    "AgreementProposed",
    "AgreementRenewed",
    "AgreementResumed",
    "AgreementReviewed",
    "AgreementSigned",
    "AgreementStarted",
    "AgreementSuperseded",
    "AgreementSuspended",
    "AgreementTerminated",
    "ChangeRequested",
    "GeneralAttached",
    "GeneralConcluded",
    "GeneralDrafted",
    "GeneralEdited",
    "GeneralEnded",
    "GeneralRenewed",
    "GeneralSigned",
    "NoticeGiven",
    "NoticeWithdrawn",
    "TargetViolated",
]


@record
class AgreementDrafted(Event):
    """An agreement was begun; `predecessor` is the one that it is to follow."""

    type = "agreement.drafted"
    predecessor: str | None = None


@record
class AgreementEdited(Event):
    """Its draft was changed."""

    type = "agreement.edited"


@record
class GeneralAttached(Event):
    """The general agreements of the customer were attached to it, as they are now."""

    type = "agreement.general_attached"


@record
class AgreementProposed(Event):
    """A party proposed it to the other one."""

    type = "agreement.proposed"


@record
class AgreementCountered(Event):
    """A party proposed other terms, so that no signature counts any more."""

    type = "agreement.countered"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class AgreementAccepted(Event):
    """The other party agreed to it."""

    type = "agreement.accepted"


@record
class AgreementSigned(Event):
    """A party signed it, and the other one has not yet."""

    type = "agreement.signed"
    party: str
    digest: str


@record
class AgreementConcluded(Event):
    """The last party signed it, so that it holds."""

    type = "agreement.concluded"
    party: str
    digest: str


@record
class AgreementAbandoned(Event):
    """Nothing came of it."""

    type = "agreement.abandoned"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class AgreementStarted(Event):
    """It came into force."""

    type = "agreement.started"


@record
class AgreementSuspended(Event):
    """It does not count for some time."""

    type = "agreement.suspended"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class AgreementResumed(Event):
    """It counts again."""

    type = "agreement.resumed"


@record
class NoticeGiven(Event):
    """A party ended it, from the end of a day on."""

    type = "agreement.notice_given"
    party: str
    last_day: date


@record
class NoticeWithdrawn(Event):
    """Notice was taken back, so that it goes on."""

    type = "agreement.notice_withdrawn"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class AgreementTerminated(Event):
    """It ended, because notice had been given."""

    type = "agreement.terminated"


@record
class AgreementExpired(Event):
    """It ended with its term."""

    type = "agreement.expired"


@record
class AgreementExtended(Event):
    """Nobody ended it in time, so that it goes on up to and with a day."""

    type = "agreement.extended"
    last_day: date


@record
class AgreementRenewed(Event):
    """It has a successor."""

    type = "agreement.renewed"
    successor: str


@record
class AgreementSuperseded(Event):
    """Its successor took its place before its end."""

    type = "agreement.superseded"
    successor: str


@record
class AgreementReviewed(Event):
    """Both parties looked at it."""

    type = "agreement.reviewed"


@record
class ChangeRequested(Event):
    """A review found that it has to change; `change` is the id of the change."""

    type = "agreement.change_requested"
    change: str


@record
class AgreementAdopted(Event):
    """It was taken over from another system, where it was signed; `source` names that system."""

    type = "agreement.adopted"
    source: str = attrs.field(validator=filled)


@record
class GeneralDrafted(Event):
    """A general agreement was begun."""

    type = "general_agreement.drafted"


@record
class GeneralEdited(Event):
    """Its draft was changed, so that no signature counts any more."""

    type = "general_agreement.edited"


@record
class GeneralSigned(Event):
    """A party signed it, and the other one has not yet."""

    type = "general_agreement.signed"
    party: str
    digest: str


@record
class GeneralConcluded(Event):
    """The last party signed it, so that it holds."""

    type = "general_agreement.concluded"
    party: str
    digest: str


@record
class GeneralRenewed(Event):
    """The next version of it was begun: `successor`."""

    type = "general_agreement.renewed"
    successor: str


@record
class GeneralEnded(Event):
    """It holds no longer."""

    type = "general_agreement.ended"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class TargetViolated(Event):
    """A target of an agreement was missed: which one, of which service, and in which period."""

    type = "violation.found"
    agreement: str
    service: str
    target: str
    period: str

"""The codes that only complaints have: what kind of feedback, which verdict, which remedy, which link."""

from servicecrm.kernel.shapes import Code

__all__ = [
    "AccessNeed",
    "ChangeOf",
    "Feedback",
    "LinkKind",
    "RemedyKind",
    "RemedyStatus",
    "ResponseKind",
    "Verdict",
    "Vulnerability",
]


class Feedback(Code):
    """What somebody really came with. Only complaints are judged, and only they count as complaints.

    Source: C041.
    """

    COMPLAINT = "complaint"
    REQUEST = "request"
    INCIDENT = "incident"
    COMPLIMENT = "compliment"
    SUGGESTION = "suggestion"


class Verdict(Code):
    """Whether a complaint is justified. One that is undetermined was looked into, and it cannot be known.

    Source: C044.
    """

    JUSTIFIED = "justified"
    PARTLY = "partly"
    UNJUSTIFIED = "unjustified"
    OUT_OF_SCOPE = "out_of_scope"
    UNDETERMINED = "undetermined"


class RemedyKind(Code):
    """What can be done for a complainant.

    Source: ISO 10002 and GB/T 19012, the remedies that they name; C047.
    """

    REFUND = "refund"
    REPLACEMENT = "replacement"
    REPAIR = "repair"
    SUBSTITUTE = "substitute"
    TECHNICAL_HELP = "technical_help"
    INFORMATION = "information"
    REFERRAL = "referral"
    FINANCIAL_HELP = "financial_help"
    OTHER_HELP = "other_help"
    COMPENSATION = "compensation"
    APOLOGY = "apology"
    GOODWILL = "goodwill"
    CHANGE_NOTICE = "change_notice"


class RemedyStatus(Code):
    """How far a remedy has come. A proposed one needs an approval before it is offered, or is refused."""

    PROPOSED = "proposed"
    REFUSED = "refused"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    PROVIDED = "provided"


class ResponseKind(Code):
    """What a final response says in the terms of the law: the complaint is accepted, or rejected, or there is redress
    without accepting it; or it is settled at once, or only explained.

    Source: FCA DISP 1.6.2R, 1.5.
    """

    ACCEPTED = "accepted"
    REDRESS_ONLY = "redress_only"
    REJECTED = "rejected"
    SUMMARY_RESOLUTION = "summary_resolution"
    EXPLAINED = "explained"


class LinkKind(Code):
    """How a complaint belongs to another one.

    Source: C055.
    """

    DUPLICATE_OF = "duplicate_of"
    SPLIT_FROM = "split_from"
    CHILD_OF = "child_of"
    REOPENED_FROM = "reopened_from"
    RECURRENCE_OF = "recurrence_of"
    RELATED = "related"


class Vulnerability(Code):
    """Why somebody may need more care than others.

    Source: FCA FG21/1, the four drivers of vulnerability.
    """

    HEALTH = "health"
    LIFE_EVENT = "life_event"
    RESILIENCE = "resilience"
    CAPABILITY = "capability"


class AccessNeed(Code):
    """What somebody needs, to be able to complain and to understand the answer."""

    LARGE_PRINT = "large_print"
    EASY_READ = "easy_read"
    INTERPRETER = "interpreter"
    SIGN_LANGUAGE = "sign_language"
    PHONE_ONLY = "phone_only"
    WRITTEN_ONLY = "written_only"
    REPRESENTATIVE = "representative"


class ChangeOf(Code):
    """What a complaint shows to be in need of a change."""

    SERVICE = "service"
    PROCESS = "process"

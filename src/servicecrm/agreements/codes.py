"""The codes that only agreements and services have."""

from servicecrm.kernel.shapes import Code

__all__ = ["Aspect", "ContactPurpose", "EndOf", "Outcome", "Party", "ReviewDecision", "TargetSource"]


class Party(Code):
    """Who agrees with whom."""

    CUSTOMER = "customer"
    PROVIDER = "provider"


class Aspect(Code):
    """What a guaranteed level of a service is about.

    Source: C025.
    """

    AVAILABILITY = "availability"
    CAPACITY = "capacity"
    CONTINUITY = "continuity"
    SECURITY = "security"
    SUPPORT = "support"


class ContactPurpose(Code):
    """What a contact that an agreement names is there for.

    Source: C028.
    """

    ORDERING = "ordering"
    CHANGES = "changes"
    COMPLAINTS = "complaints"
    ESCALATION = "escalation"
    REVIEWS = "reviews"
    EMERGENCIES = "emergencies"
    SIGNING = "signing"


class EndOf(Code):
    """To the end of what an agreement can be ended."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    TERM = "term"


class TargetSource(Code):
    """Where a target comes from, the most specific first.

    Source: C031.
    """

    LINE = "line"
    CUSTOMER = "customer"
    CORPORATE = "corporate"
    DEFAULT = "default"


class Outcome(Code):
    """What became of a target. Without enough measurements nobody knows.

    Source: C032.
    """

    MET = "met"
    MISSED = "missed"
    NOT_MEASURABLE = "not_measurable"


class ReviewDecision(Code):
    """What a review of an agreement came to.

    Source: C033.
    """

    KEEP = "keep"
    CHANGE = "change"
    END = "end"

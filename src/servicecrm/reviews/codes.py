"""The codes that only meetings, reviews, needs and regular reports have."""

from servicecrm.kernel.shapes import Code

__all__ = ["Achievement", "DueStatus", "NeedKind", "PackSource", "ReportStatus", "ResolutionKind", "Route"]


class ResolutionKind(Code):
    """What becomes of something that was decided. Of one that is `none` it is only kept that it was."""

    ACTION = "action"
    PROPOSAL = "proposal"
    NONE = "none"


class PackSource(Code):
    """Where what a service review looks at comes from.

    Source: C087.
    """

    RESULTS = "results"
    COMPLAINTS = "complaints"
    PRAISE = "praise"
    SATISFACTION = "satisfaction"
    CHANGES = "changes"
    RISKS = "risks"
    ACTIONS = "actions"
    NEEDS = "needs"


class Achievement(Code):
    """Whether what was agreed was achieved."""

    MET = "met"
    MISSED = "missed"
    NOT_MEASURED = "not_measured"


class NeedKind(Code):
    """What a customer has told us: what it needs, or what it plans.

    Source: C086.
    """

    NEED = "need"
    PLAN = "plan"


class Route(Code):
    """Who goes on with a need.

    Source: C086; FitSM, interfaces of customer relationship management.
    """

    SERVICE_PORTFOLIO = "service_portfolio"
    AGREEMENTS = "agreements"
    IMPROVEMENT = "improvement"


class DueStatus(Code):
    """How it stands with a meeting or a review that is due on a day.

    One that nobody held before the next one was held is `missed`: it asks for nothing any more.

    Source: C084.
    """

    UPCOMING = "upcoming"
    PLANNED = "planned"
    OVERDUE = "overdue"
    HELD = "held"
    HELD_LATE = "held_late"
    MISSED = "missed"


class ReportStatus(Code):
    """How it stands with a report that is due on a day. It is in time if its readers have it on that day.

    Source: C089.
    """

    UPCOMING = "upcoming"
    PRODUCED = "produced"
    DELIVERED = "delivered"
    LATE = "late"
    MISSED = "missed"

"""Meetings and service reviews: how often, about what, what came of it; and what customers need and plan.

```python
from datetime import UTC, date, datetime

from servicecrm import reviews
from servicecrm.reviews import schedules

now, first = datetime(2026, 3, 2, 9, tzinfo=UTC), date(2026, 1, 31)
schedule = schedules.start(
    "service_review", id="s-1", customer="harbour-cafe", every="quarter", first=first, owner="ann", by="ann", at=now
).after
reviews.overdue([schedule], [], at=now)
```

The commands are in `reviews.schedules`, `reviews.meetings`, `reviews.service_reviews`, `reviews.needs` and
`reviews.report_specs`.
"""

from servicecrm.reviews import meetings, needs, report_specs, schedules, service_reviews
from servicecrm.reviews.codes import (
    Achievement,
    DueStatus,
    NeedKind,
    PackSource,
    ReportStatus,
    ResolutionKind,
    Route,
)
from servicecrm.reviews.data_pack import Achieved, DataPack, Measured, OpenAction, PackEntry, pack
from servicecrm.reviews.model import Followed, Meeting, MeetingId, ServiceReview, ServiceReviewId
from servicecrm.reviews.monitor import Due, Gathering, dues, next_due, overdue
from servicecrm.reviews.need_model import Need, NeedId
from servicecrm.reviews.needs import Wanted, wanted
from servicecrm.reviews.parts import Addendum, Attendee, Resolution, Topic
from servicecrm.reviews.policy import DEFAULT, Regular, ReviewPolicies, ReviewPolicy
from servicecrm.reviews.report_model import ProducedReport, ReportSpec, ReportSpecId
from servicecrm.reviews.report_specs import DueReport, due_reports
from servicecrm.reviews.reports import coverage, held_on_time, late_minutes, meetings_held, minutes_on_time
from servicecrm.reviews.schedule_model import Schedule, ScheduleId
from servicecrm.reviews.schema import MEETING, NEED, REPORT_SPEC, SCHEDULE, SERVICE_REVIEW
from servicecrm.reviews.words import TEXTS

__all__ = [
    "DEFAULT",
    "MEETING",
    "NEED",
    "REPORT_SPEC",
    "SCHEDULE",
    "SERVICE_REVIEW",
    "TEXTS",
    "Achieved",
    "Achievement",
    "Addendum",
    "Attendee",
    "DataPack",
    "Due",
    "DueReport",
    "DueStatus",
    "Followed",
    "Gathering",
    "Measured",
    "Meeting",
    "MeetingId",
    "Need",
    "NeedId",
    "NeedKind",
    "OpenAction",
    "PackEntry",
    "PackSource",
    "ProducedReport",
    "Regular",
    "ReportSpec",
    "ReportSpecId",
    "ReportStatus",
    "Resolution",
    "ResolutionKind",
    "ReviewPolicies",
    "ReviewPolicy",
    "Route",
    "Schedule",
    "ScheduleId",
    "ServiceReview",
    "ServiceReviewId",
    "Topic",
    "Wanted",
    "coverage",
    "due_reports",
    "dues",
    "held_on_time",
    "late_minutes",
    "meetings",
    "meetings_held",
    "minutes_on_time",
    "needs",
    "next_due",
    "overdue",
    "pack",
    "report_specs",
    "schedules",
    "service_reviews",
    "wanted",
]

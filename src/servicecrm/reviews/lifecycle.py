"""When may a meeting, a review, a need, a schedule or a regular report move, and who may move it?

Whether something is late or overdue is no state: it follows from the days and the time.
"""

from typing import Final

from servicecrm.kernel.kinds import micros
from servicecrm.kernel.lifecycle import STAY, Guard, Lifecycle, Move
from servicecrm.reviews.model import Meeting, ServiceReview
from servicecrm.reviews.need_model import Need
from servicecrm.reviews.parts import both_sides
from servicecrm.reviews.report_model import ReportSpec
from servicecrm.reviews.schedule_model import Schedule
from servicecrm.tracking.moments import Side
from servicecrm.tracking.signatures import unsigned

__all__ = ["MEETING", "NEED", "REPORT_SPEC", "SCHEDULE", "SERVICE_REVIEW"]

MANAGER: Final = "account_manager"
SIDE: Final = "side"
"""Either of those who meet."""
OWNER: Final = "owner"

PLANNED: Final = "planned"
HELD: Final = "held"
CANCELLED: Final = "cancelled"

ADD_TOPICS: Final = "add_topics"
RESCHEDULE: Final = "reschedule"
HOLD: Final = "hold"
RESOLVE: Final = "resolve"
ADD: Final = "add"
CANCEL: Final = "cancel"

OTHER_TIME: Final = Guard[Meeting | ServiceReview](
    "other_time",
    "the new time is another one than the present one",
    lambda before, after: micros(before.planned_for) != micros(after.planned_for),
)
BOTH_SIDES: Final = Guard[Meeting | ServiceReview](
    "both_sides",
    "somebody was there for the customer, and somebody for us",
    lambda _, after: both_sides(after.attendees),
)

# -- meetings ------------------------------------------------------------------------------------

DRAFTED: Final = "drafted"
APPROVED: Final = "approved"
DISTRIBUTED: Final = "distributed"

DRAFT: Final = "draft"
EDIT: Final = "edit"
APPROVE: Final = "approve"
CONCLUDE: Final = "conclude"
DISTRIBUTE: Final = "distribute"

BOTH_APPROVED: Final = Guard[Meeting](
    "both_approved",
    "both sides have approved the minutes as they are",
    lambda _, after: not unsigned(after.approvals, Side, digest=after.digest),
)

MEETING: Final = Lifecycle[Meeting](
    "meeting",
    initial=PLANNED,
    moves=(
        #    action      from                     to           who      guards
        Move(ADD_TOPICS, PLANNED,                 STAY,        SIDE),
        Move(RESCHEDULE, PLANNED,                 STAY,        MANAGER, (OTHER_TIME,)),
        Move(HOLD,       PLANNED,                 HELD,        MANAGER, (BOTH_SIDES,)),
        Move(RESOLVE,    (HELD, DRAFTED),         STAY,        MANAGER),
        Move(DRAFT,      HELD,                    DRAFTED,     MANAGER, demands=("topics",)),
        Move(EDIT,       DRAFTED,                 STAY,        MANAGER, demands=("topics",)),
        Move(APPROVE,    DRAFTED,                 STAY,        SIDE),
        Move(CONCLUDE,   DRAFTED,                 APPROVED,    SIDE,    (BOTH_APPROVED,)),
        Move(DISTRIBUTE, APPROVED,                DISTRIBUTED, MANAGER, demands=("distributed_to",)),
        Move(DISTRIBUTE, DISTRIBUTED,             STAY,        MANAGER),
        Move(ADD,        (APPROVED, DISTRIBUTED), STAY,        SIDE),
        Move(CANCEL,     PLANNED,                 CANCELLED,   MANAGER),
    ),
    final={DISTRIBUTED, CANCELLED},
)  # fmt: skip
"""The lifecycle of a meeting and its minutes: planned, held, drafted, approved, distributed; or cancelled.

Source: C003, C085; YaSM SP3.5.
"""

# -- service reviews -----------------------------------------------------------------------------

PREPARED: Final = "prepared"
PUBLISHED: Final = "published"

NOT_HELD: Final = (PLANNED, PREPARED)

PREPARE: Final = "prepare"
PUBLISH: Final = "publish"
SIGN_OFF: Final = "sign_off"

HAS_DATA: Final = Guard[ServiceReview](
    "has_data", "there is something to look at", lambda _, after: after.pack is not None and not after.pack.empty
)
ACTIONS_FOLLOWED: Final = Guard[ServiceReview](
    "actions_followed",
    "the actions that were open have been looked at",
    lambda _, after: not after.unfollowed,
)
RESULTS_SAID: Final = Guard[ServiceReview](
    "results_said",
    "it is said of every service what was agreed and what was achieved",
    lambda _, after: not after.unanswered,
)

SERVICE_REVIEW: Final = Lifecycle[ServiceReview](
    "service_review",
    initial=PLANNED,
    moves=(
        #    action      from       to         who      guards
        Move(ADD_TOPICS, NOT_HELD,  STAY,      SIDE),
        Move(RESCHEDULE, NOT_HELD,  STAY,      MANAGER, (OTHER_TIME,)),
        Move(PREPARE,    NOT_HELD,  PREPARED,  MANAGER, (HAS_DATA,)),
        Move(HOLD,       PREPARED,  HELD,      MANAGER, (BOTH_SIDES, ACTIONS_FOLLOWED)),
        Move(RESOLVE,    HELD,      STAY,      MANAGER),
        Move(EDIT,       HELD,      STAY,      MANAGER),
        Move(PUBLISH,    HELD,      PUBLISHED, MANAGER, (RESULTS_SAID,), demands=("next_on",)),
        Move(SIGN_OFF,   PUBLISHED, STAY,      SIDE),
        Move(ADD,        PUBLISHED, STAY,      SIDE),
        Move(CANCEL,     NOT_HELD,  CANCELLED, MANAGER),
    ),
    final={PUBLISHED, CANCELLED},
)  # fmt: skip
"""The lifecycle of a service review: planned, prepared, held, published; or cancelled.

Source: C003, C087, C088; FitSM PR7.
"""

# -- needs ---------------------------------------------------------------------------------------

CAPTURED: Final = "captured"
CONFIRMED: Final = "confirmed"
ROUTED: Final = "routed"
SATISFIED: Final = "satisfied"
DECLINED: Final = "declined"

NOT_ROUTED: Final = (CAPTURED, CONFIRMED)
OPEN_NEEDS: Final = (*NOT_ROUTED, ROUTED)

CONFIRM: Final = "confirm"
LINK: Final = "link"
ROUTE: Final = "route"
SATISFY: Final = "satisfy"
DECLINE: Final = "decline"

NEED: Final = Lifecycle[Need](
    "need",
    initial=CAPTURED,
    moves=(
        #    action   from        to         who      guards
        Move(EDIT,    NOT_ROUTED, STAY,      MANAGER),
        Move(CONFIRM, CAPTURED,   CONFIRMED, SIDE),
        Move(LINK,    OPEN_NEEDS, STAY,      MANAGER),
        Move(ROUTE,   CONFIRMED,  ROUTED,    MANAGER, demands=("route",)),
        Move(ROUTE,   ROUTED,     STAY,      MANAGER, demands=("route",)),
        Move(SATISFY, ROUTED,     SATISFIED, MANAGER, demands=("answer",)),
        Move(DECLINE, OPEN_NEEDS, DECLINED,  MANAGER, demands=("answer",)),
    ),
    final={SATISFIED, DECLINED},
)  # fmt: skip
"""The lifecycle of a need: captured, confirmed, routed; then satisfied or declined, with an answer to the customer.

Source: C003, C086.
"""

# -- schedules and regular reports ---------------------------------------------------------------

ACTIVE: Final = "active"
ENDED: Final = "ended"

CHANGE: Final = "change"
END: Final = "end"

SCHEDULE: Final = Lifecycle[Schedule](
    "review_schedule",
    initial=ACTIVE,
    moves=(
        Move(CHANGE, ACTIVE, STAY,  MANAGER),
        Move(END,    ACTIVE, ENDED, MANAGER),
    ),
    final={ENDED},
)  # fmt: skip
"""The lifecycle of a schedule: active, ended.

Source: C003, C084.
"""

SPECIFIED: Final = "specified"

AMEND: Final = "amend"
PRODUCE: Final = "produce"
DELIVER: Final = "deliver"

REPORT_SPEC: Final = Lifecycle[ReportSpec](
    "report_spec",
    initial=SPECIFIED,
    moves=(
        Move(AMEND,   SPECIFIED,          STAY,  OWNER),
        Move(PRODUCE, SPECIFIED,          STAY,  OWNER),
        Move(DELIVER, (SPECIFIED, ENDED), STAY,  OWNER),
        Move(END,     SPECIFIED,          ENDED, OWNER),
    ),
    final={ENDED},
)  # fmt: skip
"""The lifecycle of a regular report: specified, ended. Each report that is made is kept with it.

Source: C003, C089.
"""

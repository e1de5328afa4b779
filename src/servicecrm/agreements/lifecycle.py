"""When may an agreement or a service move, and who may move it?

The days on which an agreement begins and ends are values, and so is notice. Its state follows them as soon as somebody
brings it up to date.
"""

from typing import Final

from servicecrm.agreements.codes import Party
from servicecrm.agreements.model import Agreement, GeneralAgreement
from servicecrm.agreements.service_model import Service
from servicecrm.kernel.lifecycle import STAY, Guard, Lifecycle, Move
from servicecrm.tracking.signatures import unsigned

__all__ = ["AGREEMENT", "GENERAL", "SERVICE"]

MANAGER: Final = "crm_manager"
OWNER: Final = "service_owner"
PARTY: Final = "party"
"""Either of those who agree."""

# -- services ------------------------------------------------------------------------------------

PROPOSED: Final = "proposed"
PLANNED: Final = "planned"
LIVE: Final = "live"
RETIRING: Final = "retiring"
RETIRED: Final = "retired"

OFFERED: Final = (LIVE, RETIRING)
NOT_RETIRED: Final = (PROPOSED, PLANNED, *OFFERED)
NOT_LIVE: Final = (PROPOSED, PLANNED, RETIRING)

EDIT: Final = "edit"
PLAN: Final = "plan"
RELEASE: Final = "release"
PHASE_OUT: Final = "phase_out"
REINSTATE: Final = "reinstate"
RETIRE: Final = "retire"

NEW_DEFINITION: Final = Guard[Service](
    "new_definition",
    "its definition is another one than in the last version",
    lambda before, _: not before.versions or before.versions[-1].definition != before.definition,
)

SERVICE: Final = Lifecycle[Service](
    "service",
    initial=PROPOSED,
    moves=(
        #    action     from             to        who      guards
        Move(PLAN,      PROPOSED,        PLANNED,  MANAGER),
        Move(RELEASE,   PLANNED,         LIVE,     OWNER,   (NEW_DEFINITION,)),
        Move(RELEASE,   OFFERED,         STAY,     OWNER,   (NEW_DEFINITION,)),
        Move(EDIT,      NOT_RETIRED,     STAY,     OWNER),
        Move(PHASE_OUT, LIVE,            RETIRING, MANAGER),
        Move(REINSTATE, RETIRING,        LIVE,     MANAGER),
        Move(RETIRE,    NOT_LIVE,        RETIRED,  MANAGER),
    ),
    final={RETIRED},
)  # fmt: skip
"""The lifecycle of a service: proposed, planned, live, being phased out, retired.

Source: C003, C025; FitSM service portfolio management.
"""

# -- service agreements --------------------------------------------------------------------------

DRAFT: Final = "draft"
NEGOTIATING: Final = "negotiating"
AGREED: Final = "agreed"
SIGNED: Final = "signed"
IN_FORCE: Final = "in_force"
SUSPENDED: Final = "suspended"
TERMINATED: Final = "terminated"
EXPIRED: Final = "expired"
SUPERSEDED: Final = "superseded"
ABANDONED: Final = "abandoned"

NOT_SIGNED: Final = (DRAFT, NEGOTIATING, AGREED)
RUNNING: Final = (IN_FORCE, SUSPENDED)
BOUND: Final = (SIGNED, *RUNNING)
"""Both parties are held to it."""

PROPOSE: Final = "propose"
COUNTER: Final = "counter"
ACCEPT: Final = "accept"
SIGN: Final = "sign"
CONCLUDE: Final = "conclude"
START: Final = "start"
SUSPEND: Final = "suspend"
RESUME: Final = "resume"
TERMINATE: Final = "terminate"
WITHDRAW_NOTICE: Final = "withdraw_notice"
END: Final = "end"
EXPIRE: Final = "expire"
EXTEND: Final = "extend"
RENEW: Final = "renew"
SUPERSEDE: Final = "supersede"
ABANDON: Final = "abandon"
REVIEW: Final = "review"
ATTACH: Final = "attach"

HAS_LINES: Final = Guard[Agreement]("has_lines", "it is about one service or more", lambda _, after: bool(after.lines))
OTHER_PARTY: Final = Guard[Agreement](
    "other_party",
    "it is accepted by the other party than the one that proposed it",
    lambda before, after: bool(before.rounds) and before.rounds[-1].party != after.agreed_by,
)
OTHER_TERMS: Final = Guard[Agreement](
    "other_terms", "the terms are other ones than before", lambda before, after: before.digest != after.digest
)
BOTH_SIGNED: Final = Guard[Agreement | GeneralAgreement](
    "both_signed",
    "both parties have signed these terms",
    lambda _, after: not unsigned(after.signatures, Party, digest=after.digest),
)
SAME_TERMS: Final = Guard[Agreement](
    "same_terms", "the terms stay as they are", lambda before, after: before.digest == after.digest
)
NO_NOTICE: Final = Guard[Agreement]("no_notice", "no notice was given yet", lambda before, _: before.notice is None)
NOTICE_GIVEN: Final = Guard[Agreement]("notice_given", "notice was given", lambda before, _: before.notice is not None)
NO_SUCCESSOR: Final = Guard[Agreement](
    "no_successor", "it has no successor yet", lambda before, _: before.successor is None
)
HAS_SUCCESSOR: Final = Guard[Agreement](
    "has_successor", "it has a successor", lambda before, _: before.successor is not None
)

AGREEMENT: Final = Lifecycle[Agreement](
    "agreement",
    initial=DRAFT,
    moves=(
        #    action           from                   to           who      guards
        Move(EDIT,            DRAFT,                 STAY,        MANAGER),
        Move(ATTACH,          NOT_SIGNED,            STAY,        MANAGER),
        Move(PROPOSE,         DRAFT,                 NEGOTIATING, PARTY,   (HAS_LINES,)),
        Move(COUNTER,         (NEGOTIATING, AGREED), NEGOTIATING, PARTY,   (HAS_LINES, OTHER_TERMS)),
        Move(ACCEPT,          NEGOTIATING,           AGREED,      PARTY,   (OTHER_PARTY,)),
        Move(SIGN,            AGREED,                STAY,        PARTY,   (SAME_TERMS,)),
        Move(CONCLUDE,        AGREED,                SIGNED,      PARTY,   (SAME_TERMS, BOTH_SIGNED)),
        Move(ABANDON,         NOT_SIGNED,            ABANDONED,   PARTY),
        Move(START,           SIGNED,                IN_FORCE,    MANAGER),
        Move(SUSPEND,         IN_FORCE,              SUSPENDED,   MANAGER),
        Move(RESUME,          SUSPENDED,             IN_FORCE,    MANAGER),
        Move(TERMINATE,       BOUND,                 STAY,        PARTY,   (NO_NOTICE,)),
        Move(WITHDRAW_NOTICE, BOUND,                 STAY,        PARTY,   (NOTICE_GIVEN,)),
        Move(END,             BOUND,                 TERMINATED,  MANAGER, (NOTICE_GIVEN,)),
        Move(EXTEND,          RUNNING,               STAY,        MANAGER, (NO_NOTICE,)),
        Move(EXPIRE,          RUNNING,               EXPIRED,     MANAGER, (NO_NOTICE,)),
        Move(RENEW,           (*BOUND, EXPIRED),     STAY,        MANAGER, (NO_SUCCESSOR,)),
        Move(SUPERSEDE,       BOUND,                 SUPERSEDED,  MANAGER, (HAS_SUCCESSOR,)),
        Move(REVIEW,          RUNNING,               STAY,        MANAGER),
    ),
    final={TERMINATED, EXPIRED, SUPERSEDED, ABANDONED},
    tags={"bound": BOUND},
)  # fmt: skip
"""The lifecycle of a service agreement: draft, negotiating, agreed, signed, in force or suspended; then terminated,
expired or superseded. What comes to nothing is abandoned.

Source: C003, C028-C030.
"""

# -- general agreements --------------------------------------------------------------------------

ENDED: Final = "ended"

GENERAL: Final = Lifecycle[GeneralAgreement](
    "general_agreement",
    initial=DRAFT,
    moves=(
        #    action    from      to        who      guards
        Move(EDIT,     DRAFT,    STAY,     MANAGER),
        Move(SIGN,     DRAFT,    STAY,     PARTY),
        Move(CONCLUDE, DRAFT,    IN_FORCE, PARTY,   (BOTH_SIGNED,)),
        Move(ABANDON,  DRAFT,    ENDED,    PARTY),
        Move(RENEW,    IN_FORCE, STAY,     MANAGER),
        Move(END,      IN_FORCE, ENDED,    MANAGER),
    ),
    final={ENDED},
)  # fmt: skip
"""The lifecycle of a general agreement: draft, in force, ended.

Source: C003, C027.
"""

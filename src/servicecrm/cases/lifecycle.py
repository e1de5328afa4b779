"""When may a case move, and who may move it?

Waiting, promises, requests for an update and referrals are values of a case, not states: they change while it stays
where it is. An accepted case is still open, and who gets it next accepts it anew.
"""

from typing import Final

from servicecrm.cases.codes import Asker, LinkKind
from servicecrm.cases.model import Case
from servicecrm.kernel.lifecycle import ANYONE, STAY, Guard, Lifecycle, Move

__all__ = ["LIFECYCLE"]

NEW: Final = "new"
ROUTED: Final = "routed"
ACKNOWLEDGED: Final = "acknowledged"
IN_WORK: Final = "in_work"
ANSWERED: Final = "answered"
CLOSED: Final = "closed"
WITHDRAWN: Final = "withdrawn"

ACCEPTED: Final = (ACKNOWLEDGED, IN_WORK)
HELD: Final = (ROUTED, *ACCEPTED)
OPEN: Final = (NEW, *HELD, ANSWERED)
NOT_WITHDRAWN: Final = (*OPEN, CLOSED)
EVERYWHERE: Final = (*NOT_WITHDRAWN, WITHDRAWN)

ROUTE: Final = "route"
ASSIGN: Final = "assign"
ACCEPT: Final = "accept"
START: Final = "start"
FORWARD: Final = "forward"
HAND_BACK: Final = "hand_back"
PROMISE: Final = "promise"
EXTEND: Final = "extend"
REQUEST_UPDATE: Final = "request_update"
GIVE_UPDATE: Final = "give_update"
CONTACT: Final = "contact"
REFER: Final = "refer"
PARTNER_UPDATE: Final = "partner_update"
WAIT: Final = "wait"
RESUME: Final = "resume"
ANSWER: Final = "answer"
CLOSE: Final = "close"
REOPEN: Final = "reopen"
WITHDRAW: Final = "withdraw"
RATE: Final = "rate"
CLASSIFY: Final = "classify"
LINK: Final = "link"
AMEND: Final = "amend"
MESSAGE: Final = "message"
NOTE: Final = "note"
VOID: Final = "void"

DISPATCHER: Final = "dispatcher"
HANDLER: Final = "handler"
SPONSOR: Final = "sponsor"
MANAGER: Final = "manager"


def _named(*holders: str | None) -> bool:
    given = [holder for holder in holders if holder is not None]
    return bool(given) and all(holder.strip() for holder in given)


HOLDER_NAMED: Final = Guard[Case](
    "holder_named", "a queue or a handler is named", lambda _, after: _named(after.queue, after.handler)
)
HANDLER_NAMED: Final = Guard[Case]("handler_named", "a handler is named", lambda _, after: _named(after.handler))
OTHER_HANDLER: Final = Guard[Case](
    "other_handler",
    "the new handler is another one than the present one",
    lambda before, after: before.handler != after.handler,
)
NOT_PROMISED: Final = Guard[Case](
    "not_promised", "nothing is promised yet; a promise is extended", lambda before, _: before.promise is None
)
PROMISED: Final = Guard[Case]("promised", "there is a promise to extend", lambda before, _: before.promise is not None)
ONE_REMINDER: Final = Guard[Case](
    "one_reminder",
    "the system is not waiting for an update already",
    lambda _, after: sum(request.asker is Asker.SYSTEM for request in after.open_updates) <= 1,
)
NO_UPDATE_OPEN: Final = Guard[Case](
    "no_update_open", "every request for an update is answered", lambda before, _: not before.open_updates
)
REFERRED: Final = Guard[Case](
    "referred", "the case was referred to a partner", lambda before, _: before.referral is not None
)
IS_WAITING: Final = Guard[Case]("waiting", "the case is waiting", lambda before, _: before.waiting is not None)
NOT_WAITING: Final = Guard[Case](
    "not_waiting", "the case is not waiting already", lambda before, _: before.waiting is None
)
ANSWER_GIVEN: Final = Guard[Case]("answer_given", "an answer was given", lambda _, after: after.answered_at is not None)
ACCOUNTED_FOR: Final = Guard[Case](
    "accounted_for",
    "an answer was given, or it is documented why there is none",
    lambda before, _: bool(
        before.answered_at or before.attempts or before.with_partner or before.linked(LinkKind.DUPLICATE_OF)
    ),
)
OTHER_CASE: Final = Guard[Case](
    "other_case", "a case is linked to another one", lambda _, after: all(link.case != after.id for link in after.links)
)

LIFECYCLE: Final = Lifecycle[Case](
    "case",
    initial=NEW,
    moves=(
        #    action          from                   to            who         guards
        Move(ROUTE,          NEW,                   ROUTED,       DISPATCHER, (HOLDER_NAMED,)),
        Move(ASSIGN,         ROUTED,                STAY,         DISPATCHER, (HANDLER_NAMED, OTHER_HANDLER)),
        Move(ACCEPT,         ROUTED,                ACKNOWLEDGED, HANDLER),
        Move(START,          ACKNOWLEDGED,          IN_WORK,      HANDLER),
        Move(FORWARD,        ACCEPTED,              ROUTED,       HANDLER,    (HOLDER_NAMED, OTHER_HANDLER)),
        Move(HAND_BACK,      HELD,                  NEW,          HANDLER,    (HOLDER_NAMED,)),
        Move(PROMISE,        ACCEPTED,              STAY,         HANDLER,    (NOT_PROMISED,)),
        Move(EXTEND,         ACCEPTED,              STAY,         HANDLER,    (PROMISED,)),
        Move(REQUEST_UPDATE, OPEN,                  STAY,         SPONSOR,    (ONE_REMINDER,)),
        Move(GIVE_UPDATE,    OPEN,                  STAY,         HANDLER),
        Move(CONTACT,        ACCEPTED,              IN_WORK,      HANDLER),
        Move(REFER,          ACCEPTED,              IN_WORK,      HANDLER),
        Move(PARTNER_UPDATE, EVERYWHERE,            STAY,         ANYONE,     (REFERRED,)),
        Move(WAIT,           ACCEPTED,              STAY,         HANDLER,    (NOT_WAITING,)),
        Move(RESUME,         ACCEPTED,              STAY,         HANDLER,    (IS_WAITING,)),
        Move(ANSWER,         ACCEPTED,              ANSWERED,     HANDLER,    (ANSWER_GIVEN,)),
        Move(CLOSE,          (*ACCEPTED, ANSWERED), CLOSED,       HANDLER,    (ACCOUNTED_FOR, NO_UPDATE_OPEN),
             demands=("closing_code",)),
        Move(REOPEN,         (ANSWERED, CLOSED),    IN_WORK,      ANYONE),
        Move(WITHDRAW,       OPEN,                  WITHDRAWN,    ANYONE),
        Move(RATE,           OPEN,                  STAY,         DISPATCHER),
        Move(CLASSIFY,       OPEN,                  STAY,         DISPATCHER),
        Move(LINK,           NOT_WITHDRAWN,         STAY,         HANDLER,    (OTHER_CASE,)),
        Move(AMEND,          NOT_WITHDRAWN,         STAY,         HANDLER),
        Move(MESSAGE,        EVERYWHERE,            STAY,         ANYONE),
        Move(NOTE,           EVERYWHERE,            STAY,         HANDLER),
        Move(VOID,           EVERYWHERE,            STAY,         MANAGER),
    ),
    resting={CLOSED},
    final={WITHDRAWN},
    tags={"open": OPEN},
)  # fmt: skip
"""The lifecycle of a case: new, routed, acknowledged by its handler, in work, answered, closed; or withdrawn.

Source: C003, C059, C060, C062, C065, C066.
"""

"""The codes of a case: what is written down as one word from a fixed list."""

from servicecrm.kernel.shapes import Code
from servicecrm.tracking.tickets import Channel, Priority, WaitingFor

__all__ = [
    "Asker",
    "Channel",
    "ContactOutcome",
    "Evidence",
    "ForwardClock",
    "LinkKind",
    "MomentKind",
    "PartnerStatus",
    "Priority",
    "WaitingFor",
]


class ContactOutcome(Code):
    """What became of an attempt to reach the requester."""

    REACHED = "reached"
    VOICEMAIL = "voicemail"
    WRONG_NUMBER = "wrong_number"
    NO_ANSWER = "no_answer"


class Asker(Code):
    """Who asks how a case stands: the system, because nothing has happened, or an official."""

    SYSTEM = "system"
    OFFICIAL = "official"


class ForwardClock(Code):
    """What forwarding does to the time that is left for an answer."""

    KEEP = "keep"
    RESET = "reset"
    EXTEND = "extend"


class LinkKind(Code):
    """How a case belongs to another one."""

    SAME_ISSUE = "same_issue"
    DUPLICATE_OF = "duplicate_of"
    RELATED = "related"


class PartnerStatus(Code):
    """How far an outside partner says to be, whatever words the partner has for it."""

    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    DECLINED = "declined"


class Evidence(Code):
    """What shows that a case may be closed."""

    ANSWER = "answer"
    ATTEMPTS = "attempts"
    REFERRAL = "referral"
    DUPLICATE = "duplicate"


class MomentKind(Code):
    """The kinds of moments that clocks of a case read, besides `VOIDED`.

    A forwarding has the `ForwardClock` as its code, a contact its outcome, a request for an update its `Asker`, a
    rating its priority, a partner's update its `PartnerStatus`.
    """

    RECEIVED = "received"
    RATED = "rated"
    ROUTED = "routed"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    FORWARDED = "forwarded"
    HANDED_BACK = "handed_back"
    CONTACT = "contact"
    MESSAGE = "message"
    UPDATE_REQUESTED = "update_requested"
    UPDATE_GIVEN = "update_given"
    WAITING = "waiting"
    RESUMED = "resumed"
    REFERRED = "referred"
    PARTNER_UPDATE = "partner_update"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"

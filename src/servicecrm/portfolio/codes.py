"""The codes of the portfolio: what kind of customer, what a contact is for, how people talked, which class."""

from servicecrm.kernel.shapes import Code

__all__ = [
    "ContactRole",
    "CustomerKind",
    "Datatype",
    "Direction",
    "InteractionKind",
    "OfferAnswer",
    "PartnerRole",
    "Purpose",
    "RemovalMode",
    "ValueClass",
]


class CustomerKind(Code):
    """Whether a customer is a part of our own organisation, another organisation or person, or a part of one.

    Source: C009, C016.
    """

    INTERNAL = "internal"
    EXTERNAL = "external"
    PART = "part"


class Purpose(Code):
    """What a contact or a channel is for. What is for nothing in particular is general.

    Source: C012, C014.
    """

    GENERAL = "general"
    ORDERING = "ordering"
    CHANGES = "changes"
    COMPLAINTS = "complaints"
    ESCALATION = "escalation"
    REVIEWS = "reviews"
    EMERGENCY = "emergency"


class ContactRole(Code):
    """What somebody is to a customer: speaks for it, uses the service, or has another interest in it.

    Source: C016.
    """

    CUSTOMER = "customer"
    USER = "user"
    USER_GROUP = "user_group"
    INTERESTED_PARTY = "interested_party"


class InteractionKind(Code):
    """How we and a customer were in touch.

    Source: C017.
    """

    CALL = "call"
    EMAIL = "email"
    LETTER = "letter"
    MEETING = "meeting"
    VISIT = "visit"
    CHAT = "chat"
    OTHER = "other"


class Direction(Code):
    """Who began it: the customer (`inbound`), or we (`outbound`)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class RemovalMode(Code):
    """What removing leaves: everything, out of the way, or only what is not personal.

    Source: C011.
    """

    ARCHIVE = "archive"
    ERASE = "erase"


class OfferAnswer(Code):
    """What became of an offer."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"


class PartnerRole(Code):
    """What a partner does for us.

    Source: C023.
    """

    CHANNEL = "channel"
    RESELLER = "reseller"
    AGENT = "agent"
    SUPPLIER = "supplier"
    OTHER = "other"


class ValueClass(Code):
    """The classes that customers are put into, to be treated accordingly.

    Source: C021.
    """

    HIGH_VALUE = "high_value"
    POTENTIAL = "potential"
    CHURN_RISK = "churn_risk"
    STANDARD = "standard"


class Datatype(Code):
    """What a field of a profile holds."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes_no"
    DATE = "date"
    CHOICE = "choice"

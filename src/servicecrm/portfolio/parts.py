"""What a customer is made of: contacts, account managers, channels, observations, consents, classes, scores."""

from datetime import datetime

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import ContactPoint, LanguageTag
from servicecrm.portfolio.codes import ContactRole, Purpose, ValueClass
from servicecrm.portfolio.shapes import figure

__all__ = [
    "Assignment",
    "Channel",
    "Consent",
    "Contact",
    "ExternalScore",
    "Hold",
    "Observation",
    "Served",
    "TakenIn",
    "Tenure",
    "lies_in",
]


def lies_in(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    """Does an instant lie in a stretch of time, which holds its start and not its end?"""
    begun = since is None or micros(since) <= micros(at)
    return begun and (until is None or micros(at) < micros(until))


def _check_order(where: str, since: datetime | None, until: datetime | None) -> None:
    if since is not None and until is not None and micros(until) < micros(since):
        raise InvalidValue(where, "it cannot end before it begins")


@record
class Contact:
    """Somebody at a customer, what to turn to them for, and from when until when.

    `id` is your id of the person: the same person has it at every customer. `primary` are those of the `purposes` for
    which this one comes first.

    Raises:
        InvalidValue: a text is blank, it ends before it begins, or it is primary for what it is not for.

    Source: C012, C016.
    """

    id: str = attrs.field(validator=filled)
    name: Personal[str] = attrs.field(validator=filled)
    function: Personal[str] | None = attrs.field(default=None, validator=filled)
    role: ContactRole = ContactRole.CUSTOMER
    points: Personal[tuple[ContactPoint, ...]] = attrs.field(default=(), converter=tuple)
    language: LanguageTag | None = None
    purposes: frozenset[Purpose] = attrs.field(default=frozenset({Purpose.GENERAL}), converter=frozenset)
    primary: frozenset[Purpose] = attrs.field(default=frozenset(), converter=frozenset)
    since: datetime | None = None
    until: datetime | None = None

    def __attrs_post_init__(self) -> None:
        _check_order("Contact.until", self.since, self.until)
        if not self.primary <= self.purposes:
            raise InvalidValue("Contact.primary", "a contact comes first only for what it is for; add the purpose")

    def holds(self, at: datetime) -> bool:
        """Is this somebody to turn to at that time?"""
        return lies_in(at, self.since, self.until)


@record
class Tenure:
    """An account manager, the deputy, and from when until when.

    Source: C013.
    """

    manager: str = attrs.field(validator=filled)
    deputy: str | None = attrs.field(default=None, validator=filled)
    since: datetime
    until: datetime | None = None
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)

    def __attrs_post_init__(self) -> None:
        _check_order("Tenure.until", self.since, self.until)


@record
class Served:
    """From when until when a customer was served by us."""

    since: datetime
    until: datetime | None = None

    def __attrs_post_init__(self) -> None:
        _check_order("Served.until", self.since, self.until)


@record
class Channel:
    """The ways to use for a purpose, in the order in which to try them.

    With `consent`, they are used only while the customer consents to that.

    Source: C014.
    """

    purpose: Purpose
    points: Personal[tuple[ContactPoint, ...]] = attrs.field(converter=tuple)
    consent: str | None = attrs.field(default=None, validator=filled)


@record
class Observation:
    """What a source says of a customer: a field, its value as text, when it was so, and how sure that is (0 to 1).

    Raises:
        InvalidValue: a text is blank, or the confidence is not between 0 and 1.

    Source: C018.
    """

    field: str = attrs.field(validator=filled)
    value: Personal[str] = attrs.field(validator=filled)
    source: str = attrs.field(validator=filled)
    at: datetime
    confidence: float = attrs.field(default=1.0, converter=figure)

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.confidence <= 1:
            raise InvalidValue("Observation.confidence", "a confidence lies between 0 and 1")


@record
class Consent:
    """What somebody said about a use of their data: given, or not (any longer), when, and how we know.

    `person` is the id of a contact; None is the customer itself. What was said last holds.
    """

    use: str = attrs.field(validator=filled)
    given: bool
    person: str | None = attrs.field(default=None, validator=filled)
    at: datetime
    source: str = attrs.field(validator=filled)


@record
class Assignment:
    """The class of a customer from a time on, why, and whether a person has overruled the rules until some day.

    Source: C021.
    """

    value_class: ValueClass
    rule: str | None = attrs.field(default=None, validator=filled)
    reason: Personal[str] = attrs.field(validator=filled)
    since: datetime
    until: datetime | None = None

    def __attrs_post_init__(self) -> None:
        _check_order("Assignment.until", self.since, self.until)


@record
class ExternalScore:
    """A score from elsewhere, on the scale of its source from `worst` to `best`.

    Raises:
        InvalidValue: the two ends are the same, or the score does not lie between them.

    Source: C022.
    """

    source: str = attrs.field(validator=filled)
    value: Personal[float] = attrs.field(converter=figure)
    worst: float = attrs.field(converter=figure)
    best: float = attrs.field(converter=figure)
    at: datetime

    def __attrs_post_init__(self) -> None:
        low, high = sorted((self.worst, self.best))
        if low == high or not low <= self.value <= high:
            raise InvalidValue("ExternalScore.value", "a score lies between two different ends of a scale")

    @property
    def share(self) -> float:
        """How far it is from the worst (0) to the best (1)."""
        return (self.value - self.worst) / (self.best - self.worst)


@record
class Hold:
    """Why nothing of a customer may be erased for now, such as a case at court."""

    name: str = attrs.field(validator=filled)
    reason: Personal[str] = attrs.field(validator=filled)
    since: datetime


@record
class TakenIn:
    """A customer that turned out to be this one, the contacts that it brought, and those that were its parts."""

    customer: str = attrs.field(validator=filled)
    contacts: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()

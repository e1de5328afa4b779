"""What a response is, and how its answers are kept."""

from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import sha256
from typing import Any, Final, NewType

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, evolve, record
from servicecrm.kernel.shapes import Code, filled
from servicecrm.kernel.values import LanguageTag
from servicecrm.surveys.answers import Answer, Status
from servicecrm.surveys.campaign_model import Mode

__all__ = [
    "UNNAMED",
    "Ballot",
    "Extent",
    "GivenAnswer",
    "Response",
    "ResponseId",
    "Source",
    "blurred",
    "extent_of",
    "unnamed_id",
]

ResponseId = NewType("ResponseId", str)

COUNTED = "counted"
EXCLUDED = "excluded"


class Extent(Code):
    """How much of a questionnaire was answered: all that had to be, enough to count, or too little."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    BROKEN_OFF = "broken_off"


class Source(Code):
    """How a response reached us."""

    FORM = "form"
    INTERVIEW = "interview"
    IMPORT = "import"


_KNOWS: tuple[str, ...] = ("invitation", "contact", "customer", "service", "stratum", "language")
"""What may be known of a response besides its answers, and is not known of an anonymous one."""


@record
class Response:
    """What somebody has answered to a campaign, on which `day`.

    `digest` is that of the questionnaire as it was read. In a confidential campaign only the `invitation` leads to the
    person. `alias` is the id by which results know it: by chance, so that nobody finds the one from the other without
    the record. Of an anonymous response there is nothing but its answers and its campaign: its id is random, its day is
    the one on which the campaign opened, and no record of it is ever saved.

    Raises:
        InvalidValue: an anonymous response would know something, or a confidential one the person.

    Source: C077.
    """

    id: ResponseId = attrs.field(validator=filled)
    revision: int = attrs.field(default=0, eq=False)
    state: str = COUNTED
    campaign: str = attrs.field(validator=filled)
    questionnaire: str = attrs.field(validator=filled)
    digest: str | None = None
    mode: Mode
    source: Source = Source.FORM
    invitation: str | None = None
    contact: str | None = None
    customer: str | None = None
    service: str | None = None
    stratum: str | None = None
    context: Personal[FrozenMap] = EMPTY
    language: LanguageTag | None = None
    extent: Extent
    late: bool = False
    day: date
    answers: Personal[tuple[Answer, ...]]
    replacements: int = 0
    alias: str | None = None
    extra: FrozenMap = EMPTY

    def __attrs_post_init__(self) -> None:
        if self.mode is Mode.ANONYMOUS and (
            any(getattr(self, name) is not None for name in _KNOWS) or self.context or self.extra or self.late
        ):
            raise InvalidValue("Response", "of an anonymous response nothing is known but its answers")
        if self.mode is Mode.CONFIDENTIAL and self.contact is not None:
            raise InvalidValue("Response.contact", "in a confidential campaign only the invitation names the person")

    @property
    def counts(self) -> bool:
        """Does it enter results? Not if it is late, was broken off, or was excluded."""
        return self.state == COUNTED and not self.late and self.extent is not Extent.BROKEN_OFF

    @property
    def unnamed(self) -> "Response":
        """The same as results may show it: of a confidential campaign without all that leads to the person.

        Its id is another one then, by which no record is found, and its day the first one of the year: the invitation
        has the true one too. Without an `alias` the id is made of that of the record, and whoever knows it can tell.
        """
        if self.mode is not Mode.CONFIDENTIAL or self.id.startswith(UNNAMED):
            return self
        id = ResponseId(self.alias or unnamed_id(self.id))
        without: dict[str, Any] = {"invitation": None, "customer": None, "context": EMPTY, "extra": EMPTY}
        return evolve(self, id=id, alias=None, day=blurred(self.day), **without)

    def given(self) -> Iterator["GivenAnswer"]:
        """Its answers one by one, as they are kept to be counted."""
        yield from _given(self.alias or self.id, self.answers, self)


UNNAMED: Final = "unnamed-"
"""How the ids begin by which results know confidential responses."""


def unnamed_id(id: str) -> str:
    """The id that results show in place of the one of a record that has no alias. It is the same every time."""
    return id if id.startswith(UNNAMED) else UNNAMED + sha256(id.encode()).hexdigest()[:32]


def blurred(day: date) -> date:
    """The day that confidential results show in place of one on which perhaps a single person has answered."""
    return day.replace(month=1, day=1)


@record
class Ballot:
    """The answers of an anonymous response on their way into the box. It holds nothing that leads to anybody.

    `answers` are what was marked, and `texts` what was written. That somebody has written nothing is in neither of
    them, or whoever is the only one to write would be the only one of whom it is not said. The `key` is a secret by
    chance, which is kept nowhere: the places of the answers follow from it, so that a ballot is in the box once.

    Raises:
        InvalidValue: a text is among the marks, or the key is blank.

    Source: C076, C077.
    """

    key: Personal[str] = attrs.field(validator=filled)
    campaign: str
    extent: Extent
    day: date
    answers: Personal[tuple[Answer, ...]]
    texts: Personal[tuple[Answer, ...]] = ()

    def __attrs_post_init__(self) -> None:
        if any(answer.text is not None for answer in self.answers):
            raise InvalidValue("Ballot.answers", "a text stands apart from what was marked, in texts")

    def given(self) -> Iterator["GivenAnswer"]:
        """Its answers one by one, under keys that say nothing to whoever has not the key of the ballot.

        A free text has a key of its own, so that what somebody wrote does not lead to what they marked. Nor does it say
        how much else was answered, which few may have in common.
        """
        yield from _given(self._key_of("marks"), self.answers, self)
        for n, text in enumerate(self.texts):
            yield from _given(self._key_of(f"text {n}"), [text], evolve(self, extent=Extent.COMPLETE))

    def _key_of(self, part: str) -> str:
        return sha256(f"{self.key}\0{part}".encode()).hexdigest()[:32]


@record
class GivenAnswer:
    """One answer in the table of answers, where all of a campaign can be counted without reading a record.

    `response` puts those together that belong together. Its place in the table, the `id`, means nothing.
    """

    id: str
    revision: int = attrs.field(default=0, eq=False)
    campaign: str
    response: str
    day: date
    extent: Extent
    counts: bool
    answer: Personal[Answer]

    @property
    def unnamed(self) -> "GivenAnswer":
        """The same with ids by which no record is found."""
        response = unnamed_id(self.response)
        id = response + self.id.removeprefix(self.response)
        return evolve(self, id=id, response=response, day=blurred(self.day))


def _given(id: str, answers: Iterable[Answer], of: Response | Ballot) -> Iterator[GivenAnswer]:
    counts = of.counts if isinstance(of, Response) else True
    for n, answer in enumerate(answers):
        yield GivenAnswer(
            id=f"{id}.{n:04}",
            campaign=of.campaign,
            response=id,
            day=of.day,
            extent=of.extent,
            counts=counts,
            answer=answer,
        )


def extent_of(answers: Iterable[Answer], *, finished: bool, partial_from: float) -> Extent:
    """How much was answered, of what was shown. To say that something does not apply is an answer.

    Source: C077; AAPOR, Standard Definitions, 9th edition, 2016 (complete, partial and break-off).
    """
    if finished:
        return Extent.COMPLETE
    shown = [answer.status for answer in answers if answer.status is not Status.NOT_SHOWN]
    said = sum(status not in (Status.MISSING, Status.INVALID) for status in shown)
    return Extent.PARTIAL if said and said >= partial_from * len(shown) else Extent.BROKEN_OFF

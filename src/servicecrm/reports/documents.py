"""From a record to the document that people read."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from servicecrm.agreements import Agreement
from servicecrm.analytics.status_info import StatusInfo
from servicecrm.errors import InvalidValue
from servicecrm.kernel.values import LanguageTag, fallbacks, language_tag
from servicecrm.reports.agreeing import agreement
from servicecrm.reports.evaluating import survey_evaluation
from servicecrm.reports.letters import status_letter
from servicecrm.reports.model import Document, Section
from servicecrm.reports.reviewing import minutes, service_review
from servicecrm.reports.writing import TEXTS, Writing
from servicecrm.reviews import Meeting, ServiceReview
from servicecrm.surveys.evaluation_model import SurveyEvaluation

__all__ = ["KINDS", "NO_NAMES", "Told", "document"]

Told = ServiceReview | Meeting | StatusInfo | Agreement | SurveyEvaluation
"""What there are documents of."""

NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})

KINDS: Final[Mapping[type[Told], Callable[[Any, Writing], Iterator[Section]]]] = MappingProxyType(
    {
        ServiceReview: service_review,
        Meeting: minutes,
        StatusInfo: status_letter,
        Agreement: agreement,
        SurveyEvaluation: survey_evaluation,
    }
)
"""What writes the document of each; it has the name of the kind of document."""


def document(
    record: Told, *, language: str = "en", names: Mapping[str, str] = NO_NAMES, zone: str | None = None
) -> Document:
    """The document of a record: the report of a service review, the minutes of a meeting, a letter about a status, an
    agreement, the evaluation of a survey.

    `names` are what the ids of customers, services and people are called; what has no name is told by its id. Times are
    told in the `zone`, by default in that of the record, or else in UTC. A language that there are no texts in is told
    in English, and the document says so: its `language` is the one that it is written in.

    Raises:
        InvalidValue: nothing is written about such a record, there is nothing to tell yet, the language is not a
            language tag, or the zone is unknown.

    Source: C028, C052, C082, C085, C088.
    """
    writer = KINDS.get(type(record))
    if writer is None:
        known = ", ".join(kind.__name__ for kind in KINDS)
        raise InvalidValue("record", f"there is no document of a {type(record).__name__}; known: {known}")
    tag = _written_in(language)
    write = Writing(writer.__name__, tag, names, zone or str(getattr(record, "zone", "UTC")))
    titled = (getattr(record, name, None) for name in ("title", "subject", "wave", "number", "id"))
    title = write.text("document", title=next((str(each) for each in titled if each), ""))
    return Document(kind=write.kind, language=tag, title=title, sections=tuple(writer(record, write)))


def _written_in(language: str) -> LanguageTag:
    """The language of the texts that are used, with the region that was asked for: `de-AT`, but `en` for `fr-CA`."""
    asked = language_tag(language)
    found = next((tag for tag in fallbacks(asked) if tag in TEXTS.languages), None)
    if found is None:
        return LanguageTag("en")
    further = asked.removeprefix(found).split("-")
    regions = (part for part in further if 0 < len(part) < 4)  # a script has four letters; ours is that of the texts
    return LanguageTag("-".join((found, *regions)))

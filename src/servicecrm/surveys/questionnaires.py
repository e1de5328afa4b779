"""Everything that can be done with a questionnaire: pure commands, each giving a decision to save."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypedDict, Unpack

from servicecrm.errors import GuardNotMet, InvalidValue
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several
from servicecrm.kernel.values import language_tag
from servicecrm.surveys.checking import problems
from servicecrm.surveys.events import (
    QuestionnaireCorrected,
    QuestionnaireDrafted,
    QuestionnaireEdited,
    QuestionnaireReleased,
    QuestionnaireRetired,
    QuestionnaireReviewed,
    QuestionnaireSentBack,
    QuestionnaireVersionStarted,
)
from servicecrm.surveys.items import Item, Words, by_language
from servicecrm.surveys.lifecycle import CORRECT, EDIT, LIFECYCLE, NEW_VERSION, RELEASE, RETIRE, REVIEW, SEND_BACK
from servicecrm.surveys.model import Questionnaire, QuestionnaireId, content_digest

__all__ = ["Content", "correct", "draft", "edit", "new_version", "release", "retire", "review", "send_back"]


class Content(TypedDict, total=False):
    """What a questionnaire is made of; texts are given by language."""

    title: Words
    introduction: Words
    items: Iterable[Item]
    languages: Iterable[str]
    purpose: str | None
    owner: str | None
    source: str | None
    template: str | None
    extra: Mapping[str, object]


def draft(
    *, id: str, family: str | None = None, by: Actor | str, at: datetime, **content: Unpack[Content]
) -> Decision[Questionnaire]:
    """Begin a questionnaire, from nothing or from a template: `draft(id="q-1", **template("nps"), by=..., at=...)`.

    `family` is what its versions have in common, by default its id. The languages are those of its title, unless
    they are named.

    Raises:
        InvalidValue: it has no language, a text is not given by language, or a name is unknown.

    Source: C074.
    """
    title = content.get("title", {})
    new = Questionnaire(
        id=QuestionnaireId(id),
        family=family or id,
        state=LIFECYCLE.initial,
        drafted_at=at,
        **_told({"title": title, "languages": title, **content}),
    )
    return begin(new, QuestionnaireDrafted(**stamp(by, at)))


def edit(
    questionnaire: Questionnaire, *, by: Actor | str, at: datetime, **content: Unpack[Content]
) -> Decision[Questionnaire]:
    """Change what a questionnaire asks: `edit(questionnaire, items=[...], by=..., at=...)`. It is a draft again.

    Raises:
        TransitionNotAllowed: it is released; make a new version, or correct its words.
        InvalidValue: nothing is given, or as `draft` does.

    Source: C074, C075.
    """
    event = QuestionnaireEdited(**stamp(by, at))
    return LIFECYCLE.move(questionnaire, EDIT, event, reviewed_at=None, reviewed_by=None, **_told(content))


def review(questionnaire: Questionnaire, *, by: Actor | str, at: datetime) -> Decision[Questionnaire]:
    """Find a questionnaire good, so that it can be released.

    Raises:
        TransitionNotAllowed: it is not a draft.
        GuardNotMet: it asks nothing, or something is wrong with it: everything that `problems` finds.

    Source: C074, C075.
    """
    event = QuestionnaireReviewed(**stamp(by, at))
    LIFECYCLE.target(questionnaire.state, REVIEW)
    found = problems(questionnaire)
    if found:  # the guards would say which checks fail, and not where
        raise GuardNotMet(LIFECYCLE.name, REVIEW, tuple(each.check for each in found), tuple(map(str, found)))
    return LIFECYCLE.move(questionnaire, REVIEW, event, reviewed_at=event.occurred_at, reviewed_by=event.by.id)


def send_back(questionnaire: Questionnaire, reason: str, *, by: Actor | str, at: datetime) -> Decision[Questionnaire]:
    """Make a reviewed questionnaire a draft again, because there is something to change.

    Raises:
        TransitionNotAllowed: it is not reviewed.
    """
    event = QuestionnaireSentBack(**stamp(by, at), reason=reason)
    return LIFECYCLE.move(questionnaire, SEND_BACK, event, reviewed_at=None, reviewed_by=None)


def release(questionnaire: Questionnaire, *, by: Actor | str, at: datetime) -> Decision[Questionnaire]:
    """Freeze a reviewed questionnaire, so that people can be asked to answer it.

    Raises:
        TransitionNotAllowed: it is not reviewed.

    Source: C075.
    """
    digest = content_digest(questionnaire)
    event = QuestionnaireReleased(**stamp(by, at), digest=digest)
    return LIFECYCLE.move(questionnaire, RELEASE, event, released_at=event.occurred_at, digests=(digest,))


def correct(
    questionnaire: Questionnaire,
    reason: str,
    *,
    title: Words | None = None,
    introduction: Words | None = None,
    items: Iterable[Item] | None = None,
    by: Actor | str,
    at: datetime,
) -> Decision[Questionnaire]:
    """Put words of a released questionnaire right, such as a misprint. `items` are those with other words, by their id.

    Raises:
        TransitionNotAllowed: it is not released.
        GuardNotMet: more than words would change.
        InvalidValue: nothing is given, or an item is not one of the questionnaire's.

    Source: C075.
    """
    changes: Content = {}
    if title is not None:
        changes["title"] = title
    if introduction is not None:
        changes["introduction"] = introduction
    if items is not None:
        instead = {questionnaire.item(item.id).id: item for item in several("items", items)}
        changes["items"] = [instead.get(item.id, item) for item in questionnaire.items]
    told = _told(changes)
    digest = content_digest(evolve(questionnaire, **told))
    event = QuestionnaireCorrected(**stamp(by, at), digest=digest, reason=reason)
    return LIFECYCLE.move(questionnaire, CORRECT, event, digests=(*questionnaire.digests, digest), **told)


def new_version(
    questionnaire: Questionnaire, *, id: str, by: Actor | str, at: datetime, **content: Unpack[Content]
) -> Decision[Questionnaire]:
    """Begin the next version of a released questionnaire, as a draft of its own. This one stays as it is.

    How the two compare, item by item, is told by `compare`.

    Raises:
        TransitionNotAllowed: this one is not released yet; edit it instead.
        GuardNotMet: it was retired without ever having been released.

    Source: C075.
    """
    LIFECYCLE.step(questionnaire, NEW_VERSION)
    new = evolve(
        questionnaire,
        id=QuestionnaireId(id),
        revision=0,
        version=questionnaire.version + 1,
        previous=questionnaire.id,
        state=LIFECYCLE.initial,
        drafted_at=at,
        reviewed_at=None,
        reviewed_by=None,
        released_at=None,
        retired_at=None,
        digests=(),
        **(_told(content) if content else {}),
    )
    return begin(new, QuestionnaireVersionStarted(**stamp(by, at), previous=questionnaire.id))


def retire(
    questionnaire: Questionnaire, *, reason: str | None = None, by: Actor | str, at: datetime
) -> Decision[Questionnaire]:
    """Take a questionnaire out of use. Answers that were given to it keep their meaning.

    Raises:
        TransitionNotAllowed: it is retired already.

    Source: C075.
    """
    event = QuestionnaireRetired(**stamp(by, at), reason=reason)
    return LIFECYCLE.move(questionnaire, RETIRE, event, retired_at=event.occurred_at)


_TOLD: Final[Mapping[str, Callable[[Any], object]]] = {
    "title": lambda words: by_language(words, "title"),
    "introduction": lambda words: by_language(words, "introduction"),
    "items": lambda items: several("Questionnaire.items", items),
    "languages": lambda tags: tuple(map(language_tag, several("Questionnaire.languages", tags))),
    "extra": FrozenMap,
}
"""How content is kept that may be given in several forms."""


def _told(content: Mapping[str, Any]) -> dict[str, Any]:
    others = content.keys() - Content.__annotations__.keys()
    if others or not content:
        told = f"cannot have {', '.join(sorted(others))}" if others else "nothing is given"
        raise InvalidValue("questionnaire", f"{told}; it can have {', '.join(Content.__annotations__)}")
    return {name: _TOLD[name](value) if name in _TOLD else value for name, value in content.items()}

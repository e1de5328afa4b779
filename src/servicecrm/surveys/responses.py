"""Responses: answers are checked, kept with what may be known of whoever gave them, and counted or not.

Of an anonymous response there is no record: see `servicecrm.surveys.ballots`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from servicecrm.errors import InvalidValue, MalformedDocument, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.values import language_tag
from servicecrm.surveys.answers import Answer
from servicecrm.surveys.campaign_events import (
    ResponseExcluded,
    ResponseReadmitted,
    ResponseRecorded,
    ResponseReplaced,
)
from servicecrm.surveys.campaign_lifecycle import CLOSED, EXCLUDE, OPEN, READMIT, REPLACE, RESPONSE_LIFECYCLE
from servicecrm.surveys.campaign_model import Campaign, Invitation, Mode
from servicecrm.surveys.invitations import take_part
from servicecrm.surveys.model import Questionnaire
from servicecrm.surveys.response_model import Extent, Response, ResponseId, Source, extent_of

__all__ = [
    "RESPONSE_LIFECYCLE",
    "answer",
    "exclude",
    "readmit",
    "record",
    "replace",
]


def record(
    campaign: Campaign,
    questionnaire: Questionnaire,
    given: Mapping[str, object] | Iterable[Answer],
    *,
    id: str,
    finished: bool = True,
    language: str | None = None,
    source: Source | str = Source.FORM,
    invitation: str | None = None,
    contact: str | None = None,
    customer: str | None = None,
    service: str | None = None,
    stratum: str | None = None,
    context: Mapping[str, object] = EMPTY,
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Response]:
    """Keep a response. Nothing is required of one that is not `finished`.

    `given` has values by item, or answers that were read already, as from a file. What comes after the end is kept, and
    is late.

    Raises:
        MalformedDocument: an answer is wrong or missing; every problem, with its path.
        PolicyViolation: the campaign is anonymous, so that there must be no record: see `ballots.vote`; or it takes no
            answers.
        InvalidValue: it is not the questionnaire of the campaign, or a confidential response would name somebody.

    Source: C077.
    """
    event = ResponseRecorded(**stamp(by, at, occurred_at))
    if campaign.mode is Mode.ANONYMOUS:
        raise PolicyViolation("anonymous", "of an anonymous response there is no record; cast a ballot")
    late = is_late(campaign, event.occurred_at)
    answers = answers_to(campaign, questionnaire, given, finished=finished, language=language)
    new = Response(
        id=ResponseId(id),
        state=RESPONSE_LIFECYCLE.initial,
        campaign=campaign.id,
        questionnaire=questionnaire.id,
        digest=questionnaire.digest,
        mode=campaign.mode,
        source=Source(source),
        invitation=invitation,
        contact=contact,
        customer=customer,
        service=service,
        stratum=stratum,
        context=FrozenMap(context),
        language=None if language is None else language_tag(language),
        extent=extent_of(answers, finished=finished, partial_from=campaign.partial_from),
        late=late,
        day=event.occurred_at.astimezone(UTC).date(),
        answers=answers,
        extra=FrozenMap(extra),
    )
    return begin(new, event)


def replace(
    response: Response,
    campaign: Campaign,
    questionnaire: Questionnaire,
    given: Mapping[str, object],
    *,
    finished: bool = True,
    language: str | None = None,
    by: Actor | str,
    at: datetime,
) -> Decision[Response]:
    """Go on with a response, or answer again: what is given now takes the place of all that was given before.

    Raises:
        TransitionNotAllowed: it was excluded.
        PolicyViolation: the campaign is over, so that what was said stays; or a finished response would become an
            unfinished one.
        MalformedDocument: an answer is wrong or missing; every problem, with its path.

    Source: C077.
    """
    event = ResponseReplaced(**stamp(by, at))
    if is_late(campaign, at):
        raise PolicyViolation("response", "the campaign is over; what was answered stays")
    if response.extent is Extent.COMPLETE and not finished:
        raise PolicyViolation("response", "it is finished; give all answers again")
    answers = answers_to(campaign, questionnaire, given, finished=finished, language=language)
    return RESPONSE_LIFECYCLE.move(
        response,
        REPLACE,
        event,
        digest=questionnaire.digest,
        language=response.language if language is None else language_tag(language),
        extent=extent_of(answers, finished=finished, partial_from=campaign.partial_from),
        day=at.astimezone(UTC).date(),
        answers=answers,
        replacements=response.replacements + 1,
    )


def exclude(response: Response, reason: str, *, by: Actor | str, at: datetime) -> Decision[Response]:
    """Decide that a response does not count, such as one that was given in jest.

    Raises:
        TransitionNotAllowed: it was excluded before.
        InvalidValue: the reason is blank.

    Source: C077.
    """
    return RESPONSE_LIFECYCLE.move(response, EXCLUDE, ResponseExcluded(**stamp(by, at), reason=reason))


def readmit(response: Response, *, reason: str | None = None, by: Actor | str, at: datetime) -> Decision[Response]:
    """Decide that an excluded response counts after all.

    Raises:
        TransitionNotAllowed: it counts.
    """
    return RESPONSE_LIFECYCLE.move(response, READMIT, ResponseReadmitted(**stamp(by, at), reason=reason))


def answer(
    invitation: Invitation,
    campaign: Campaign,
    questionnaire: Questionnaire,
    given: Mapping[str, object],
    *,
    id: str,
    before: Response | None = None,
    finished: bool = True,
    language: str | None = None,
    by: Actor | str,
    at: datetime,
) -> tuple[Decision[Response], Decision[Invitation]]:
    """Answer an invitation: a new response, or other answers in the one that was given `before`.

    Raises:
        TransitionNotAllowed: whoever was invited declined, or was left out.
        PolicyViolation, MalformedDocument, InvalidValue: as `record` and `replace` do.

    Source: C076, C077.
    """
    check_invited(invitation, campaign)
    if before is not None:
        decided = replace(before, campaign, questionnaire, given, finished=finished, language=language, by=by, at=at)
    else:
        decided = record(
            campaign,
            questionnaire,
            given,
            id=id,
            finished=finished,
            language=language or invitation.language,
            invitation=invitation.id,
            contact=invitation.contact if campaign.mode is Mode.IDENTIFIED else None,
            customer=invitation.customer,
            stratum=invitation.stratum,
            context=invitation.attributes,
            by=by,
            at=at,
        )
    return decided, take_part(invitation, decided.after.extent, by=by, at=at)


# -- what holds for ballots too ------------------------------------------------------------------

_TAKES_ANSWERS: Final = (OPEN, CLOSED)


def is_late(campaign: Campaign, at: datetime) -> bool:
    """Does an answer come after the end?

    Raises:
        PolicyViolation: the campaign takes no answers.
    """
    if campaign.state not in _TAKES_ANSWERS:
        raise PolicyViolation("campaign", f"it is {campaign.state}, and takes no answers")
    ended = campaign.answer_until if campaign.closed_at is None else campaign.closed_at
    return micros(at) >= min(micros(ended), micros(campaign.answer_until))


def check_invited(invitation: Invitation, campaign: Campaign) -> None:
    """Refuses an invitation to another campaign.

    Raises:
        InvalidValue: it is one.
    """
    if invitation.campaign != campaign.id:
        raise InvalidValue("invitation", "it is for another campaign")


def answers_to(
    campaign: Campaign,
    questionnaire: Questionnaire,
    given: Mapping[str, object] | Iterable[Answer],
    *,
    finished: bool,
    language: str | None,
) -> tuple[Answer, ...]:
    """What was given, checked against the questionnaire of a campaign.

    Raises:
        InvalidValue: it is not the questionnaire of the campaign.
        MalformedDocument: an answer is wrong or missing; every problem, with its path.
    """
    if questionnaire.id != campaign.questionnaire or campaign.digest not in questionnaire.digests:
        raise InvalidValue("questionnaire", f"this campaign asks with questionnaire {campaign.questionnaire}")
    if isinstance(given, Mapping):
        return questionnaire.validated(given, language=language, partial=not finished)
    answers = tuple(given)
    if [each.key for each in answers] != keys_of(questionnaire):
        raise MalformedDocument("response", ("$: expected an answer for every item and every row, in their order",))
    return answers


def keys_of(questionnaire: Questionnaire) -> list[str]:
    """The keys of all answers to a questionnaire, in order."""
    return [item.id if part is None else f"{item.id}/{part}" for item in questionnaire.items for part in item.parts]

"""Anonymous responses: that somebody took part is known, what they said is known, and nothing joins the two.

`vote` gives two things that are saved apart from each other: that an invitation was answered, and a ballot that does
not say whose it is. The answers of a ballot are kept in a table without a history, under random keys.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Final

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.surveys.answers import Answer
from servicecrm.surveys.campaign_lifecycle import ANSWERED
from servicecrm.surveys.campaign_model import Campaign, Invitation, Mode
from servicecrm.surveys.invitations import take_part
from servicecrm.surveys.items import ItemKind
from servicecrm.surveys.logic import holds
from servicecrm.surveys.model import Questionnaire
from servicecrm.surveys.response_model import Ballot, Extent, GivenAnswer, Response, ResponseId, extent_of
from servicecrm.surveys.responses import answers_to, check_invited, is_late, keys_of

__all__ = ["ballot", "collected", "told", "vote"]

FEW: Final = 5
"""Fewer than so many who were asked for a text, because of what they marked, would be known by it."""


def ballot(
    campaign: Campaign,
    questionnaire: Questionnaire,
    given: Mapping[str, object] | Iterable[Answer],
    *,
    key: str,
    finished: bool = True,
    language: str | None = None,
    at: datetime,
) -> Ballot:
    """The answers of an anonymous response, checked, and nothing else: no name, no time, no language.

    Its day is the one on which the campaign opened. The day of the answer would lead to whoever was the only one to
    take part on it. The `key` is a new secret by chance; whoever has it finds the answers, so keep it nowhere.

    Raises:
        MalformedDocument: an answer is wrong or missing; every problem, with its path.
        PolicyViolation: the campaign is not anonymous, or it is over: what comes late would lead to whoever is late; or
            too little is marked to count, and nobody could go on with it.
        InvalidValue: it is not the questionnaire of the campaign, or the key is blank.

    Source: C076, C077.
    """
    if campaign.mode is not Mode.ANONYMOUS:
        raise PolicyViolation("anonymous", f"this campaign is {campaign.mode}; record a response")
    if is_late(campaign, at):
        raise PolicyViolation("anonymous", "the campaign is over, and takes no late ballots")
    answers = answers_to(campaign, questionnaire, given, finished=finished, language=language)
    free = _free_texts(questionnaire)
    # Whether it counts follows from the marks alone, or one that counts with few of them would tell of a text.
    marks = tuple(answer for answer in answers if answer.item not in free)
    extent = extent_of(marks, finished=finished, partial_from=campaign.partial_from)
    if extent is Extent.BROKEN_OFF:
        raise PolicyViolation("anonymous", "too little is answered to count; answer more before you send it")
    return Ballot(
        key=key,
        campaign=campaign.id,
        extent=extent,
        day=campaign.opens_at.astimezone(UTC).date(),
        answers=marks,
        texts=tuple(answer for answer in answers if answer.text is not None),
    )


def vote(
    invitation: Invitation,
    campaign: Campaign,
    questionnaire: Questionnaire,
    given: Mapping[str, object],
    *,
    key: str,
    finished: bool = True,
    language: str | None = None,
    by: Actor | str,
    at: datetime,
) -> tuple[Ballot, Decision[Invitation]]:
    """Answer an invitation to an anonymous campaign, once. Save that somebody took part, then cast the ballot, apart.

    Raises:
        TransitionNotAllowed: whoever was invited declined, or was left out.
        PolicyViolation: they have voted; nobody could find their answers to replace them; or as `ballot` does.
        MalformedDocument, InvalidValue: as `ballot` does.

    Source: C076, C077.
    """
    check_invited(invitation, campaign)
    if invitation.state in ANSWERED:
        raise PolicyViolation("anonymous", "they have taken part; nobody can tell which answers to replace")
    spoken = language or invitation.language
    cast = ballot(campaign, questionnaire, given, key=key, finished=finished, language=spoken, at=at)
    # Whether all was answered is not kept here: it would lead to the ballot, where few have done so.
    return cast, take_part(invitation, Extent.COMPLETE, by=by, at=at)


def collected(campaign: Campaign, questionnaire: Questionnaire, given: Iterable[GivenAnswer]) -> tuple[Response, ...]:
    """Anonymous responses, put together from the table of answers, in an order that tells nothing.

    What was asked as a free text is not in them, written or not: it is not to lead to what somebody marked.

    Source: C077.
    """
    places, free = {key: n for n, key in enumerate(keys_of(questionnaire))}, _free_texts(questionnaire)
    by_response = attrgetter("response")
    marked = sorted((each for each in given if each.answer.item not in free), key=by_response)
    return tuple(_response(campaign, id, list(rows), places) for id, rows in groupby(marked, key=by_response))


def told(questionnaire: Questionnaire, given: Iterable[GivenAnswer]) -> tuple[GivenAnswer, ...]:
    """Anonymous answers as they may be shown: without texts that only a few were asked, because of what they marked.

    Source: C076, C080.
    """
    every, free = tuple(given), _free_texts(questionnaire)
    marks: dict[str, dict[str, Answer]] = {}
    for each in every:
        if each.answer.item not in free:
            marks.setdefault(each.response, {})[each.answer.key] = each.answer
    asked_of = {
        id: sum(holds(questionnaire.item(id).shown_if, of_one) for of_one in marks.values())
        for id in free
        if questionnaire.item(id).shown_if
    }
    return tuple(
        each
        for each in every
        if each.answer.item not in free or (each.answer.text is not None and asked_of.get(each.answer.item, FEW) >= FEW)
    )


def _free_texts(questionnaire: Questionnaire) -> frozenset[str]:
    """The items that are answered in one's own words."""
    return frozenset(item.id for item in questionnaire.items if item.kind is ItemKind.TEXT)


def _response(campaign: Campaign, id: str, rows: list[GivenAnswer], places: Mapping[str, int]) -> Response:
    return Response(
        id=ResponseId(id),
        campaign=campaign.id,
        questionnaire=campaign.questionnaire or "",
        digest=campaign.digest,
        mode=Mode.ANONYMOUS,
        extent=rows[0].extent,
        day=rows[0].day,
        answers=tuple(sorted((each.answer for each in rows), key=lambda answer: places[answer.key])),
    )

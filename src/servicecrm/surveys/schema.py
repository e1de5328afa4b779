"""How questionnaires, campaigns, invitations, responses and their answers are stored and found."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from servicecrm.kernel.documents import Document, Schema
from servicecrm.kernel.kinds import KEY_LIMIT, Column, ColumnType, Kind, Term
from servicecrm.surveys.campaign_lifecycle import CAMPAIGN_LIFECYCLE, HELD
from servicecrm.surveys.campaign_model import Campaign, Invitation
from servicecrm.surveys.model import Questionnaire
from servicecrm.surveys.response_model import GivenAnswer, Response

__all__ = ["ANSWER", "CAMPAIGN", "INVITATION", "MILLION", "QUESTIONNAIRE", "RESPONSE"]


def _services(questionnaire: Questionnaire) -> Iterator[str]:
    for item in questionnaire.items:
        yield from filter(None, (item.service, *(row.service for row in item.rows)))


def _search(questionnaire: Questionnaire) -> Iterator[str]:
    yield questionnaire.family
    yield from (str(text) for text in questionnaire.title.values())


QUESTIONNAIRE: Kind[Questionnaire] = Kind(
    "questionnaire",
    Schema("questionnaire", Questionnaire),
    columns=(
        Column("family", ColumnType.TEXT),
        Column("version", ColumnType.INTEGER),
        Column("state", ColumnType.TEXT),
        Column("owner", ColumnType.TEXT),
        Column("template", ColumnType.TEXT),
        Column("digest", ColumnType.TEXT),
        Column("drafted_at", ColumnType.INSTANT),
        Column("released_at", ColumnType.INSTANT),
        Column("retired_at", ColumnType.INSTANT),
    ),
    indexes=(("family", "version"), ("state",)),
    terms=(Term("languages"), Term("services", _services)),
    search=_search,
)


def _reservations_apart(campaign: Document) -> Document:
    """Since version 2 a campaign counts the places that are kept, and until when is said by the invitations. Those that
    were kept when it was read are free again, and will be taken if there is room: no answer is lost by that."""
    return {**campaign, "reserved": {}}


def _again_on(campaign: Campaign) -> date | None:
    """When it is to be done again, if it has taken place."""
    if campaign.every is None or campaign.state not in HELD:
        return None
    from servicecrm.surveys.campaigns import next_due  # only what is done again needs it

    return next_due(campaign)


CAMPAIGN: Kind[Campaign] = Kind(
    "campaign",
    Schema("campaign", Campaign, current=2, upcasts={1: _reservations_apart}),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda campaign: campaign.state in CAMPAIGN_LIFECYCLE.open),
        Column("method", ColumnType.TEXT),
        Column("mode", ColumnType.TEXT),
        Column("owner", ColumnType.TEXT),
        Column("questionnaire", ColumnType.TEXT),
        Column("series", ColumnType.TEXT),
        Column("wave", ColumnType.INTEGER),
        Column("opens_at", ColumnType.INSTANT),
        Column("answer_until", ColumnType.INSTANT),
        Column("opened_at", ColumnType.INSTANT),
        Column("closed_at", ColumnType.INSTANT),
        Column("again_on", ColumnType.DATE, _again_on),
    ),
    indexes=(
        ("owner", "open", "answer_until"),  # a worklist
        ("state", "answer_until"),
        ("series", "wave"),
        ("questionnaire",),
        ("closed_at",),
        ("again_on",),  # what is to be done again
    ),
    search=lambda campaign: filter(None, (campaign.number, campaign.title, campaign.purpose)),
    prefix="SUR",
)

INVITATION: Kind[Invitation] = Kind(
    "invitation",
    Schema("invitation", Invitation, current=2, upcasts={1: lambda document: document}),  # 2 only has more fields
    columns=(
        Column("state", ColumnType.TEXT),
        Column("campaign", ColumnType.TEXT),
        Column("series", ColumnType.TEXT),
        Column("contact", ColumnType.TEXT),
        Column("customer", ColumnType.TEXT),
        Column("stratum", ColumnType.TEXT),
        Column("token", ColumnType.TEXT),
        Column("sent_at", ColumnType.INSTANT),
        Column("contacted_at", ColumnType.INSTANT),
        Column("reminders", ColumnType.INTEGER),
        Column(
            "reserved_until", ColumnType.INSTANT, lambda invitation: invitation.reserved and invitation.reserved.until
        ),
        Column("answered_on", ColumnType.DATE),
    ),
    indexes=(
        ("token",),
        ("contact",),
        ("customer", "contacted_at"),
        ("campaign", "contact"),
        ("campaign", "state"),
        ("campaign", "reserved_until"),  # places in quotas whose time is over
    ),
)

RESPONSE: Kind[Response] = Kind(
    "response",
    Schema("response", Response, current=2, upcasts={1: lambda document: document}),  # 2 only has more fields
    columns=(
        Column("state", ColumnType.TEXT),
        Column("campaign", ColumnType.TEXT),
        Column("invitation", ColumnType.TEXT),
        Column("contact", ColumnType.TEXT),
        Column("customer", ColumnType.TEXT),
        Column("service", ColumnType.TEXT),
        Column("stratum", ColumnType.TEXT),
        Column("source", ColumnType.TEXT),
        Column("extent", ColumnType.TEXT),
        Column("late", ColumnType.BOOLEAN),
        Column("counts", ColumnType.BOOLEAN),
        Column("day", ColumnType.DATE),
    ),
    indexes=(("campaign", "day"), ("invitation",), ("contact",), ("customer", "day")),
)

MILLION: Final = 10**6
"""Numbers are whole in a column: millionths."""


def _millionths(given: GivenAnswer) -> int | None:
    """The number as a column holds it; one that is too large for that is in the document alone."""
    number = given.answer.number
    return None if number is None or abs(number) * MILLION >= 2**63 else round(number * MILLION)


def _code(given: GivenAnswer) -> str | None:
    """What was chosen, if it is one code, and none that is too long for a column."""
    codes = given.answer.codes
    return codes[0] if len(codes) == 1 and len(codes[0].encode()) <= KEY_LIMIT else None


ANSWER: Kind[GivenAnswer] = Kind(
    "answer",
    Schema("answer", GivenAnswer),
    columns=(
        Column("campaign", ColumnType.TEXT),
        Column("response", ColumnType.TEXT),
        Column("day", ColumnType.DATE),
        Column("counts", ColumnType.BOOLEAN),
        Column("item", ColumnType.TEXT, lambda given: given.answer.item),
        Column("row", ColumnType.TEXT, lambda given: given.answer.row),
        Column("status", ColumnType.TEXT, lambda given: given.answer.status),
        Column("code", ColumnType.TEXT, _code),
        Column("value", ColumnType.INTEGER, _millionths),
    ),
    indexes=(("campaign", "response"), ("campaign", "item")),
)
"""The table of answers, one row for each: all of a campaign can be counted from its columns.

Its rows have no history, so that those of an anonymous campaign lead to nobody: a store keeps them beside the kinds
whose records have one. See `servicecrm.storage.answers`.
"""

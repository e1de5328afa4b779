"""How questionnaires are stored and found."""

from collections.abc import Iterator

from servicecrm.kernel.documents import Schema
from servicecrm.kernel.kinds import Column, ColumnType, Kind, Term
from servicecrm.surveys.model import Questionnaire

__all__ = ["QUESTIONNAIRE"]


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

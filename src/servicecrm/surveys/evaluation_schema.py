"""How evaluations of surveys are stored and found."""

from servicecrm.kernel.documents import Document, Schema
from servicecrm.kernel.kinds import Column, ColumnType, Kind
from servicecrm.surveys.evaluation_lifecycle import EVALUATION_LIFECYCLE
from servicecrm.surveys.evaluation_model import SurveyEvaluation

__all__ = ["SURVEY_EVALUATION"]


def _without_counted(document: Document) -> Document:
    """Until version 3 it was not kept in which way responses were evaluated. So the basis is unknown, as for version 1:
    with others nothing but the number of responses is compared."""
    return {name: value for name, value in document.items() if name != "counted"}


SURVEY_EVALUATION: Kind[SurveyEvaluation] = Kind(
    EVALUATION_LIFECYCLE.name,
    Schema(
        EVALUATION_LIFECYCLE.name,
        SurveyEvaluation,
        current=3,
        upcasts={1: lambda document: document, 2: _without_counted},  # 2 only had more fields
    ),
    columns=(
        Column("state", ColumnType.TEXT),
        Column("questionnaire", ColumnType.TEXT),
        Column("campaign", ColumnType.TEXT),
        Column("wave", ColumnType.TEXT),
        Column("digest", ColumnType.TEXT),
        Column("drafted_at", ColumnType.INSTANT),
        Column("published_at", ColumnType.INSTANT),
    ),
    indexes=(("campaign",), ("questionnaire", "drafted_at"), ("state",)),
)

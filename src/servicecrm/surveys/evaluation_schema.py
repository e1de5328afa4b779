"""How evaluations of surveys are stored and found."""

from servicecrm.kernel.documents import Schema
from servicecrm.kernel.kinds import Column, ColumnType, Kind
from servicecrm.surveys.evaluation_lifecycle import EVALUATION_LIFECYCLE
from servicecrm.surveys.evaluation_model import SurveyEvaluation

__all__ = ["SURVEY_EVALUATION"]

SURVEY_EVALUATION: Kind[SurveyEvaluation] = Kind(
    EVALUATION_LIFECYCLE.name,
    Schema(  # 2 only has more fields
        EVALUATION_LIFECYCLE.name, SurveyEvaluation, current=2, upcasts={1: lambda document: document}
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

"""Surveys: questionnaires, campaigns that ask with them, and what an answer may be.

```python
from datetime import UTC, datetime

from servicecrm import surveys

now = datetime(2026, 3, 2, 9, tzinfo=UTC)
questionnaire = surveys.draft(id="q-1", **surveys.template("nps"), by="ann@city.example", at=now).after
questionnaire = surveys.review(questionnaire, by="bob@city.example", at=now).after
questionnaire = surveys.release(questionnaire, by="bob@city.example", at=now).after
questionnaire.validated({"recommend": 9, "reason": "You called back."})
```
"""

from typing import TYPE_CHECKING

from servicecrm.kernel.texts import Texts
from servicecrm.measures.scales import Scale
from servicecrm.surveys import ballots, campaigns, importing, invitations, quotas, responses, returns, sampling
from servicecrm.surveys.answers import Answer, Status, coded, read
from servicecrm.surveys.campaign_lifecycle import (
    CAMPAIGN_CHECKLIST,
    CAMPAIGN_LIFECYCLE,
    INVITATION_LIFECYCLE,
    RESPONSE_LIFECYCLE,
)
from servicecrm.surveys.campaign_model import (
    Campaign,
    ContactRules,
    Exclusion,
    Invitation,
    Method,
    Mode,
    Quota,
    Reminders,
    SampleKind,
    Sampling,
    Stratum,
)
from servicecrm.surveys.checking import problems
from servicecrm.surveys.comparing import Comparability, Comparison, Difference, check_comparable, compare
from servicecrm.surveys.eligibility import ContactHistory, Eligibility, Hindrance, OptOuts, eligibility_of, history_of
from servicecrm.surveys.form import Form, form_of
from servicecrm.surveys.form_posting import posted
from servicecrm.surveys.items import Apart, Item, ItemKind, Label, Option, Polarity, Row, item
from servicecrm.surveys.lifecycle import CHECKLIST, LIFECYCLE
from servicecrm.surveys.model import Questionnaire, QuestionnaireId, Reading, content_digest
from servicecrm.surveys.questionnaires import (
    Content,
    correct,
    draft,
    edit,
    new_version,
    release,
    retire,
    review,
    send_back,
)
from servicecrm.surveys.response_model import Ballot, Extent, GivenAnswer, Response, Source
from servicecrm.surveys.schema import ANSWER, CAMPAIGN, INVITATION, QUESTIONNAIRE, RESPONSE
from servicecrm.surveys.surveyjs import NotInSurveyJS, to_surveyjs
from servicecrm.surveys.templates import TEMPLATES, template

if TYPE_CHECKING:
    from servicecrm.measures.satisfaction import ces, csat, mean, nps
    from servicecrm.measures.scores import Score
    from servicecrm.surveys import evaluations
    from servicecrm.surveys.columns import Columns, tabulate
    from servicecrm.surveys.evaluating import evaluate
    from servicecrm.surveys.evaluation import Evaluation
    from servicecrm.surveys.evaluation_lifecycle import EVALUATION_CHECKLIST, EVALUATION_LIFECYCLE
    from servicecrm.surveys.evaluation_model import LowScore, Saying, SurveyEvaluation
    from servicecrm.surveys.evaluation_report import report_markdown
    from servicecrm.surveys.evaluation_schema import SURVEY_EVALUATION
    from servicecrm.surveys.evaluation_texts import coder_agreement
    from servicecrm.surveys.evaluation_trend import Trend, change, trend
    from servicecrm.surveys.evaluation_weights import weigh

__all__ = [
    "ANSWER",
    "CAMPAIGN",
    "CAMPAIGN_CHECKLIST",
    "CAMPAIGN_LIFECYCLE",
    "CHECKLIST",
    "EVALUATION_CHECKLIST",
    "EVALUATION_LIFECYCLE",
    "INVITATION",
    "INVITATION_LIFECYCLE",
    "LIFECYCLE",
    "QUESTIONNAIRE",
    "RESPONSE",
    "RESPONSE_LIFECYCLE",
    "SURVEY_EVALUATION",
    "TEMPLATES",
    "TEXTS",
    "Answer",
    "Apart",
    "Ballot",
    "Campaign",
    "Columns",
    "Comparability",
    "Comparison",
    "ContactHistory",
    "ContactRules",
    "Content",
    "Difference",
    "Eligibility",
    "Evaluation",
    "Exclusion",
    "Extent",
    "Form",
    "GivenAnswer",
    "Hindrance",
    "Invitation",
    "Item",
    "ItemKind",
    "Label",
    "LowScore",
    "Method",
    "Mode",
    "NotInSurveyJS",
    "OptOuts",
    "Option",
    "Polarity",
    "Questionnaire",
    "QuestionnaireId",
    "Quota",
    "Reading",
    "Reminders",
    "Response",
    "Row",
    "SampleKind",
    "Sampling",
    "Saying",
    "Scale",
    "Score",
    "Source",
    "Status",
    "Stratum",
    "SurveyEvaluation",
    "Trend",
    "ballots",
    "campaigns",
    "ces",
    "change",
    "check_comparable",
    "coded",
    "coder_agreement",
    "compare",
    "content_digest",
    "correct",
    "csat",
    "draft",
    "edit",
    "eligibility_of",
    "evaluate",
    "evaluations",
    "form_of",
    "history_of",
    "importing",
    "invitations",
    "item",
    "mean",
    "new_version",
    "nps",
    "posted",
    "problems",
    "quotas",
    "read",
    "release",
    "report_markdown",
    "responses",
    "retire",
    "returns",
    "review",
    "sampling",
    "send_back",
    "tabulate",
    "template",
    "to_surveyjs",
    "trend",
    "weigh",
]

TEXTS = Texts("servicecrm.surveys")
"""The words for codes, states, actions, guards and events, and the texts of the templates."""

if not TYPE_CHECKING:
    from servicecrm.kernel.lazy import lazily

    # Who only asks does not load what is needed to evaluate.
    __getattr__ = lazily(
        __name__,
        {
            "Columns": "servicecrm.surveys.columns",
            "EVALUATION_CHECKLIST": "servicecrm.surveys.evaluation_lifecycle",
            "EVALUATION_LIFECYCLE": "servicecrm.surveys.evaluation_lifecycle",
            "Evaluation": "servicecrm.surveys.evaluation",
            "LowScore": "servicecrm.surveys.evaluation_model",
            "SURVEY_EVALUATION": "servicecrm.surveys.evaluation_schema",
            "Saying": "servicecrm.surveys.evaluation_model",
            "Score": "servicecrm.measures.scores",
            "SurveyEvaluation": "servicecrm.surveys.evaluation_model",
            "Trend": "servicecrm.surveys.evaluation_trend",
            "ces": "servicecrm.measures.satisfaction",
            "change": "servicecrm.surveys.evaluation_trend",
            "coder_agreement": "servicecrm.surveys.evaluation_texts",
            "csat": "servicecrm.measures.satisfaction",
            "evaluate": "servicecrm.surveys.evaluating",
            "evaluations": "servicecrm.surveys.evaluations",
            "mean": "servicecrm.measures.satisfaction",
            "nps": "servicecrm.measures.satisfaction",
            "report_markdown": "servicecrm.surveys.evaluation_report",
            "tabulate": "servicecrm.surveys.columns",
            "trend": "servicecrm.surveys.evaluation_trend",
            "weigh": "servicecrm.surveys.evaluation_weights",
        },
    )

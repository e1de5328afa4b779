"""Surveys: questionnaires, and what an answer to one may be.

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

from servicecrm.kernel.texts import Texts
from servicecrm.measures.scales import Scale
from servicecrm.surveys.answers import Answer, Status, coded, read
from servicecrm.surveys.checking import problems
from servicecrm.surveys.comparing import Comparability, Comparison, Difference, check_comparable, compare
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
from servicecrm.surveys.schema import QUESTIONNAIRE
from servicecrm.surveys.templates import TEMPLATES, template

__all__ = [
    "CHECKLIST",
    "LIFECYCLE",
    "QUESTIONNAIRE",
    "TEMPLATES",
    "TEXTS",
    "Answer",
    "Apart",
    "Comparability",
    "Comparison",
    "Content",
    "Difference",
    "Item",
    "ItemKind",
    "Label",
    "Option",
    "Polarity",
    "Questionnaire",
    "QuestionnaireId",
    "Reading",
    "Row",
    "Scale",
    "Status",
    "check_comparable",
    "coded",
    "compare",
    "content_digest",
    "correct",
    "draft",
    "edit",
    "item",
    "new_version",
    "problems",
    "read",
    "release",
    "retire",
    "review",
    "send_back",
    "template",
]

TEXTS = Texts("servicecrm.surveys")
"""The words for codes, states, actions, guards and events, and the texts of the templates."""

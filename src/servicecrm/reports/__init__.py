"""Documents for people, made of records: the report of a service review, minutes, a letter about a status, an
agreement, the evaluation of a survey; in English, German and Chinese.

```python
from servicecrm import reports

minutes = reports.document(crm.meetings.get("MTG-2026-000001"), language="de", names={"c-1": "Harbour Cafe"})
reports.markdown(minutes)
reports.html(minutes)
reports.Templates("templates").html(minutes)      # in the form of your house; the extra `reports`
reports.docx(minutes)                             # the extra `docx`
reports.pdf(minutes)                              # the extra `pdf`
```
"""

from servicecrm.reports.documents import document
from servicecrm.reports.docx import docx
from servicecrm.reports.html import html
from servicecrm.reports.markdown import markdown
from servicecrm.reports.model import Block, Document, Fact, Facts, Passage, Points, Section, Table
from servicecrm.reports.pdf import pdf
from servicecrm.reports.templates import Templates
from servicecrm.reports.writing import TEXTS

__all__ = [
    "TEXTS",
    "Block",
    "Document",
    "Fact",
    "Facts",
    "Passage",
    "Points",
    "Section",
    "Table",
    "Templates",
    "document",
    "docx",
    "html",
    "markdown",
    "pdf",
]

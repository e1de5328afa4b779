"""Questionnaires of other tools in; responses out, as CSV and as our JSON.

```python
from pathlib import Path

from servicecrm.interop.surveys import read_lss

found = read_lss(Path("survey.lss").read_bytes())
for each in found.left_out:
    print(each)
```
"""

from servicecrm.interop.surveys.building import Foreign, LeftOut
from servicecrm.interop.surveys.limesurvey import TEXTS, read_lss
from servicecrm.interop.surveys.surveyjs import read_surveyjs
from servicecrm.interop.surveys.written import read_json, write_json, write_long, write_wide
from servicecrm.interop.surveys.xlsform import read_xlsform

__all__ = [
    "TEXTS",
    "Foreign",
    "LeftOut",
    "read_json",
    "read_lss",
    "read_surveyjs",
    "read_xlsform",
    "write_json",
    "write_long",
    "write_wide",
]

"""Who is told what, in whose language, and how it gets there.

The matrix says whom to tell of an event. Notices are saved in the same unit as the change that they are about; a worker
delivers them later, at least once, with the same Message-ID each time.

```python
from servicecrm import notifications

print(notifications.MATRIX)
```
"""

from typing import TYPE_CHECKING

from servicecrm.notifications.delivery import (
    Deliverer,
    Directory,
    Letter,
    NotDelivered,
    Reader,
    Sender,
    Undeliverable,
    letter,
)
from servicecrm.notifications.facts import Fact, Preferences, facts_of, notices, undelivered
from servicecrm.notifications.matrix import Entry, Matrix, Party
from servicecrm.notifications.standard import MATRIX, SUPERVISOR_COPIES, standard_templates
from servicecrm.notifications.templates import TEXTS, BadTemplates, Template, Templates

if TYPE_CHECKING:
    from servicecrm.notifications.files import FileSender
    from servicecrm.notifications.mail import LOOP_HEADER, Letterhead, as_mail, is_own
    from servicecrm.notifications.smtp import SMTPSender

__all__ = [
    "LOOP_HEADER",
    "MATRIX",
    "SUPERVISOR_COPIES",
    "TEXTS",
    "BadTemplates",
    "Deliverer",
    "Directory",
    "Entry",
    "Fact",
    "FileSender",
    "Letter",
    "Letterhead",
    "Matrix",
    "NotDelivered",
    "Party",
    "Preferences",
    "Reader",
    "SMTPSender",
    "Sender",
    "Template",
    "Templates",
    "Undeliverable",
    "as_mail",
    "facts_of",
    "is_own",
    "letter",
    "notices",
    "standard_templates",
    "undelivered",
]

if not TYPE_CHECKING:
    from servicecrm.kernel.lazy import lazily

    # Whoever only makes notices needs no mail.
    __getattr__ = lazily(
        __name__,
        {
            "FileSender": "servicecrm.notifications.files",
            "LOOP_HEADER": "servicecrm.notifications.mail",
            "Letterhead": "servicecrm.notifications.mail",
            "SMTPSender": "servicecrm.notifications.smtp",
            "as_mail": "servicecrm.notifications.mail",
            "is_own": "servicecrm.notifications.mail",
        },
    )

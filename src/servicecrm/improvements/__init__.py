"""Proposals to change a service or a process: raised by anybody, decided about, handed over, and told back.

```python
from datetime import UTC, datetime

from servicecrm import improvements
from servicecrm.improvements import Origin

now = datetime(2026, 3, 2, 9, tzinfo=UTC)
complaint = Origin(kind="complaint", id="c-1")
proposal = improvements.propose(
    "Renew the valves every ten years", id="p-1", kind="service", raised_from=[complaint], by="ann", at=now
).after
improvements.told(proposal).sentence()
```
"""

from servicecrm.improvements.actions import (
    ProposalDetails,
    accept,
    cite,
    edit,
    hand_over,
    propose,
    reject,
)
from servicecrm.improvements.codes import HandedTo, ProposalKind
from servicecrm.improvements.lifecycle import LIFECYCLE
from servicecrm.improvements.model import Origin, Proposal, ProposalId
from servicecrm.improvements.reports import Told, rows, told, told_from
from servicecrm.improvements.schema import PROPOSAL
from servicecrm.improvements.words import TEXTS

__all__ = [
    "LIFECYCLE",
    "PROPOSAL",
    "TEXTS",
    "HandedTo",
    "Origin",
    "Proposal",
    "ProposalDetails",
    "ProposalId",
    "ProposalKind",
    "Told",
    "accept",
    "cite",
    "edit",
    "hand_over",
    "propose",
    "reject",
    "rows",
    "told",
    "told_from",
]

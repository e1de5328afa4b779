"""The complaint engine: what a complaint is, when it may move, and the pure commands that move it.

```python
from datetime import UTC, datetime

from servicecrm import complaints

now = datetime(2026, 3, 2, 9, tzinfo=UTC)
complaint = complaints.record(id="c-1", subject="No water", channel="phone", by="ann@city.example", at=now).after
decision = complaints.acknowledge(complaint, by="ann@city.example", at=now)
decision.after.state, complaints.LIFECYCLE.allowed(decision.after)
```
"""

from servicecrm.complaints.actions import (
    Amendment,
    acknowledge,
    adopt,
    amend,
    answer,
    assess,
    assign,
    close,
    forward,
    message,
    note,
    record,
    reopen,
    resume,
    void,
    wait,
    withdraw,
)
from servicecrm.complaints.lifecycle import LIFECYCLE
from servicecrm.complaints.model import (
    Channel,
    Complaint,
    ComplaintId,
    MomentKind,
    Priority,
    Severity,
    Waiting,
    WaitingFor,
)
from servicecrm.complaints.policy import DEFAULT, ComplaintPolicy
from servicecrm.complaints.schema import COMPLAINT
from servicecrm.kernel.texts import Texts

__all__ = [
    "COMPLAINT",
    "DEFAULT",
    "LIFECYCLE",
    "TEXTS",
    "Amendment",
    "Channel",
    "Complaint",
    "ComplaintId",
    "ComplaintPolicy",
    "MomentKind",
    "Priority",
    "Severity",
    "Waiting",
    "WaitingFor",
    "acknowledge",
    "adopt",
    "amend",
    "answer",
    "assess",
    "assign",
    "close",
    "forward",
    "message",
    "note",
    "record",
    "reopen",
    "resume",
    "void",
    "wait",
    "withdraw",
]

TEXTS = Texts("servicecrm.complaints")
"""The words for codes, states, actions, guards and events: `TEXTS.get("state.closed", language="de")`."""

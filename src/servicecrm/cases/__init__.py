"""The cases of a public office: requests for information and help, whose ball is never dropped.

```python
from datetime import UTC, datetime

from servicecrm import cases

now = datetime(2026, 3, 2, 9, tzinfo=UTC)
case = cases.open(id="c-1", subject="No water", channel="phone", sponsor="council-3", by="office", at=now).after
case = cases.route(case, cases.Routing(queue="water"), by="office", at=now).after
decision = cases.accept(case, by="wanda@water.example", at=now)
decision.after.handler, cases.LIFECYCLE.allowed(decision.after)
```
"""

from servicecrm.cases.actions import (
    Amendment,
    accept,
    amend,
    answer,
    assign,
    callback,
    classify,
    close,
    contact,
    extend,
    forward,
    give_update,
    hand_back,
    link,
    message,
    note,
    open,
    partner_update,
    promise,
    rate,
    refer,
    reopen,
    request_update,
    resume,
    route,
    start,
    void,
    wait,
    withdraw,
)
from servicecrm.cases.codes import (
    Asker,
    Channel,
    ContactOutcome,
    Evidence,
    ForwardClock,
    LinkKind,
    MomentKind,
    PartnerStatus,
    Priority,
    WaitingFor,
)
from servicecrm.cases.dossier import Dossier
from servicecrm.cases.lifecycle import LIFECYCLE
from servicecrm.cases.model import (
    Case,
    CaseId,
    Extension,
    Holder,
    Link,
    Place,
    Promise,
    Referral,
    UpdateRequest,
    Waiting,
)
from servicecrm.cases.policy import DEFAULT, CasePolicy, ClosingCode
from servicecrm.cases.routing import Missed, Router, Routing, RoutingRule
from servicecrm.cases.schema import CASE
from servicecrm.cases.types import Attribute, Choice, Datatype, RequestType
from servicecrm.kernel.texts import Texts

__all__ = [
    "CASE",
    "DEFAULT",
    "LIFECYCLE",
    "TEXTS",
    "Amendment",
    "Asker",
    "Attribute",
    "Case",
    "CaseId",
    "CasePolicy",
    "Channel",
    "Choice",
    "ClosingCode",
    "ContactOutcome",
    "Datatype",
    "Dossier",
    "Evidence",
    "Extension",
    "ForwardClock",
    "Holder",
    "Link",
    "LinkKind",
    "Missed",
    "MomentKind",
    "PartnerStatus",
    "Place",
    "Priority",
    "Promise",
    "Referral",
    "RequestType",
    "Router",
    "Routing",
    "RoutingRule",
    "UpdateRequest",
    "Waiting",
    "WaitingFor",
    "accept",
    "amend",
    "answer",
    "assign",
    "callback",
    "classify",
    "close",
    "contact",
    "extend",
    "forward",
    "give_update",
    "hand_back",
    "link",
    "message",
    "note",
    "open",
    "partner_update",
    "promise",
    "rate",
    "refer",
    "reopen",
    "request_update",
    "resume",
    "route",
    "start",
    "void",
    "wait",
    "withdraw",
]

TEXTS = Texts("servicecrm.cases")
"""The words for codes, states, actions, guards and events: `TEXTS.get("state.closed", language="de")`."""

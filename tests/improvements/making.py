"""Ready-made proposals for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from servicecrm import improvements
from servicecrm.improvements import Origin, Proposal

MONDAY: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY: Final = timedelta(days=1)
ANN: Final = "ann@city.example"


def complaint(n: int = 1) -> Origin:
    return Origin(kind="complaint", id=f"c-{n}")


def a_proposal(id: str = "p-1", **changes: Any) -> Proposal:
    """A proposal that comes from a complaint, and is not decided about."""
    given = {"kind": "service", "raised_from": (complaint(),), "owner": "olga", "at": MONDAY, "by": ANN, **changes}
    return improvements.propose("Renew the valves every ten years", id=id, **given).after


def accepted(id: str = "p-1", **changes: Any) -> Proposal:
    return improvements.accept(a_proposal(id, **changes), "We will.", by="olga", at=MONDAY + DAY).after

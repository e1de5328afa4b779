"""What happens to a snapshot of the portfolio: it is taken, and nothing else."""

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import record

__all__ = ["PortfolioSnapshotTaken"]


@record
class PortfolioSnapshotTaken(Event):
    """It was kept how it stands with so many customers. `digest` is that of the snapshot."""

    type = "portfolio_snapshot.taken"
    customers: int
    digest: str

"""Numbers about many cases: plain rows in, frozen results out."""

from servicecrm.analytics.clocks import TimerCount, count_timers
from servicecrm.analytics.summary import CaseRow, Month, Share, Summary, summarise
from servicecrm.analytics.table import Table

__all__ = ["CaseRow", "Month", "Share", "Summary", "Table", "TimerCount", "count_timers", "summarise"]

"""Numbers about many cases: plain rows in, frozen results out."""

from servicecrm.analytics.summary import CaseRow, Month, Share, Summary, summarise

__all__ = ["CaseRow", "Month", "Share", "Summary", "summarise"]

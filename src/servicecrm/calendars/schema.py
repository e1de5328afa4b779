"""How calendars, and the feeds of their holidays, are written down."""

from typing import Final

from servicecrm.calendars.feeds import Feed
from servicecrm.calendars.model import Calendar
from servicecrm.kernel.documents import Schema

__all__ = ["CALENDAR", "FEED"]

CALENDAR: Final = Schema("calendar", Calendar)

FEED: Final = Schema("holiday_feed", Feed)

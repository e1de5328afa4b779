"""How calendars are written down."""

from typing import Final

from servicecrm.calendars.model import Calendar
from servicecrm.kernel.documents import Schema

__all__ = ["CALENDAR"]

CALENDAR: Final = Schema("calendar", Calendar)

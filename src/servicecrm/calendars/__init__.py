"""Business time: when a house is open, how much business time lies between two instants, and when something is due."""

from servicecrm.calendars.answers import Due, Explanation, Pause, Spent
from servicecrm.calendars.durations import BusinessDays, BusinessTime, CalendarTime, Duration, ElapsedTime, duration
from servicecrm.calendars.model import BusinessHours, Calendar, CombinedCalendar, DayHours, Holiday, holidays
from servicecrm.calendars.opening import Boundary, Negative, OpenTime, Origin
from servicecrm.calendars.schema import CALENDAR

__all__ = [
    "CALENDAR",
    "Boundary",
    "BusinessDays",
    "BusinessHours",
    "BusinessTime",
    "Calendar",
    "CalendarTime",
    "CombinedCalendar",
    "DayHours",
    "Due",
    "Duration",
    "ElapsedTime",
    "Explanation",
    "Holiday",
    "Negative",
    "OpenTime",
    "Origin",
    "Pause",
    "Spent",
    "duration",
    "holidays",
]

"""Business time: when a house is open, how much of it lies between two instants, and what is due, once or regularly."""

from servicecrm.calendars.answers import Due, Explanation, Pause, Spent
from servicecrm.calendars.cadences import Cadence, Recurring, Standing, due_list, standing
from servicecrm.calendars.countries import country_holidays, makeup_days
from servicecrm.calendars.durations import BusinessDays, BusinessTime, CalendarTime, Duration, ElapsedTime, duration
from servicecrm.calendars.feeds import Feed
from servicecrm.calendars.ics import FeedEvent, ics_holidays
from servicecrm.calendars.model import BusinessHours, Calendar, CombinedCalendar, DayHours, holidays
from servicecrm.calendars.opening import Boundary, Holiday, Negative, OpenTime, Origin
from servicecrm.calendars.schema import CALENDAR
from servicecrm.calendars.years import YearlyHoliday, yearly

__all__ = [
    "CALENDAR",
    "Boundary",
    "BusinessDays",
    "BusinessHours",
    "BusinessTime",
    "Cadence",
    "Calendar",
    "CalendarTime",
    "CombinedCalendar",
    "DayHours",
    "Due",
    "Duration",
    "ElapsedTime",
    "Explanation",
    "Feed",
    "FeedEvent",
    "Holiday",
    "Negative",
    "OpenTime",
    "Origin",
    "Pause",
    "Recurring",
    "Spent",
    "Standing",
    "YearlyHoliday",
    "country_holidays",
    "due_list",
    "duration",
    "holidays",
    "ics_holidays",
    "makeup_days",
    "standing",
    "yearly",
]

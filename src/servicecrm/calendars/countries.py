"""The public holidays of countries, and the days off that are worked instead, from the package `holidays`."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import TYPE_CHECKING

from servicecrm.calendars.hours import DAY, Hours, day_hours, week_hours
from servicecrm.calendars.model import DayHours
from servicecrm.calendars.opening import Holiday
from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.kernel.values import fallbacks, language_tag

if TYPE_CHECKING:
    from holidays import HolidayBase

__all__ = ["country_holidays", "makeup_days"]


def country_holidays(
    country: str,
    *,
    years: Iterable[int],
    subdivision: str | None = None,
    language: str | None = None,
    categories: Iterable[str] = (),
) -> tuple[Holiday, ...]:
    """The public holidays of a country in some years, for `Calendar.holidays`: `country_holidays("DE", years=[2026])`.

    `country` and `subdivision` are codes of ISO 3166, such as `DE` and `BY`. Names are in `language`, by default in
    that of the country. `categories` other than public holidays have their own names, such as `bank` or `catholic`.

    Raises:
        MissingExtra: the package is not installed.
        InvalidValue: it does not know the country, the subdivision, the language, a category or a year; says what it
            knows. Or `years` is one year.

    Source: C034.
    """
    wanted = _several(years)
    found = _found(country, wanted, subdivision, language, tuple(sorted(set(categories))))
    return tuple(Holiday(date=day, name=name) for day, name in sorted(found.items()) if day.year in wanted)


def makeup_days(
    country: str, *, years: Iterable[int], hours: str, subdivision: str | None = None
) -> tuple[DayHours, ...]:
    """The days of weekends that are worked instead of others, as in China, for `Calendar.extra_days`.

    `hours` are those of a day, or those of a week as in `Calendar.hours`: then each of these days has the hours of the
    weekday that is off instead, and if that has none, it is not worked either.

    Only what a government has announced is known, which is about a year ahead. A later year has no such day
    here: of China, where every year since 2001 has some, none means that nothing is announced.

    Raises:
        MissingExtra: the package is not installed.
        InvalidValue: it does not know the country, the subdivision or a year; or hours have another form.

    Source: C034.
    """
    week = (day_hours(hours, "hours"),) * 7 if hours[:1].isdigit() else week_hours(hours, "hours")
    wanted = _several(years)
    found = _found(country, wanted, subdivision, None, ())
    days = ((day, week[_instead_of(found, day).weekday()]) for day in sorted(found.weekend_workdays))
    return tuple(DayHours(date=day, hours=_text(spans)) for day, spans in days if spans and day.year in wanted)


def _found(
    country: str,
    years: Collection[int],
    subdivision: str | None,
    language: str | None,
    categories: tuple[str, ...],
) -> "HolidayBase":
    try:
        import holidays
    except ImportError as error:
        raise MissingExtra("holidays of countries", "calendars") from error
    _one_of(country, holidays.list_supported_countries(include_aliases=False), "country")
    known = holidays.country_holidays(country)
    if subdivision is not None:
        _one_of(subdivision, (*known.subdivisions, *known.subdivisions_aliases), "subdivision")
    for category in categories:
        _one_of(category, known.supported_categories, "categories")
    if years and not known.start_year <= min(years) <= max(years) <= known.end_year:
        raise InvalidValue("years", f"for {country}, expected years from {known.start_year} to {known.end_year}")
    return holidays.country_holidays(
        country,
        subdiv=subdivision,
        # Of a day off in January, a day of the December before may be worked.
        years={*years, *(year + 1 for year in years)},
        language=_language(language, known),
        categories=categories or None,
    )


def _language(language: str | None, known: "HolidayBase") -> str | None:
    """The name that the package has for a language. Without one it would take that of the machine."""
    if language is None:
        return known.default_language
    supported = {name.replace("_", "-"): name for name in known.supported_languages}
    for tag in fallbacks(language_tag(language)):
        for name, theirs in supported.items():
            if name == tag or name.startswith(f"{tag}-"):
                return theirs
    raise InvalidValue("language", f"expected one of {', '.join(supported) or 'none: its names are in one language'}")


def _instead_of(found: "HolidayBase", day: date) -> date:
    """The day that is off because this one is worked. Only its name tells so, in the language of the country."""
    says = found.tr(found.substituted_label) % day.strftime(found.tr(found.substituted_date_format))
    return next((off for off, name in found.items() if says in name), day)


def _several(years: Iterable[int]) -> frozenset[int]:
    if not isinstance(years, Iterable):
        raise InvalidValue("years", "expected several years, such as [2026]")
    return frozenset(years)


def _one_of(value: str, known: Iterable[str], where: str) -> None:
    if value not in (names := sorted(known)):
        raise InvalidValue(where, f"expected one of {', '.join(names) or 'none: there are none'}")


def _text(hours: Hours) -> str:
    return ", ".join(f"{_clock(start)}-{_clock(end if end <= DAY else end - DAY)}" for start, end in hours)


def _clock(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}".removesuffix(":00")

"""Holidays that come from elsewhere again and again, and what a house changes in them by hand."""

from collections.abc import Iterable
from datetime import date

from servicecrm.calendars.opening import Holiday
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve, record

__all__ = ["Feed"]


@record
class Feed:
    """What a feed of holidays said when it was read last, and the changes of a house, which stay when it is read again.

    `said` are the holidays of the feed; `added` are more of them; `renamed` have another name here; `removed` are days
    that are no holidays here, and `unwanted` the names of those that never are. `holidays()` is what comes of it.

    Source: C034.
    """

    said: tuple[Holiday, ...] = ()
    added: tuple[Holiday, ...] = ()
    renamed: tuple[Holiday, ...] = ()
    removed: tuple[date, ...] = ()
    unwanted: tuple[str, ...] = ()

    def holidays(self) -> tuple[Holiday, ...]:
        """The holidays as this house has them, in order; for `Calendar.holidays`."""
        names = {holiday.date: holiday.name for holiday in self.renamed}
        kept = (
            Holiday(date=each.date, name=names.get(each.date, each.name))
            for each in self.said
            if each.date not in self.removed and each.name not in self.unwanted
        )
        return _ordered((*kept, *self.added))

    def synced(self, said: Iterable[Holiday], *, since: date | None = None) -> "Feed":
        """The feed after it was read again, with all that was changed by hand.

        Feeds forget what is past. With `since` what was said of days before it stays, so that times of last year are
        counted as they were.
        """
        past = (each for each in self.said if since is not None and each.date < since)
        new = (each for each in said if since is None or each.date >= since)
        return evolve(self, said=_ordered((*past, *new)))

    def with_holiday(self, day: date, name: str = "") -> "Feed":
        """One more holiday, whatever the feed says of that day."""
        kept = (each for each in self.added if each.date != day)
        return evolve(self, added=_ordered((*kept, Holiday(date=day, name=name))))

    def without(self, what: date | str) -> "Feed":
        """Without a day, or without the holidays of a name, in every year."""
        if isinstance(what, str):
            return evolve(self, unwanted=tuple(sorted({*self.unwanted, what})))
        added = tuple(each for each in self.added if each.date != what)
        return evolve(self, added=added, removed=tuple(sorted({*self.removed, what})))

    def with_name(self, day: date, name: str) -> "Feed":
        """With another name for the holiday of a day. It is still the feed's: if the feed drops it, it is gone.

        Raises:
            InvalidValue: that day is no holiday here.
        """
        if all(each.date != day for each in self.holidays()):
            raise InvalidValue("Feed.renamed", f"{day.isoformat()} is no holiday; add it with with_holiday")
        if any(each.date == day for each in self.added):
            return self.with_holiday(day, name)
        kept = (each for each in self.renamed if each.date != day)
        return evolve(self, renamed=_ordered((*kept, Holiday(date=day, name=name))))

    def as_said(self, day: date) -> "Feed":
        """Without the changes that were made to a day."""
        return evolve(
            self,
            added=tuple(each for each in self.added if each.date != day),
            renamed=tuple(each for each in self.renamed if each.date != day),
            removed=tuple(each for each in self.removed if each != day),
        )


def _ordered(holidays: Iterable[Holiday]) -> tuple[Holiday, ...]:
    return tuple(sorted(set(holidays), key=lambda each: (each.date, each.name)))

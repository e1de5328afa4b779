"""The words, days and names that documents are written with."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from servicecrm.agreements import TEXTS as AGREEMENTS
from servicecrm.agreements.levels import AVAILABILITY
from servicecrm.calendars import duration
from servicecrm.errors import InvalidValue
from servicecrm.kernel.years import zone_told
from servicecrm.measures import TEXTS as MEASURES
from servicecrm.reports.durations import TEXTS, in_words
from servicecrm.reports.model import Block, Fact, Facts, Passage, Points, Section, Table
from servicecrm.tracking import timer_name

__all__ = ["TEXTS", "Writing", "written"]

_PERCENT: Final = re.compile(r"(?<=\d )percent\Z")
_NOT_WRITTEN: Final = re.compile(r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that nobody sees and files do not hold: controls, and halves of a pair."""


def written(text: str) -> str:
    """A text as it is written to a file: without the characters that none can hold."""
    return _NOT_WRITTEN.sub("", text)


@attrs.frozen
class Writing:
    """Writes the parts of one kind of document in one language.

    `names` are what ids are called by people: those of customers, services and persons.

    Raises:
        InvalidValue: the zone is unknown.
    """

    kind: str
    language: str
    names: Mapping[str, str]
    zone: str

    def __attrs_post_init__(self) -> None:
        zone_told("zone", self.zone)

    def text(self, key: str, **values: str) -> str:
        """A text of this kind of document."""
        return TEXTS.get(f"{self.kind}.{key}", language=self.language, **values)

    def common(self, key: str, **values: str) -> str:
        """A text that several kinds have."""
        return TEXTS.get(f"common.{key}", language=self.language, **values)

    def name(self, id: str | None) -> str:
        """What somebody or something is called."""
        return "" if id is None else self.names.get(id, id)

    def target(self, name: str) -> str:
        """What a timer or a measure is called; one of a house's own is called what the house calls it."""
        if name == AVAILABILITY:
            return AGREEMENTS.get(f"aspect.{name}", language=self.language)
        return timer_name(name, language=self.language)

    def figure(self, name: str) -> str | None:
        """What a figure of a survey is called; None for a mere count of answers, and what is no such figure."""
        key = f"method.{name}"
        return MEASURES.get(key, language=self.language) if key in MEASURES.keys("en") else None

    def amount(self, told: str) -> str:
        """What was agreed or achieved: a duration in words, a share with its sign; anything else as it is."""
        try:
            return in_words(duration(told), language=self.language)
        except InvalidValue:
            return _PERCENT.sub("%", told)

    def day(self, at: date | None) -> str:
        """A day as the language writes it; that of a time is the day in the zone."""
        if at is None:
            return ""
        day = at.astimezone(ZoneInfo(self.zone)) if isinstance(at, datetime) else at
        return self.common("day", year=f"{day:%Y}", month=f"{day:%m}", day=f"{day:%d}")

    def time(self, at: datetime | None) -> str:
        """A day and a time in the zone."""
        if at is None:
            return ""
        local = at.astimezone(ZoneInfo(self.zone))
        return f"{self.day(at)}, {local:%H:%M} ({self.zone})"

    # -- sections --------------------------------------------------------------------------------

    def head(self, *facts: tuple[str, str]) -> Section:
        """What stands at the top; facts of which nothing is known are left out."""
        return Section(key="head", blocks=(self.facts(*facts),))

    def facts(self, *facts: tuple[str, str]) -> Facts:
        """Names by their keys, with what is said of each."""
        return Facts(facts=tuple(Fact(name=self.text(key), told=told) for key, told in facts if told))

    def section(self, key: str, *blocks: Block) -> Section:
        """A section with its title."""
        return Section(key=key, title=self.text(key), blocks=blocks)

    def points(self, key: str, told: Iterable[str]) -> Iterable[Section]:
        """A section with a list, if there is anything in it."""
        if found := tuple(told):
            yield self.section(key, Points(points=found))

    def table(self, key: str, head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Iterable[Section]:
        """A section with a table, if there is anything in it."""
        if found := tuple(rows):
            yield self.section(key, Table(head=tuple(map(self.text, head)), rows=found))

    def passage(self, key: str, text: str | None) -> Iterable[Section]:
        """A section with a text, if there is one."""
        if text:
            yield self.section(key, Passage(text=text))

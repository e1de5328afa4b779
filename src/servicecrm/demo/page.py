"""The page that a manager looks at when the year is over."""

from collections.abc import Iterator
from datetime import date, datetime
from html import escape
from typing import Final

from servicecrm.analytics.board import Risk
from servicecrm.analytics.charts import Series, bars, columns
from servicecrm.analytics.clocks import COLUMNS
from servicecrm.analytics.printing import TEXTS as ANALYTICS
from servicecrm.analytics.sheet import Part, Sheet
from servicecrm.demo.figures import Figures, figures_of
from servicecrm.demo.stage import YEAR, ZONE
from servicecrm.desk import Desk
from servicecrm.kernel.texts import Texts
from servicecrm.measures import TEXTS as MEASURES
from servicecrm.reviews import TEXTS as REVIEWS
from servicecrm.reviews import DueStatus
from servicecrm.reviews.words import occasion_name
from servicecrm.surveys import Evaluation, change
from servicecrm.surveys.evaluation_charts import Bar, Whisker, whiskers
from servicecrm.surveys.evaluation_charts import bars as lengths
from servicecrm.surveys.evaluation_lines import About, Line
from servicecrm.surveys.evaluation_words import Words, interval_of
from servicecrm.tracking import timer_name

__all__ = ["TEXTS", "manager_page"]

TEXTS: Final = Texts("servicecrm.demo")

_STYLE: Final = """\
th.words, td.words { text-align: left; }
td.words { white-space: normal; min-width: 9rem; }
.scroll :is(th, td) { overflow-wrap: normal; }
.scroll th[scope="row"] { min-width: 9rem; }
#figures table { margin-bottom: 1.5rem; }
"""

_COLOURS: Final = ("s1", "s2", "s3", "s4", "s5")
_SHOWN: Final = 20
"""Late complaints that are listed; the figures count all of them."""


def manager_page(crm: Desk, *, language: str = "en") -> str:
    """How it stands with customers, agreements, complaints and satisfaction at the end of the year, as a page of HTML.

    The same desk gives the same bytes.

    Raises:
        InvalidValue: the language is not a language tag.
    """
    writer = _Writer(crm, figures_of(crm), language)
    names = ("overview", "portfolio", "at_risk", "complaints", "satisfaction", "reviews", "figures")
    parts = [Part(name, writer.text(f"page.{name}"), getattr(writer, name)()) for name in names]
    return writer.sheet.page(writer.text("page.title", year=f"{YEAR}"), writer.of.at, parts, style=_STYLE)


class _Writer:
    """Writes the sections in one language."""

    def __init__(self, crm: Desk, of: Figures, language: str) -> None:
        self.crm = crm
        self.of = of
        self.language = language
        self.sheet = Sheet(language)

    def text(self, key: str, **values: str) -> str:
        return TEXTS.get(key, language=self.language, **values)

    def head(self, *names: str) -> tuple[str, ...]:
        return tuple(self.text(f"head.{name}") for name in names)

    # -- sections --------------------------------------------------------------------------------

    def overview(self) -> str:
        of = self.of
        healths = [each.health.value for each in of.portfolio if each.health.value is not None]
        told = {
            "customers": f"{len(of.portfolio):,}",
            "health": _number(sum(healths) / len(healths) if healths else None),
            "in_force": f"{of.in_force:,}",
            "at_risk": f"{len(of.at_risk):,}",
            "open": f"{len(of.board):,}",
            "overdue": f"{sum(line.risk is Risk.OVERDUE for line in of.board):,}",
            "satisfaction": _number(of.waves[-1]["overall"].value),
            "reviews": f"{sum(each.status is DueStatus.OVERDUE for each in of.reviews):,}",
            "actions": f"{len(of.late_actions):,}",
            "notices": f"{of.notices:,}",
        }
        return self.sheet.tiles((self.text(f"tile.{name}"), figure) for name, figure in told.items())

    def portfolio(self) -> str:
        title = self.text("chart.health")
        known = [(each, each.health.value) for each in self.of.portfolio if each.health.value is not None]
        picture = lengths(title, [Bar(each.customer.name, f"{value:.0f}", value / 100) for each, value in known])
        rows = [
            (
                line.name,
                _number(health.value, 0),
                f"{len(health.parts)} / {len(health.parts) + len(health.missing)}",
                _number(mark),
                f"{line.agreements:,}",
                f"{line.open_complaints:,}",
                _day(line.heard_at),
                line.account_manager or "",
            )
            for line, mark, health in self.of.portfolio
        ]
        names = ("customer", "health", "known", "satisfaction", "agreements", "open", "heard", "manager")
        return self.sheet.figure(title, picture, self.sheet.table(title, self.head(*names), rows, words=[7]))

    def at_risk(self) -> str:
        rows = [
            (
                each.agreement.number or each.agreement.id,
                self.of.name(each.customer),
                ", ".join(self.text(f"why.{code}") for code in each.why),
                _number(each.kept, 0),
                _day(each.agreement.final_day),
            )
            for each in self.of.at_risk
        ]
        head = self.head("agreement", "customer", "why", "kept", "last_day")
        return self.sheet.table(self.text("page.at_risk"), head, rows, words=[1, 2])

    def complaints(self) -> str:
        return self._backlog() + self._timers() + self._late()

    def _backlog(self) -> str:
        title, months = self.text("chart.backlog"), self.of.months
        labels = [month.month for month in months]
        received, closed, still_open = (
            Series(ANALYTICS.get(f"summary.{key}", language=self.language), colour, [getattr(m, name) for m in months])
            for key, name, colour in (
                ("received", "received", "s1"),
                ("closed_in_month", "closed", "s2"),
                ("open_end", "open_end", "s3"),
            )
        )
        series = (received, closed, still_open)
        rows = [
            (label, *(f"{value:,}" for value in values))
            for label, *values in zip(labels, *(each.values for each in series), strict=True)
        ]
        head = (ANALYTICS.get("summary.month", language=self.language), *(each.name for each in series))
        picture = columns(title, labels, (received, closed), still_open)
        return self.sheet.figure(title, picture, self.sheet.table(title, head, rows), series)

    def _timers(self) -> str:
        title, counts = self.text("chart.timers"), self.of.timers
        names = [ANALYTICS.get(f"timers.{name}", language=self.language) for name in ("timer", *COLUMNS)]
        labels = [timer_name(count.name, language=self.language) for count in counts]
        series = [
            Series(name, colour, [getattr(count, column) for count in counts])
            for name, colour, column in zip(names[1:], _COLOURS, COLUMNS, strict=True)
        ]
        rows = [
            (label, *(f"{getattr(count, column):,}" for column in COLUMNS))
            for label, count in zip(labels, counts, strict=True)
        ]
        return self.sheet.figure(title, bars(title, labels, series), self.sheet.table(title, names, rows), series)

    def _late(self) -> str:
        title = self.text("chart.open")
        lines = [line for line in self.of.board if line.risk is not None][:_SHOWN]
        rows = [
            (
                line.number or line.id,
                self.crm.complaints.get(line.id).subject,
                line.handler or "",
                f"{line.age:,}",
                _day(line.due_at),
                ANALYTICS.get(f"risk.{line.risk}", language=self.language),
            )
            for line in lines
        ]
        head = self.head("complaint", "subject", "handler", "age", "due", "standing")
        return f"<h3>{escape(title)}</h3>\n{self.sheet.table(title, head, rows, words=[1, 2, 5])}"

    def satisfaction(self) -> str:
        title = self.text("chart.waves")
        lines = [(wave, line) for line in _asked(self.of.waves[-1]) for wave in self.of.waves]
        found = [(wave, wave.line(line.key, figure=line.figure, about=line.about)) for wave, line in lines]
        words = Words(self.of.waves[-1], self.language)
        drawn = [
            Whisker(f"{words.label(line.key)}, {wave.wave}", f"{value:.1f}", value, low, high, (1.0, 10.0))
            for wave, line in found
            if (score := line.score) is not None
            and (value := score.value) is not None
            and (low := score.low) is not None
            and (high := score.high) is not None
        ]
        rows = [
            (words.label(line.key), f"{wave.wave}", _number(line.value, 2), _interval(line), f"{line.n:,}")
            for wave, line in found
        ]
        table = self.sheet.table(title, self.head("item", "wave", "mean", "interval", "answers"), rows)
        return self.sheet.figure(title, whiskers(title, drawn), table) + self._changes(words)

    def _changes(self, words: Words) -> str:
        """What has changed since the first wave, as far as chance allows to say so."""
        first, *_, last = self.of.waves
        title, rows = self.text("chart.change"), []
        for line in _asked(last):
            moved = change(first, last, line.key)
            rows.append(
                (
                    words.label(line.key),
                    _number(moved.value, 2, "+"),
                    interval_of(moved.low, moved.high, "{:+.2f}"),
                    MEASURES.get(f"verdict.{moved.verdict}", language=self.language),
                )
            )
        head = self.head("item", "change", "interval", "standing")
        return f"<h3>{escape(title)}</h3>\n{self.sheet.table(title, head, rows, words=[3])}"

    def reviews(self) -> str:
        title = self.text("page.reviews")
        due = [
            (
                self.of.name(each.customer),
                occasion_name(each.occasion, language=self.language),
                _day(each.due),
                REVIEWS.get(f"due_status.{each.status}", language=self.language),
                f"{each.days_late:,}",
                each.owner,
            )
            for each in self.of.reviews
        ]
        actions = [(each.title, each.owner, _day(each.due_at)) for each in self.of.late_actions]
        head = self.head("customer", "occasion", "due", "standing", "late", "owner")
        return (
            self._meetings()
            + self.sheet.table(title, head, due, words=[1, 3, 5])
            + self.sheet.table(title, self.head("action", "owner", "due"), actions, words=[1])
        )

    def _meetings(self) -> str:
        """How often customers were met, of how often they should have been."""
        title = self.text("chart.meetings")
        head = [
            ANALYTICS.get(f"kpis.{name}", language=self.language) for name in ("id", "figure", "value", "unit", "n")
        ]
        percent = ANALYTICS.get("kpi_unit.percent", language=self.language)
        rows = [
            (
                each.kpi,
                REVIEWS.get(f"kpi.{each.kpi}", language=self.language),
                _number(each.value, 0),
                percent if each.unit == "percent" else "",
                f"{each.n:,}",
            )
            for each in self.of.meetings
        ]
        return f"<h3>{escape(title)}</h3>\n{self.sheet.table(title, head, rows, words=[1])}"

    def figures(self) -> str:
        title = self.text("page.figures")
        return "".join(self.sheet.scroll(title, table.html(language=self.language)) for table in self.of.kpis)


def _asked(wave: Evaluation) -> Iterator[Line]:
    """The mean of each question, of everybody."""
    seen: set[str] = set()
    for line in wave:
        if line.about is About.ITEM and not line.group and line.key not in seen:
            seen.add(line.key)
            yield line


def _number(value: float | None, places: int = 1, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign},.{places}f}"


def _interval(line: Line) -> str:
    return "" if line.score is None else interval_of(line.score.low, line.score.high, "{:.2f}")


def _day(day: date | datetime | None) -> str:
    if isinstance(day, datetime):
        day = day.astimezone(ZONE)
    return "" if day is None else f"{day:%Y-%m-%d}"

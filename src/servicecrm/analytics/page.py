"""A set of cases as one web page that needs nothing else: charts, each with its figures, and no request to anywhere."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import escape
from importlib.resources import files
from typing import Final, NamedTuple

from servicecrm.analytics.charts import Series, bars, columns
from servicecrm.analytics.clocks import COLUMNS, TimerCount
from servicecrm.analytics.kpis_table import KpiTable
from servicecrm.analytics.printing import TEXTS
from servicecrm.analytics.summary import COUNTS, TARGETS, Month, Share, Summary
from servicecrm.analytics.whole_log import Reopened
from servicecrm.tracking import timer_name

__all__ = ["Listed", "report_page"]

_COLOURS: Final = ("s1", "s2", "s3", "s4", "s5")


class Listed(NamedTuple):
    """A table of the page that others fill: of texts, of which the first of each row names it."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def report_page(
    summary: Summary,
    *,
    log: str,
    figures: KpiTable,
    timers: Sequence[TimerCount] = (),
    reopened: Sequence[Reopened] = (),
    more: Iterable[Listed] = (),
    language: str = "en",
) -> str:
    """The page: backlog, age, targets, reopenings and key figures of the cases of a log, and what `more` there is.

    It is read without a mouse and without scripts, on a phone and on a wide screen, in light and in dark. Every chart
    has its figures as a table. It asks no server for anything.

    Raises:
        InvalidValue: the language is not a language tag.
    """
    writer = _Writer(language)
    sections = [
        ("overview", writer.text("page.overview"), writer.overview(summary)),
        ("backlog", writer.text("summary.backlog"), writer.backlog(summary.backlog)),
        ("ageing", writer.text("summary.ageing"), writer.ageing(summary.ageing)),
        ("targets", writer.text("page.targets"), writer.targets(summary, timers)),
        ("reopened", writer.text("page.reopened"), writer.reopened(reopened)),
        ("figures", writer.text("page.figures"), writer.figures(figures)),
    ]
    for key, shares in (("categories", summary.categories), ("handlers", summary.handlers)):
        if any(share.name is not None for share in shares):
            sections.append((key, writer.text(f"summary.{key}"), writer.shares(shares)))
    sections += [(f"more-{n}", each.title, writer.listed(each)) for n, each in enumerate(more, 1)]
    return "".join(writer.page(log, summary.now, sections))


def _has_targets(summary: Summary) -> bool:
    return any(getattr(summary, name) for name in TARGETS)


class _Writer:
    """Writes the parts of a page in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def text(self, key: str, **values: str) -> str:
        return TEXTS.get(key, language=self.language, **values)

    def number(self, value: int) -> str:
        return f"{value:,}"

    def page(self, log: str, now: datetime, sections: Sequence[tuple[str, str, str]]) -> Iterator[str]:
        title = escape(self.text("page.title", log=log))
        style = (files("servicecrm.analytics") / "page.css").read_text("utf-8")
        yield f'<!DOCTYPE html>\n<html lang="{escape(self.language, quote=True)}">\n<head>\n<meta charset="utf-8">\n'
        # Nothing may be asked for, whatever a log holds; the empty icon keeps a browser from asking for one.
        yield (
            '<meta http-equiv="Content-Security-Policy" '
            "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
        )
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        yield f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        yield f'<a class="skip" href="#main">{escape(self.text("page.skip"))}</a>\n'
        moment = escape(f"{now:%Y-%m-%d %H:%M %Z}".strip())
        as_of = self.text("page.as_of", now=f'<time datetime="{now.isoformat()}">{moment}</time>')
        yield f"<header>\n<h1>{title}</h1>\n<p>{as_of}</p>\n</header>\n"
        yield f'<nav aria-label="{escape(self.text("page.sections"), quote=True)}">\n<ul>\n'
        for id, name, _ in sections:
            yield f'<li><a href="#{id}">{escape(name)}</a></li>\n'
        yield '</ul>\n</nav>\n<main id="main" tabindex="-1">\n'
        for id, name, content in sections:
            yield f'<section id="{id}" aria-labelledby="{id}-h">\n<h2 id="{id}-h">{escape(name)}</h2>\n'
            yield f"{content}</section>\n"
        yield "</main>\n</body>\n</html>\n"

    # -- sections --------------------------------------------------------------------------------

    def overview(self, summary: Summary) -> str:
        names = (*COUNTS, *(TARGETS if _has_targets(summary) else ()), "events", "findings", "refused_rows")
        told = (
            f"<div><dt>{escape(self.text(f'summary.{name}'))}</dt><dd>{self.number(value)}</dd></div>\n"
            for name in names
            if (value := getattr(summary, name)) is not None
        )
        return f"<dl>\n{''.join(told)}</dl>\n"

    def backlog(self, months: Sequence[Month]) -> str:
        title = self.text("summary.backlog")
        labels = [month.month for month in months]
        received, closed, still_open = (
            Series(self.text(f"summary.{key}"), colour, [getattr(month, name) for month in months])
            for key, colour, name in (
                ("received", "s1", "received"),
                ("closed_in_month", "s2", "closed"),
                ("open_end", "s3", "open_end"),
            )
        )
        picture = columns(title, labels, (received, closed), still_open)
        return self._chart(title, self.text("summary.month"), labels, (received, closed, still_open), picture)

    def ageing(self, shares: Sequence[Share]) -> str:
        title = self.text("summary.ageing")
        labels = [self.text(f"summary.age_{share.name}") for share in shares]
        series = (Series(self.text("page.count"), "s1", [share.cases for share in shares]),)
        return self._chart(title, self.text("page.group"), labels, series, bars(title, labels, series))

    def targets(self, summary: Summary, timers: Sequence[TimerCount]) -> str:
        parts = []
        if _has_targets(summary):
            title = self.text("page.cases_by_target")
            labels = [self.text(f"summary.{name}") for name in TARGETS]
            series = (Series(self.text("page.count"), "s1", [getattr(summary, name) for name in TARGETS]),)
            parts.append(self._chart(title, self.text("page.group"), labels, series, bars(title, labels, series)))
        if timers:
            title = self.text("timers.title")
            labels = [timer_name(count.name, language=self.language) for count in timers]
            states = tuple(
                Series(self.text(f"timers.{name}"), colour, [getattr(count, name) for count in timers])
                for name, colour in zip(COLUMNS, _COLOURS, strict=True)
            )
            parts.append(self._chart(title, self.text("timers.timer"), labels, states, bars(title, labels, states)))
        return "".join(parts) or f"<p>{escape(self.text('page.no_targets'))}</p>\n"

    def reopened(self, months: Sequence[Reopened]) -> str:
        title = self.text("page.reopened")
        labels = [each.month for each in months]
        series = (
            Series(self.text("page.closed"), "s2", [each.closed for each in months]),
            Series(self.text("page.reopenings"), "s4", [each.reopened for each in months]),
        )
        return self._chart(title, self.text("summary.month"), labels, series, columns(title, labels, series))

    def figures(self, table: KpiTable) -> str:
        return self._scroll(self.text("page.figures"), table.html(language=self.language))

    def shares(self, shares: Sequence[Share]) -> str:
        unnamed = self.text("summary.unnamed")
        rows = [(unnamed if share.name is None else share.name, self.number(share.cases)) for share in shares]
        return self._table(self.text("page.count"), (self.text("page.group"), self.text("page.count")), rows)

    def listed(self, each: Listed) -> str:
        return self._table(each.title, each.head, each.rows)

    # -- parts -----------------------------------------------------------------------------------

    def _chart(self, title: str, first: str, labels: Sequence[str], series: Sequence[Series], picture: str) -> str:
        if not labels:
            return f"<p>{escape(self.text('page.nothing'))}</p>\n"
        legend = "".join(f'<li><span class="key {s.colour}"></span>{escape(s.name)}</li>' for s in series)
        rows = [
            (label, *(self.number(value) for value in values))
            for label, *values in zip(labels, *(s.values for s in series), strict=True)
        ]
        table = self._table(title, (first, *(s.name for s in series)), rows)
        return (
            f'<figure>\n<figcaption>{escape(title)}</figcaption>\n<ul class="legend">{legend}</ul>\n{picture}\n'
            f"<details>\n<summary>{escape(self.text('page.table'))}</summary>\n{table}</details>\n</figure>\n"
        )

    def _table(self, title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        if not rows:
            return f"<p>{escape(self.text('page.nothing'))}</p>\n"
        names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
        body = "".join(
            f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>\n'
            for first, *cells in rows
        )
        table = f"<table>\n<thead><tr>{names}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"
        return self._scroll(title, table)

    def _scroll(self, title: str, table: str) -> str:
        # What may be wider than the screen can be scrolled by keyboard only if it takes the focus.
        name = escape(title, quote=True)
        return f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">\n{table}\n</div>\n'

"""A review of complaints to read: in Markdown, and as tables of HTML."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from servicecrm.analytics.complaint_review import ComplaintReview, Pareto
from servicecrm.analytics.printing import TEXTS
from servicecrm.complaints import TEXTS as OF_COMPLAINTS
from servicecrm.complaints.codes import Verdict
from servicecrm.measures import TEXTS as MEASURES
from servicecrm.measures.scores import Reason

__all__ = ["html", "markdown"]

_VERDICTS: Final = frozenset(Verdict)

_MARKUP: Final = re.compile(r"[\\`*_\[\]|~]")
"""What Markdown takes for more than a character within a cell: code, stress, links, the end of the cell."""


class _Part(NamedTuple):
    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def markdown(review: ComplaintReview, language: str) -> str:
    """The whole review as a text in Markdown."""
    parts = (
        "\n".join([f"## {part.title}", "", _line(part.head), _line(["---"] * len(part.head)), *map(_line, part.rows)])
        for part in _parts(review, language)
    )
    return "\n\n".join([f"# {_title(review, language)}", *parts]) + "\n"


def _line(cells: Sequence[str]) -> str:
    # Neither a bar nor a line break may end a cell, and no name may make a tag or a link.
    safe = (" ".join(_MARKUP.sub(r"\\\g<0>", escape(cell, quote=False)).split()) for cell in cells)
    return f"| {' | '.join(safe)} |"


def html(review: ComplaintReview, language: str) -> str:
    """The whole review as tables of HTML."""
    tables = (
        f"<table><caption>{escape(part.title)}</caption><thead><tr>{_cells(part.head, 'th')}</tr></thead>"
        f"<tbody>{''.join(f'<tr>{_cells(row)}</tr>' for row in part.rows)}</tbody></table>"
        for part in _parts(review, language)
    )
    return f"<h1>{escape(_title(review, language))}</h1>{''.join(tables)}"


def _cells(cells: Sequence[str], tag: str = "td") -> str:
    return "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)


def _title(review: ComplaintReview, language: str) -> str:
    return TEXTS.get("review.title", language=language, period=review.period, zone=review.zone)


def _parts(review: ComplaintReview, language: str) -> Iterator[_Part]:
    """The tables, without those that there is nothing to say in."""

    def label(name: str) -> str:
        return TEXTS.get(f"review.{name}", language=language)

    def labels(*names: str) -> tuple[str, ...]:
        return tuple(map(label, names))

    def day(at: datetime | None) -> str:
        return "" if at is None else f"{at.astimezone(ZoneInfo(review.zone)):%Y-%m-%d}"

    change = _change(review.change, review.reason, language)
    counted = [
        (label("received"), f"{len(review.complaints):,}", f"{review.previous:,}", change),
        (label("still_open"), f"{len(review.still_open):,}", "", ""),
        (label("duplicates"), f"{review.duplicates:,}", "", ""),
    ]
    yield _Part(label("overview"), labels("figure", "complaints", "previous", "change"), counted)
    for table in review.tables:
        if any(line.name is not None for line in table):
            head = labels(table.by, "complaints", "share", "cumulative", "previous", "change")
            yield _Part(label(f"by_{table.by}"), head, list(_lines(table, language)))
    later = (
        ("repeats", ("complaint", "after", "customer", "category", "days"), [
            (each.id, each.after, each.customer, each.category, f"{each.days:,}") for each in review.repeats
        ]),
        ("overdue", ("action", "source", "owner", "due", "days_late"), [
            (each.action, each.source, each.owner or "", day(each.due_at), f"{each.days_late:,}")
            for each in review.overdue
        ]),
        ("decisions", ("decision", "kind", "owner", "due"), [
            (
                each.text,
                TEXTS.get(f"review_decision.{each.kind}", language=language),
                each.owner or "",
                day(each.due_at),
            )
            for each in review.decisions
        ]),
    )  # fmt: skip
    for name, columns, rows in later:
        if rows:
            yield _Part(label(name), labels(*columns), rows)


def _lines(table: Pareto, language: str) -> Iterator[tuple[str, ...]]:
    for line in table:
        yield (
            _named(table.by, line.name, language),
            f"{line.complaints:,}",
            f"{line.share} %",
            f"{line.cumulative} %",
            f"{line.previous:,}",
            _change(line.change, line.reason, language),
        )


def _named(by: str, name: str | None, language: str) -> str:
    if name is None:
        return TEXTS.get("summary.unnamed", language=language)
    return OF_COMPLAINTS.get(f"verdict.{name}", language=language) if by == "verdict" and name in _VERDICTS else name


def _change(change: float | None, reason: Reason | None, language: str) -> str:
    if change is not None:
        return f"{100 * change:+,.1f} %"
    return "" if reason is None else MEASURES.get(f"reason.{reason}", language=language)

"""A summary as a text for people."""

from collections.abc import Iterator, Sequence
from typing import Final
from unicodedata import east_asian_width

from servicecrm.analytics.summary import COUNTS, TARGETS, Share, Summary
from servicecrm.kernel.records import fields_of
from servicecrm.kernel.texts import Texts

__all__ = ["TEXTS", "section", "summary_lines"]

TEXTS: Final = Texts("servicecrm.analytics")


def summary_lines(summary: Summary, language: str) -> Iterator[str]:
    """The lines of a summary; what there is nothing to say about is left out."""

    def label(key: str) -> str:
        return TEXTS.get(f"summary.{key}", language=language)

    plain = fields_of(summary)
    named = [*COUNTS, *(TARGETS if any(plain[name] for name in TARGETS) else ()), "events", "findings", "refused_rows"]
    yield from _table([(label(name), f"{plain[name]:,}") for name in named if plain[name] is not None])
    if summary.open:
        yield from section(label("ageing"), [(label(f"age_{s.name}"), f"{s.cases:,}") for s in summary.ageing])
    for title, shares in (("categories", summary.categories), ("handlers", summary.handlers)):
        if any(share.name is not None for share in shares):
            yield from section(
                label(title), [(_named(share, label("unnamed")), f"{share.cases:,}") for share in shares]
            )
    if summary.backlog:
        head = (label("month"), label("received"), label("closed_in_month"), label("open_end"))
        months = [(m.month, f"{m.received:,}", f"{m.closed:,}", f"{m.open_end:,}") for m in summary.backlog]
        yield from section(label("backlog"), [head, *months])


def _named(share: Share, unnamed: str) -> str:
    return unnamed if share.name is None else share.name


def section(title: str, rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """A title and a table below it, after an empty line."""
    yield ""
    yield title
    for line in _table(rows):
        yield f"  {line}"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Rows with the first column to the left and numbers to the right."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [first + " " * (widths[0] - _width(first))]
        cells += [" " * (width - _width(cell)) + cell for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join(cells)


def _width(text: str) -> int:
    """Columns on a terminal, where an East Asian character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)

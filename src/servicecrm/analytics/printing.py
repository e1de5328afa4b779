"""Numbers in other forms: as a text for people, as a table of HTML, as a data frame."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from html import escape
from importlib import import_module
from operator import attrgetter
from typing import Any, Final, Literal
from unicodedata import east_asian_width

from servicecrm.analytics.summary import COUNTS, TARGETS, Share, Summary
from servicecrm.errors import MissingExtra
from servicecrm.kernel.records import fields_of
from servicecrm.kernel.texts import Texts

__all__ = ["TEXTS", "data_frame", "html_table", "section", "summary_lines"]

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


def section(title: str, rows: Sequence[tuple[str, ...]], *, texts: Iterable[int] = (0,)) -> Iterator[str]:
    """A title and a table below it, after an empty line. `texts` are the columns that are no numbers, from 0 on."""
    yield ""
    yield title
    for line in _table(rows, texts):
        yield f"  {line}"


def _table(rows: Sequence[tuple[str, ...]], texts: Iterable[int] = (0,)) -> Iterator[str]:
    """Rows with texts to the left and numbers to the right."""
    left = frozenset(texts)
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (
            cell + blank if n in left else blank + cell
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
            for blank in (" " * (width - _width(cell)),)
        )
        yield "  ".join(padded).rstrip()


def html_table(title: str, head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of HTML; the first cell of each row names it."""
    names = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in others)}</tr>'
        for first, *others in rows
    )
    return f"<table><caption>{escape(title)}</caption><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"


def data_frame(
    library: Literal["pandas", "polars"], rows: Sequence[Mapping[str, Any]], columns: Mapping[str, type]
) -> Any:  # neither library is there for everybody, nor are its types
    """Rows as a data frame of a library; the columns say which types they have, a list being one of texts.

    Times are in UTC.

    Raises:
        MissingExtra: the library is not installed.
    """
    try:
        found: Any = import_module(library)
    except ImportError as error:
        raise MissingExtra(f"a data frame of {library}", library, ours=False) from error
    if library == "pandas":
        frame = found.DataFrame(rows, columns=list(columns))
        times = {name: "datetime64[us, UTC]" for name, type_ in columns.items() if type_ is datetime}
        return frame.astype(times) if times else frame
    return found.DataFrame(rows, schema={name: _POLARS[type_](found) for name, type_ in columns.items()})


_POLARS: Final[Mapping[type, Callable[[Any], Any]]] = {
    str: attrgetter("String"),
    float: attrgetter("Float64"),
    int: attrgetter("Int64"),
    bool: attrgetter("Boolean"),
    date: attrgetter("Date"),
    datetime: lambda polars: polars.Datetime("us", "UTC"),
    list: lambda polars: polars.List(polars.String),
}
"""The types of polars for those of Python."""


def _width(text: str) -> int:
    """Columns on a terminal, where an East Asian character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)

"""The charts of an evaluation, as SVG that stands in any page: as wide as there is room, with letters that keep their
size, in the colours of the page.

Every text is escaped here, and every chart has its figures in a table beside it.
"""

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

__all__ = ["Bar", "Point", "Whisker", "bars", "scatter", "whiskers"]

_MARK: Final = "#3b7dc4"
"""It can be told from a light ground as well as from a dark one."""

_ROW, _TRACK = 46, 26
_SIDE, _PAD = 300, 6


class Whisker(NamedTuple):
    """A figure and its interval, on the range that it can lie in; `shares` of the answers from the lowest to the
    highest."""

    label: str
    says: str
    value: float
    low: float
    high: float
    ends: tuple[float, float]
    shares: Sequence[float] = ()


class Bar(NamedTuple):
    """A bar of a length out of 1."""

    label: str
    says: str
    length: float


class Point(NamedTuple):
    """A point with the number under which the table has it."""

    name: str
    x: float
    y: float


def whiskers(title: str, figures: Sequence[Whisker]) -> str:
    """A line for each figure: where it lies, its interval, and below it how often each answer was given."""
    marks = []
    for n, figure in enumerate(figures):
        y = n * _ROW

        def at(x: float, ends: tuple[float, float] = figure.ends) -> float:
            return 100 * (x - ends[0]) / (ends[1] - ends[0])

        marks += _labels(figure.label, figure.says, y)
        marks.append(_rect(0, 100, y + _TRACK, 2, colour="currentColor", opacity=0.25))
        marks.append(_rect(at(figure.low), at(figure.high), y + _TRACK - 3, 8, colour=_MARK, opacity=0.45))
        marks.append(f'<circle cx="{at(figure.value):.2f}%" cy="{y + _TRACK + 1}" r="5" fill="{_MARK}"/>')
        reached = 0.0
        for k, share in enumerate(figure.shares):
            depth = 0.1 + 0.6 * k / max(1, len(figure.shares) - 1)
            marks.append(_rect(reached, reached + 100 * share, y + _TRACK + 9, 5, colour="currentColor", opacity=depth))
            reached += 100 * share
    return _picture(title, len(figures) * _ROW, marks)


def bars(title: str, lengths: Sequence[Bar]) -> str:
    """A bar for each."""
    marks = []
    for n, bar in enumerate(lengths):
        y = n * _ROW
        marks += _labels(bar.label, bar.says, y)
        marks.append(_rect(0, 100 * max(0.0, min(1.0, bar.length)), y + _TRACK - 4, 14, colour=_MARK, opacity=0.8))
    return _picture(title, len(lengths) * _ROW, marks)


def scatter(title: str, points: Sequence[Point], cross: tuple[float, float], axes: tuple[str, str]) -> str:
    """Points on a field that two lines cut in four; `axes` names what goes to the right, and what goes up."""
    x0, x1 = _span([*(point.x for point in points), cross[0]])
    y0, y1 = _span([*(point.y for point in points), cross[1]])

    def place(x: float, y: float) -> tuple[float, float]:
        return _PAD + (100 - 2 * _PAD) * (x - x0) / (x1 - x0), _SIDE - 30 - (_SIDE - 60) * (y - y0) / (y1 - y0)

    across, down = place(*cross)
    marks = [
        _rect(0, 100, down, 1, colour="currentColor", opacity=0.4),
        f'<line x1="{across:.2f}%" x2="{across:.2f}%" y1="0" y2="{_SIDE}" stroke="currentColor" opacity="0.4"/>',
        f'<text x="100%" y="{_SIDE - 6}" text-anchor="end" fill="currentColor">{escape(axes[0])} →</text>',
        f'<text x="0" y="14" fill="currentColor">↑ {escape(axes[1])}</text>',
    ]
    for n, point in enumerate(points, 1):
        x, y = place(point.x, point.y)
        marks.append(
            f'<circle cx="{x:.2f}%" cy="{y:.1f}" r="5" fill="{_MARK}"><title>{escape(point.name)}</title></circle>'
            f'<text x="{x:.2f}%" y="{y - 8:.1f}" text-anchor="middle" fill="currentColor">{n}</text>'
        )
    return _picture(title, _SIDE, marks)


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 1, high + 1)


def _labels(label: str, says: str, y: float) -> list[str]:
    return [
        f'<text x="0" y="{y + 16}" fill="currentColor">{escape(label)}</text>',
        f'<text x="100%" y="{y + 16}" text-anchor="end" fill="currentColor">{escape(says)}</text>',
    ]


def _rect(start: float, end: float, y: float, height: float, *, colour: str, opacity: float) -> str:
    return (
        f'<rect x="{start:.2f}%" y="{y:.1f}" width="{max(0.0, end - start):.2f}%" height="{height:g}" '
        f'fill="{colour}" opacity="{opacity:.2f}"/>'
    )


def _picture(title: str, height: int, marks: Sequence[str]) -> str:
    name = escape(title, quote=True)
    style = "display:block;overflow:visible;font:0.8125rem system-ui,sans-serif"
    return f'<svg role="img" aria-label="{name}" width="100%" height="{height}" style="{style}">{"".join(marks)}</svg>'

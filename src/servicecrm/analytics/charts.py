"""Charts as SVG that stands in a page: as wide as there is room, with letters that keep their size.

Widths are shares of the picture and heights are pixels, so that nothing has to be scaled. Colours are classes, `s1` and
so on, which the page gives their meaning. Every text is escaped here.
"""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Final, NamedTuple

__all__ = ["Series", "bars", "columns"]

LABELS: Final = 5
"""Labels below the columns; as many as a narrow screen has room for."""

_LAST_LABEL: Final = 85
"""Percent of the width up to which a label may begin, so that it ends within the picture."""

_TOP, _HEIGHT, _FOOT = 22, 180, 24
_ROW, _BAR = 46, 18


class Series(NamedTuple):
    """What is drawn in one colour: a value for each column or bar, or for each point of a line."""

    name: str
    colour: str
    values: Sequence[int]


def columns(title: str, labels: Sequence[str], upright: Sequence[Series], line: Series | None = None) -> str:
    """Columns side by side for each label, and a line across."""
    top = max((value for series in (*upright, *([line] if line else [])) for value in series.values), default=0) or 1
    slot = 100 / max(len(labels), 1)
    width = slot * 0.8 / max(len(upright), 1)
    parts = [_grid(top)]
    for k, series in enumerate(upright):
        for n, value in enumerate(series.values):
            height = _HEIGHT * value / top
            tip = f"<title>{escape(f'{labels[n]}, {series.name}: {value:,}')}</title>"
            parts.append(
                f'<rect class="{series.colour}" x="{slot * (n + 0.1) + width * k:.2f}%" y="{_base(height):.1f}" '
                f'width="{width:.2f}%" height="{height:.1f}">{tip}</rect>'
            )
    if line:
        points = [(slot * (n + 0.5), _base(_HEIGHT * value / top)) for n, value in enumerate(line.values)]
        parts += [
            f'<line class="{line.colour}" x1="{x:.2f}%" y1="{y:.1f}" x2="{u:.2f}%" y2="{v:.1f}"/>'
            for (x, y), (u, v) in pairwise(points)
        ]
        for (x, y), label, value in zip(points, labels, line.values, strict=True):
            tip = f"<title>{escape(f'{label}, {line.name}: {value:,}')}</title>"
            parts.append(f'<circle class="{line.colour}" cx="{x:.2f}%" cy="{y:.1f}" r="3">{tip}</circle>')
    every = -(-len(labels) // LABELS) or 1
    for n in (n for n in range(0, len(labels), every) if slot * n <= _LAST_LABEL):
        parts.append(f'<text x="{slot * n:.2f}%" y="{_TOP + _HEIGHT + 18}">{escape(labels[n])}</text>')
    return _picture(title, _TOP + _HEIGHT + _FOOT, parts)


def bars(title: str, labels: Sequence[str], parts_of: Sequence[Series]) -> str:
    """A bar for each label, made of a piece of each series, one behind the other."""
    totals = [sum(values) for values in zip(*(series.values for series in parts_of), strict=True)]
    top = max(totals, default=0) or 1
    parts = []
    for n, label in enumerate(labels):
        y = n * _ROW
        parts.append(f'<text x="0" y="{y + 16}">{escape(label)}</text>')
        parts.append(f'<text x="100%" y="{y + 16}" text-anchor="end">{totals[n]:,}</text>')
        reached = 0.0
        for series in parts_of:
            share = 100 * series.values[n] / top
            if share:
                tip = f"<title>{escape(f'{label}, {series.name}: {series.values[n]:,}')}</title>"
                parts.append(
                    f'<rect class="{series.colour}" x="{reached:.2f}%" y="{y + 22}" width="{share:.2f}%" '
                    f'height="{_BAR}">{tip}</rect>'
                )
            reached += share
    return _picture(title, len(labels) * _ROW, parts)


def _base(height: float) -> float:
    return _TOP + _HEIGHT - height


def _grid(top: int) -> str:
    """The ground line, and a line at the highest value with its number."""
    ground = _TOP + _HEIGHT
    return (
        f'<line class="grid" x1="0" y1="{_TOP}" x2="100%" y2="{_TOP}"/>'
        f'<line class="grid" x1="0" y1="{ground}" x2="100%" y2="{ground}"/>'
        f'<text x="0" y="{_TOP - 6}">{top:,}</text>'
    )


def _picture(title: str, height: int, parts: Sequence[str]) -> str:
    name = escape(title, quote=True)
    return f'<svg role="img" aria-label="{name}" width="100%" height="{height}">{"".join(parts)}</svg>'

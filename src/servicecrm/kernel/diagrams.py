"""How does a lifecycle look: as a drawing, as Mermaid, as a table?

All three are made from the table of moves alone, so they cannot say anything else than the code does.
Whatever characters a name holds, it stays a name.
"""

from collections.abc import Collection, Iterable, Iterator
from html import escape
from itertools import accumulate
from textwrap import wrap
from typing import Any, Final, TypeAlias
from unicodedata import east_asian_width

import attrs

from servicecrm.kernel.lifecycle import Lifecycle
from servicecrm.kernel.moves import STAY, given

__all__ = ["bundle", "mermaid", "svg", "table"]

Table: TypeAlias = Lifecycle[Any]
"""Any lifecycle: what its records are makes no difference to the picture."""


def bundle(lifecycle: Table) -> dict[str, str]:
    """The lifecycle in every form that a notebook may choose from, by media type."""
    drawing = svg(lifecycle)
    return {
        "text/plain": repr(lifecycle),
        # Notebooks would take Markdown before SVG, but HTML first; there the drawing has the colour of the page.
        "text/html": drawing,
        "text/markdown": f"```mermaid\n{mermaid(lifecycle)}```\n\n{table(lifecycle)}",
        "image/svg+xml": drawing,
    }


def mermaid(lifecycle: Table) -> str:
    """A Mermaid state diagram of the moves from one state to another; actions that stay are left to `table`."""
    ids = {state: f"s{n}" for n, state in enumerate(lifecycle.states)}
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in lifecycle.rows():
        if not row.stays:
            arrows.setdefault((ids[row.from_], ids[row.to]), []).append(_coded(row.action, "#{};"))
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{_coded(state, "#{};")}" as {id}' for state, id in ids.items()]
    lines += [f"    [*] --> {ids[lifecycle.initial]}"]
    lines += [f"    {start} --> {end} : {', '.join(actions)}" for (start, end), actions in arrows.items()]
    lines += [f"    {id} --> [*]" for state, id in ids.items() if state in lifecycle.final]
    return "\n".join(lines) + "\n"


def table(lifecycle: Table) -> str:
    """A Markdown table with one row for each move: who may do what, where it leads, what has to be there."""
    lines = ["| Action | From | To | Who | What has to be there |", "| --- | --- | --- | --- | --- |"]
    for move in lifecycle.moves:
        needed = [guard.says for guard in (*map(given, move.demands), *move.guards)]
        cells = [move.action, _where(move.from_, lifecycle), move.to, move.role, *needed]
        action, start, end, role, *needed = [_coded(cell, "&#{};") for cell in cells]
        end = "*stays*" if move.to == STAY else end
        lines.append(f"| {action} | {start} | {end} | {role} | {'; '.join(needed)} |")
    return "\n".join(lines) + "\n"


# -- drawing -------------------------------------------------------------------------------------
# States stand in one column, whose middle is x = 0, with lanes beside it for the lines. A line crosses others
# only at the height of a state, and words stand between two states, inside their own lane: they never meet.

_BOX: Final = 30
"""How high a state is."""

_ROW: Final = 16
"""How high a row of words is."""

_PORT: Final = 7
"""How far from the middle of a state its lines leave and arrive."""

_BEND: Final = 8
_PAD: Final = 14


@attrs.frozen
class _Line:
    """Actions that lead from the same states to one state. All of these stand above it, or all below."""

    actions: tuple[str, ...]
    starts: tuple[int, ...]
    end: int

    @property
    def side(self) -> int:
        """1 is forward, which is down and on the right; -1 is back, up and on the left."""
        return 1 if self.starts[0] < self.end else -1

    @property
    def gaps(self) -> range:
        """The gaps between two states that it passes."""
        return range(min(*self.starts, self.end), max(*self.starts, self.end))

    @property
    def label(self) -> int:
        """The gap where its words stand: the first one on the way."""
        return self.gaps[0] if self.side > 0 else self.gaps[-1]

    @property
    def straight(self) -> bool:
        """Does it just lead to the next state?"""
        return self.starts == (self.end - 1,)


def svg(lifecycle: Table) -> str:
    """A drawing that needs nothing else, in the colour of the page around it.

    Moves forward run down the column of states or on its right, moves back on its left; actions that stay are
    listed below. A resting state has a dashed border, a final one a double border.
    """
    lines = _lines(lifecycle)
    middles = _middles(lifecycle, lines)
    half = _width(lifecycle.states) // 2 + _PAD
    parts = [f'<circle cy="{_PAD}" r="5" fill="currentColor"/>', *_arrow(f"M0 {_PAD}", 0, middles[0] - _BOX // 2)]
    edges = {1: half, -1: half}
    for line in lines:
        if line.straight:
            edges[1] = max(edges[1], _BEND + _width(line.actions))
            parts += _drawn(line, 0, half, middles)
    for side in (1, -1):
        for lane in _lanes(line for line in lines if line.side == side and not line.straight):
            x = edges[side] + 2 * _PAD
            edges[side] = x + _BEND + max(_width(line.actions) for line in lane)
            for line in lane:
                parts += _drawn(line, x, half, middles)
    for state, middle in zip(lifecycle.states, middles, strict=True):
        parts += _box(lifecycle, state, half, middle)

    left = -edges[-1] - _PAD
    width = edges[1] + _PAD - left
    bottom = middles[-1] + _BOX // 2 + _PAD
    below = [row for text in _below(lifecycle) for row in wrap(text, max(50, width // 7))]
    parts += [_words(row, left + _PAD, bottom + (n + 1) * _ROW, "start") for n, row in enumerate(below)]
    width, height = max(width, _width(below) + 2 * _PAD), bottom + len(below) * _ROW + _PAD
    told = " ".join((f"Begins as {lifecycle.initial}.", *_told(lifecycle, lines), *_below(lifecycle)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{height}"'
        # Half a pixel aside, a line of one pixel is sharp, and stays thin where several run together.
        f' viewBox="{left - 0.5} -0.5 {width} {height}" style="max-width: 100%; height: auto"'
        ' font-family="system-ui, sans-serif" font-size="12">\n'
        f"<title>{_safe(f'Lifecycle of {lifecycle.name}')}</title>\n<desc>{_safe(told)}</desc>\n"
        + "".join(f"{part}\n" for part in parts)
        + "</svg>\n"
    )


def _lines(lifecycle: Table) -> list[_Line]:
    place = {state: n for n, state in enumerate(lifecycle.states)}
    starts: dict[tuple[str, int, bool], list[int]] = {}
    for row in lifecycle.rows():
        if not row.stays:
            start, end = place[row.from_], place[row.to]
            starts.setdefault((row.action, end, start < end), []).append(start)
    actions: dict[tuple[tuple[int, ...], int], list[str]] = {}
    for (action, end, _), places in starts.items():
        actions.setdefault((tuple(sorted(places)), end), []).append(action)
    return [_Line(tuple(names), places, end) for (places, end), names in actions.items()]


def _middles(lifecycle: Table, lines: Iterable[_Line]) -> list[int]:
    """How far down the middle of each state is: a gap is as high as the words in it."""
    rows = [1] * (len(lifecycle.states) - 1)
    for line in lines:
        rows[line.label] = max(rows[line.label], len(line.actions))
    return list(accumulate((_BOX + _PAD + _ROW * n for n in rows), initial=3 * _PAD + _BOX // 2))


def _lanes(lines: Iterable[_Line]) -> list[list[_Line]]:
    """Lines that pass different gaps share a lane; short lines come first, nearest to the states."""
    lanes: list[list[_Line]] = []
    for line in sorted(lines, key=lambda line: (len(line.gaps), line.gaps[0])):
        for lane in lanes:
            if all(set(line.gaps).isdisjoint(other.gaps) for other in lane):
                lane.append(line)
                break
        else:
            lanes.append([line])
    return lanes


def _drawn(line: _Line, x: int, half: int, middles: list[int]) -> Iterator[str]:
    side = line.side  # forward is to the right and down, back to the left and up: one sign for both
    if line.straight:
        yield from _arrow(f"M0 {middles[line.starts[0]] + _BOX // 2}", 0, middles[line.end] - _BOX // 2)
    else:
        end, bend = middles[line.end] - side * _PORT, side * _BEND
        ways = (
            f"M{side * half} {middles[start] + side * _PORT}H{side * x - bend}q{bend} 0 {bend} {bend}V{end - bend}"
            for start in line.starts
        )
        yield from _arrow(f"{''.join(ways)}q0 {bend} {-bend} {bend}", side * half, end, side=side)
    middle = (middles[line.label] + middles[line.label + 1] - _ROW * len(line.actions)) // 2
    for n, action in enumerate(line.actions, start=1):
        yield _words(action, side * (x + _BEND), middle + n * _ROW - 4, "start" if side > 0 else "end")


def _arrow(way: str, x: int, y: int, *, side: int = 0) -> Iterator[str]:
    """A line to a point, with a head: from above, or from one side."""
    yield f'<path d="{way}{"H" if side else "V"}{x if side else y}" fill="none" stroke="currentColor"/>'
    yield f'<path d="M{x} {y}{f"l{side * 7} -4v8z" if side else "l-4 -7h8z"}" fill="currentColor"/>'


def _box(lifecycle: Table, state: str, half: int, middle: int) -> Iterator[str]:
    border = 'stroke="currentColor" fill="none" rx'
    dashed = ' stroke-dasharray="5 3"' if state in lifecycle.resting else ""
    for inset in (0, 3) if state in lifecycle.final else (0,):
        yield (
            f'<rect x="{inset - half}" y="{middle - _BOX // 2 + inset}" width="{2 * (half - inset)}"'
            f' height="{_BOX - 2 * inset}" {border}="{8 - inset}"{dashed}/>'
        )
    yield _words(state, 0, middle + 4, "middle")


# -- words ---------------------------------------------------------------------------------------


def _told(lifecycle: Table, lines: Iterable[_Line]) -> Iterator[str]:
    for line in lines:
        starts = ", ".join(lifecycle.states[start] for start in line.starts)
        yield f"{', '.join(line.actions)}: from {starts} to {lifecycle.states[line.end]}."


def _below(lifecycle: Table) -> Iterator[str]:
    """What has no line: the actions that stay, and what the borders mean."""
    stays: dict[str, list[str]] = {}
    for row in lifecycle.rows():
        if row.stays:
            stays.setdefault(row.action, []).append(row.from_)
    groups: dict[str, list[str]] = {}
    for action, states in stays.items():
        groups.setdefault(_where(states, lifecycle), []).append(action)
    if groups:
        yield "Actions that leave the state as it is:"
    for where, actions in groups.items():
        yield f"{', '.join(actions)}: {where}."
    for border, marked in {"Resting (dashed)": lifecycle.resting, "Final (double)": lifecycle.final}.items():
        if marked:
            yield f"{border}: {', '.join(state for state in lifecycle.states if state in marked)}."


def _where(states: Collection[str], lifecycle: Table) -> str:
    others = [state for state in lifecycle.states if state not in states]
    if not others:
        return "everywhere"
    return f"everywhere but {others[0]}" if len(others) == 1 < len(states) else ", ".join(states)


def _words(text: str, x: int, y: int, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="currentColor">{_safe(text)}</text>'


def _width(texts: Iterable[str]) -> int:
    """The width of the longest text, roughly: which font the reader has is not known."""
    return max((sum(12 if east_asian_width(char) in "WF" else 7 for char in text) for text in texts), default=0)


def _safe(text: str) -> str:
    return escape(_plain(text))


def _coded(text: str, form: str) -> str:
    """Whatever might mean something to Markdown or Mermaid as character references."""
    return "".join(char if char.isalnum() or char in " _," else form.format(ord(char)) for char in _plain(text))


def _plain(text: str) -> str:
    """One line without control characters, which are not even allowed in XML."""
    return "".join(char if char.isprintable() else " " for char in text)

"""An evaluation to read: in Markdown, and as HTML with charts."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

from servicecrm.measures.scores import Score
from servicecrm.surveys.evaluation_charts import Bar, Point, Whisker, bars, scatter, whiskers
from servicecrm.surveys.evaluation_lines import About, Line, ends
from servicecrm.surveys.evaluation_twins import Aspects, Expectations
from servicecrm.surveys.evaluation_words import Words, in_markdown, interval_of, measured, shown

if TYPE_CHECKING:
    from servicecrm.surveys.evaluation import Evaluation

__all__ = ["html", "markdown"]

_LONGEST: Final = 48
"""Characters of a label that a chart has room for on a telephone; the table has all of it."""


class _Section(NamedTuple):
    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    picture: str = ""


def markdown(evaluation: "Evaluation", language: str) -> str:
    """The whole evaluation as a text in Markdown."""
    writer = _Writer(evaluation, language)
    sections = (
        "\n".join([f"## {in_markdown(s.title)}", "", _row(s.head), _row(["---"] * len(s.head)), *map(_row, s.rows)])
        for s in writer.sections()
    )
    return "\n\n".join([f"# {in_markdown(writer.title())}", *sections]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(in_markdown, cells))} |"


def html(evaluation: "Evaluation", language: str) -> str:
    """The whole evaluation as HTML, each chart before the table of its figures."""
    writer = _Writer(evaluation, language)
    sections = (
        f"<section><h3>{escape(s.title)}</h3>{s.picture}<table><thead><tr>{_cells(s.head)}</tr></thead>"
        f"<tbody>{''.join(map(_line, s.rows))}</tbody></table></section>"
        for s in writer.sections()
    )
    return (
        f'<article lang="{escape(language, quote=True)}"><h2>{escape(writer.title())}</h2>{"".join(sections)}</article>'
    )


def _cells(names: Sequence[str]) -> str:
    return "".join(f'<th scope="col">{escape(name)}</th>' for name in names)


def _line(cells: Sequence[str]) -> str:
    first, *others = cells
    return f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in others)}</tr>'


class _Writer(Words):
    """Writes the sections of an evaluation in one language."""

    def sections(self) -> Iterator[_Section]:
        yield self.overview()
        whole = [line for line in self.of.lines if not line.group and line.key not in self.twins]
        rated = [line for line in whole if line.about is not About.OPTION]
        chosen = [line for line in whole if line.about is About.OPTION]
        yield self.scores("scores", rated, self.drawn(rated))
        yield from self.some(self.scores("texts", chosen, self.drawn_options(chosen)))
        yield from self.some(self.groups())
        yield from self.reliability()
        yield from self.drivers()
        if self.of.aspects is not None:
            yield self.aspects(self.of.aspects)
        if self.of.expectations is not None:
            yield self.expectations(self.of.expectations)
        yield from self.some(self.hidden())

    def some(self, section: _Section) -> Iterator[_Section]:
        """A section that has anything to say."""
        if section.rows:
            yield section

    # -- sections --------------------------------------------------------------------------------

    def overview(self) -> _Section:
        of = self.of
        rows = [
            (self.text("responses"), f"{of.responses:,}"),
            (self.text("left_out"), f"{of.left_out:,}"),
            (self.text("min_n"), f"{of.min_n:,}"),
            (self.text("confidence"), f"{100 * of.confidence:g} %"),
            (self.text("missing"), self.text(f"policy.{of.missing}")),
            (self.text("index"), self.reason(of.index.value, of.index.reason)),
        ]
        if (used := of.weighting) is not None:
            told = self.text("weighted") if used.outcome is None else measured(f"outcome.{used.outcome}", self.language)
            rows += [(self.text("weighting"), told), (self.text("n_eff"), f"{used.n_eff:,.1f}")]
            if used.margin_error is not None:
                rows.append((self.text("margin_error"), f"{100 * used.margin_error:.2g} %"))
                rows.append((self.text("at_cap"), f"{used.at_cap:,}"))
        return _Section(self.text("overview"), self.head("figure", "value"), rows)

    def scores(self, title: str, lines: Sequence[Line], picture: str) -> _Section:
        options = any(line.part is not None for line in lines)
        names = ["item", *(["part"] if options else []), "figure", "value", "interval", "answered", *_APART]
        rows = [
            (
                self.label(line.key),
                *([self.option(line)] if options else []),
                self.figure(line),
                *self.told(line),
                *_counted(line),
            )
            for line in lines
        ]
        return _Section(self.text(title), self.head(*names), rows, picture)

    def drawn(self, lines: Sequence[Line]) -> str:
        """The first figure of each item, service and dimension."""
        found = list(self.whiskers(_first(lines).values()))
        return whiskers(self.text("scores"), found) if found else ""

    def drawn_options(self, lines: Sequence[Line]) -> str:
        """The share of each option and code."""
        found = [
            Bar(_short(self.named(line)), self.told(line)[0], line.value / 100)
            for line in lines
            if line.value is not None and line.figure == "rate"
        ]
        return bars(self.text("texts"), found) if found else ""

    def whiskers(self, lines: Iterable[Line]) -> Iterator[Whisker]:
        for line in lines:
            score = line.score
            if score is None or score.value is None or (reach := ends(score)) is None:
                continue
            value = score.value
            low, high = (value if end is None else end for end in (score.low, score.high))
            yield Whisker(_short(self.label(line.key)), self.told(line)[0], value, low, high, reach, self.shares(line))

    def shares(self, line: Line) -> Sequence[float]:
        part = self.parts.get(line.key)
        if part is None or part.scale is None or not line.n or line.about is not About.ITEM:
            return ()
        counts = [line.distribution.get(f"{point:g}", 0) for point in part.scale.points]
        return [count / line.n for count in counts if isinstance(count, int)]

    def groups(self) -> _Section:
        """The first figure of each, group by group."""
        together: dict[tuple[object, ...], list[Line]] = {}
        first = _first(self.of.lines)
        for line in self.of.lines:
            of = (line.about, line.key, line.part)
            if line.group and first[of].figure == line.figure and line.key not in self.twins:
                together.setdefault(of, []).append(line)
        rows = [
            (self.named(line), self.group(line), self.figure(line), *self.told(line), _counted(line)[0])
            for lines in together.values()
            for line in lines
            if line.score is not None or line.hidden
        ]
        return _Section(
            self.text("groups"),
            self.head("item", "group", "figure", "value", "interval", "answered"),
            rows,
        )

    def reliability(self) -> Iterator[_Section]:
        if not self.of.reliability:
            return
        rows: list[tuple[str, ...]] = []
        items: list[tuple[str, ...]] = []
        for each in self.of.reliability:
            told = each.reliability
            if told is None:
                rows.append((each.dimension, self.text("small"), "", "", ""))
                continue
            alpha, interval = self.reason(told.alpha, told.reason, "{:.2f}"), interval_of(told.low, told.high, "{:.2f}")
            rows.append((each.dimension, alpha, interval, shown(each.omega, "{:.2f}"), f"{each.n:,}"))
            for key in each.keys if told.alpha is not None else ():
                without, others = (shown(of.get(key), "{:.2f}") for of in (told.if_deleted, told.r_drop))
                items.append((self.label(key), each.dimension, without, others))
        head = self.head("dimension", "alpha", "interval", "omega", "answered")
        yield _Section(self.text("reliability"), head, rows)
        head = self.head("item", "dimension", "alpha_if_deleted", "r_drop")
        yield from self.some(_Section(self.text("items"), head, items))

    def drivers(self) -> Iterator[_Section]:
        found = self.of.drivers
        if found is None:
            return
        outcome, r2 = self.label(found.outcome), self.reason(found.r2, found.reason, "{:.2f}")
        if not found.drivers:
            yield _Section(self.text("no_drivers", outcome=outcome), self.head("reason"), [(r2,)])
            return
        title = self.text("drivers", outcome=outcome, r2=r2, n=f"{found.n:,}")
        told = [(each, each.relative_weight if each.lmg is None else each.lmg) for each in found.drivers]
        whole = found.r2 or 1.0
        told.sort(key=lambda pair: -pair[1])
        rows = [(self.label(d.name), f"{100 * x / whole:.0f} %", f"{d.correlation:.2f}") for d, x in told]
        lengths = [Bar(_short(self.label(d.name)), f"{100 * x / whole:.0f} %", x / whole) for d, x in told]
        picture = bars(title, lengths) if lengths else ""
        yield _Section(title, self.head("driver", "share", "correlation"), rows, picture)

    def aspects(self, found: Aspects) -> _Section:
        title = f"{self.text('aspects')}: {self.text(found.basis)}"
        placed = [each for each in found.aspects if each.importance is not None and each.performance is not None]
        points = [Point(self.label(each.key), each.performance or 0.0, each.importance or 0.0) for each in placed]
        others = [each for each in found.aspects if each not in placed]
        picture = ""
        if found.crosshair is not None:
            cross = (found.crosshair.performance, found.crosshair.importance)
            picture = scatter(title, points, cross, (self.text("performance"), self.text("importance")))
        rows = [
            (
                f"{n}. {self.label(each.key)}",
                shown(each.importance, "{:.2f}"),
                self.text("small") if each.hidden else shown(each.performance, "{:.2f}"),
                "" if each.gap is None else shown(each.gap.value, "{:+.2f}"),
                "" if each.gap is None else interval_of(each.gap.low, each.gap.high, "{:+.2f}"),
                "" if each.quadrant is None else measured(f"quadrant.{each.quadrant}", self.language),
                "" if each.hidden else f"{each.n:,}",
            )
            for n, each in enumerate((*placed, *others), 1)
        ]
        head = self.head("item", "importance", "performance", "gap", "interval", "quadrant", "answered")
        return _Section(title, head, rows, picture)

    def expectations(self, found: Expectations) -> _Section:
        rows = [
            (
                self.label(each.key),
                shown(each.asked, "{:.2f}"),
                shown(each.found, "{:.2f}"),
                self.text("small") if each.gap is None and each.hidden else _gap(each.gap),
                "" if each.gap is None else interval_of(each.gap.low, each.gap.high, "{:+.2f}"),
                "" if each.hidden else f"{each.n:,}",
            )
            for each in found.gaps
        ]
        rows += [(name, "", "", shown(gap, "{:+.2f}"), "", "") for name, gap in found.dimensions.items()]
        if found.servqual is not None:
            told = {"servqual": found.servqual.unweighted, "servqual_weighted": found.servqual.weighted}
            rows += [(self.text(name), "", "", f"{gap:+.2f}", "", "") for name, gap in told.items()]
        head = self.head("item", "expected", "found", "gap", "interval", "answered")
        return _Section(self.text("expectations"), head, rows)

    def hidden(self) -> _Section:
        rows = [
            (self.named(line), self.group(line), self.figure(line), self.text(line.hidden or "small"))
            for line in self.of.hidden
        ]
        head = self.head("item", "group", "figure", "reason")
        return _Section(self.text("hidden"), head, rows)


_APART: Final = {
    "not_answered": "missing",
    "not_applicable": "not_applicable",
    "dont_know": "dont_know",
    "invalid": "invalid",
    "not_shown": "not_shown",
}
"""What is counted apart, and where."""


def _counted(line: Line) -> tuple[str, ...]:
    """How many answered, and how many did not, and why; of what is hidden nothing."""
    if line.counts is None:
        return ("",) * (1 + len(_APART))
    return f"{line.n:,}", *(f"{getattr(line.counts, name):,}" for name in _APART.values())


def _first(lines: Iterable[Line]) -> dict[tuple[object, ...], Line]:
    """The figure that each item and option is known by."""
    found: dict[tuple[object, ...], Line] = {}
    for line in lines:
        found.setdefault((line.about, line.key, line.part), line)
    return found


def _gap(gap: Score | None) -> str:
    return shown(None if gap is None else gap.value, "{:+.2f}")


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"

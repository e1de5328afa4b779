"""An evaluation to read: in Markdown, and as HTML with charts."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.texts import Texts
from servicecrm.measures import TEXTS as MEASURES
from servicecrm.measures.scores import Score
from servicecrm.surveys.cells import parts
from servicecrm.surveys.evaluation_charts import Bar, Point, Whisker, bars, scatter, whiskers
from servicecrm.surveys.evaluation_lines import About, Line
from servicecrm.surveys.evaluation_twins import Aspects, Expectations

if TYPE_CHECKING:
    from servicecrm.surveys.evaluation import Evaluation

__all__ = ["html", "markdown"]

_TEXTS: Final = Texts("servicecrm.surveys")
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
        "\n".join([f"## {_plain(s.title)}", "", _row(s.head), _row(["---"] * len(s.head)), *map(_row, s.rows)])
        for s in writer.sections()
    )
    return "\n\n".join([f"# {_plain(writer.title())}", *sections]) + "\n"


def _plain(cell: str) -> str:
    # No bar, line break or tag in somebody's words may become one of the page's.
    return " ".join(escape(cell, quote=False).replace("\\", "\\\\").replace("|", "\\|").split())


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_plain, cells))} |"


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


class _Writer:
    """Writes an evaluation in one language."""

    def __init__(self, evaluation: "Evaluation", language: str) -> None:
        self.of = evaluation
        self.language = language
        self.parts = {part.key: part for part in parts(evaluation.questionnaire)}

    def title(self) -> str:
        title = self.words(self.of.questionnaire.title)
        if self.of.wave is None:
            return self.text("title", title=title)
        return self.text("wave", title=title, wave=self.of.wave)

    def sections(self) -> Iterator[_Section]:
        yield self.overview()
        whole = [line for line in self.of.lines if not line.group]
        yield self.scores("scores", [line for line in whole if line.about is not About.OPTION], picture=True)
        yield from self.some(self.scores("texts", [line for line in whole if line.about is About.OPTION]))
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
            told = (
                self.text("weighted") if used.outcome is None else _measured(f"outcome.{used.outcome}", self.language)
            )
            rows += [(self.text("weighting"), told), (self.text("n_eff"), f"{used.n_eff:,.1f}")]
            if used.margin_error is not None:
                rows.append((self.text("margin_error"), f"{100 * used.margin_error:.2g} %"))
                rows.append((self.text("at_cap"), f"{used.at_cap:,}"))
        return _Section(self.text("overview"), (self.text("figure"), self.text("value")), rows)

    def scores(self, title: str, lines: Sequence[Line], *, picture: bool = False) -> _Section:
        options = any(line.part is not None for line in lines)
        names = ["item", *(["part"] if options else []), "figure", "value", "interval", "answered", *_APART]
        rows = [
            (
                self.label(line.key),
                *([self.option(line)] if options else []),
                self.figure(line),
                *self.told(line),
                f"{line.n:,}",
                *(f"{getattr(line.counts, name):,}" for name in _APART.values()),
            )
            for line in lines
        ]
        drawn = list(self.whiskers(lines)) if picture else []
        chart = whiskers(self.text(title), drawn) if drawn else ""
        return _Section(self.text(title), tuple(map(self.text, names)), rows, chart)

    def whiskers(self, lines: Sequence[Line]) -> Iterator[Whisker]:
        """The first figure of each item, service and dimension."""
        for line in {(line.about, line.key): line for line in reversed(lines)}.values().__reversed__():
            score = line.score
            ends = None if score is None else self.ends(line, score)
            if score is None or score.value is None or ends is None:
                continue
            value = score.value
            low, high = (value if end is None else end for end in (score.low, score.high))
            yield Whisker(_short(self.label(line.key)), self.told(line)[0], value, low, high, ends, self.shares(line))

    def ends(self, line: Line, score: Score) -> tuple[float, float] | None:
        """What the figure can be at the least and at the most."""
        if score.method.unit != "scale":
            return (-100.0, 100.0) if score.method.unit == "points" else (0.0, 100.0)
        low, _, high = score.method.scale.partition(" ")[0].partition("..")
        return (float(low), float(high)) if high else None

    def shares(self, line: Line) -> Sequence[float]:
        part = self.parts.get(line.key)
        if part is None or part.scale is None or not line.n or line.about is not About.ITEM:
            return ()
        counts = [line.distribution.get(f"{point:g}", 0) for point in part.scale.points]
        return [count / line.n for count in counts if isinstance(count, int)]

    def groups(self) -> _Section:
        """The first figure of each, group by group."""
        first: dict[tuple[About, str, str | None], str] = {}
        for line in self.of.lines:
            first.setdefault((line.about, line.key, line.part), line.figure)
        told = [line for line in self.of.lines if line.group and first[line.about, line.key, line.part] == line.figure]
        rows = [
            (self.named(line), self.group(line), self.figure(line), *self.told(line), f"{line.n:,}")
            for line in sorted(told, key=lambda line: list(first).index((line.about, line.key, line.part)))
            if line.score is not None or line.hidden
        ]
        return _Section(
            self.text("groups"),
            tuple(map(self.text, ("item", "group", "figure", "value", "interval", "answered"))),
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
                rows.append((each.dimension, self.text("small"), "", "", f"{each.n:,}"))
                continue
            alpha, interval = self.reason(told.alpha, told.reason, "{:.2f}"), _interval(told.low, told.high, "{:.2f}")
            rows.append((each.dimension, alpha, interval, _number(each.omega, "{:.2f}"), f"{each.n:,}"))
            for key in each.keys if told.alpha is not None else ():
                without, others = (_number(of.get(key), "{:.2f}") for of in (told.if_deleted, told.r_drop))
                items.append((self.label(key), each.dimension, without, others))
        head = ("dimension", "alpha", "interval", "omega", "answered")
        yield _Section(self.text("reliability"), tuple(map(self.text, head)), rows)
        head = ("item", "dimension", "alpha_if_deleted", "r_drop")
        yield from self.some(_Section(self.text("items"), tuple(map(self.text, head)), items))

    def drivers(self) -> Iterator[_Section]:
        found = self.of.drivers
        if found is None:
            return
        outcome, r2 = self.label(found.outcome), self.reason(found.r2, found.reason, "{:.2f}")
        title = self.text("drivers", outcome=outcome, r2=r2, n=f"{found.n:,}")
        told = [(each, each.relative_weight if each.lmg is None else each.lmg) for each in found.drivers]
        whole = found.r2 or 1.0
        told.sort(key=lambda pair: -pair[1])
        rows = [(self.label(d.name), f"{100 * x / whole:.0f} %", f"{d.correlation:.2f}") for d, x in told]
        lengths = [Bar(_short(self.label(d.name)), f"{100 * x / whole:.0f} %", x / whole) for d, x in told]
        picture = bars(title, lengths) if lengths else ""
        yield _Section(title, tuple(map(self.text, ("driver", "share", "correlation"))), rows, picture)

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
                _number(each.importance, "{:.2f}"),
                self.text("small") if each.hidden else _number(each.performance, "{:.2f}"),
                "" if each.gap is None else _number(each.gap.value, "{:+.2f}"),
                "" if each.gap is None else _interval(each.gap.low, each.gap.high, "{:+.2f}"),
                "" if each.quadrant is None else _measured(f"quadrant.{each.quadrant}", self.language),
                f"{each.n:,}",
            )
            for n, each in enumerate((*placed, *others), 1)
        ]
        head = ("item", "importance", "performance", "gap", "interval", "quadrant", "answered")
        return _Section(title, tuple(map(self.text, head)), rows, picture)

    def expectations(self, found: Expectations) -> _Section:
        rows = [
            (
                self.label(each.key),
                _number(each.asked, "{:.2f}"),
                _number(each.found, "{:.2f}"),
                self.text("small") if each.gap is None and each.hidden else _gap(each.gap),
                "" if each.gap is None else _interval(each.gap.low, each.gap.high, "{:+.2f}"),
                f"{each.n:,}",
            )
            for each in found.gaps
        ]
        rows += [(name, "", "", _number(gap, "{:+.2f}"), "", "") for name, gap in found.dimensions.items()]
        if found.servqual is not None:
            told = {"servqual": found.servqual.unweighted, "servqual_weighted": found.servqual.weighted}
            rows += [(self.text(name), "", "", f"{gap:+.2f}", "", "") for name, gap in told.items()]
        head = ("item", "expected", "found", "gap", "interval", "answered")
        return _Section(self.text("expectations"), tuple(map(self.text, head)), rows)

    def hidden(self) -> _Section:
        rows = [
            (self.named(line), self.group(line), self.figure(line), self.text(line.hidden or "small"), f"{line.n:,}")
            for line in self.of.hidden
        ]
        head = ("item", "group", "figure", "reason", "answered")
        return _Section(self.text("hidden"), tuple(map(self.text, head)), rows)

    # -- words -----------------------------------------------------------------------------------

    def text(self, key: str, **values: str) -> str:
        return _TEXTS.get(f"evaluation.{key}", language=self.language, **values)

    def words(self, said: FrozenMap) -> str:
        known = self.of.questionnaire
        return str(said.get(known.nearest(self.language) or known.languages[0], ""))

    def label(self, key: str) -> str:
        part = self.parts.get(key)
        if part is None:
            item = next((item for item in self.of.questionnaire.items if item.id == key), None)
            return key if item is None else self.words(item.text)
        return self.words(part.item.text if part.row is None else part.row.text)

    def option(self, line: Line) -> str:
        part = self.parts[line.key]
        said = next((option.text for option in part.item.options if option.code == line.part), None)
        if said is not None:
            return self.words(said)
        key = f"answer.{line.part}"
        return _TEXTS.get(key, language=self.language) if key in _TEXTS.keys("en") else line.part or ""

    def named(self, line: Line) -> str:
        return self.label(line.key) if line.part is None else f"{self.label(line.key)}: {self.option(line)}"

    def group(self, line: Line) -> str:
        return " / ".join(name or self.text("unknown") for name in line.group)

    def figure(self, line: Line) -> str:
        return self.text("counted") if line.figure == "answers" else _measured(f"method.{line.figure}", self.language)

    def told(self, line: Line) -> tuple[str, str]:
        """A figure with its unit, and its interval."""
        score = line.score
        if score is None:
            return ("" if line.hidden is None else self.text(line.hidden)), ""
        unit = {"percent": " %", "points": "", "scale": f" ({score.method.scale})" if score.method.scale else ""}
        if score.value is None:
            return self.reason(None, score.reason), ""
        form = "{:.2f}" if score.method.unit == "scale" else "{:.1f}"
        return f"{form.format(score.value)}{unit[score.method.unit]}", _interval(score.low, score.high, form)

    def reason(self, value: float | None, reason: str | None, form: str = "{:.1f}") -> str:
        if value is not None:
            return form.format(value)
        return "-" if reason is None else _measured(f"reason.{reason}", self.language)


_APART: Final = {
    "not_answered": "missing",
    "not_applicable": "not_applicable",
    "dont_know": "dont_know",
    "invalid": "invalid",
    "not_shown": "not_shown",
}
"""What is counted apart, and where."""


def _measured(key: str, language: str) -> str:
    return MEASURES.get(key, language=language)


def _number(value: object, form: str) -> str:
    return form.format(value) if isinstance(value, float) else "-"


def _interval(low: float | None, high: float | None, form: str) -> str:
    return "" if low is None or high is None else f"{form.format(low)} … {form.format(high)}"


def _gap(gap: Score | None) -> str:
    return _number(None if gap is None else gap.value, "{:+.2f}")


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"

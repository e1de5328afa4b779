"""What has changed from wave to wave, where it can be compared, and whether it is more than chance."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import attrs

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.measures.comparing import ChiSquare, Difference, NotComparable, adjusted, difference, homogeneity
from servicecrm.measures.kpis import Change, relative_change
from servicecrm.measures.scores import Score
from servicecrm.surveys.cells import parts
from servicecrm.surveys.comparing import Comparability, check_comparable, compare
from servicecrm.surveys.evaluation import Evaluation
from servicecrm.surveys.evaluation_lines import About, Group, Line, group_name
from servicecrm.surveys.evaluation_pools import rated

__all__ = ["Trend", "TrendLine", "change", "trend"]

_COMPARED: Final = (Comparability.SAME, Comparability.FLAGGED)


def change(older: Evaluation, newer: Evaluation, key: str, *, figure: str | None = None) -> Difference:
    """How far a figure of all respondents has moved between two waves, with its interval.

    Raises:
        PolicyViolation: it was asked in another way, or is hidden in one of the waves.
        NotComparable: it was scored in another way.
        InvalidValue: there is no such figure.

    Source: C079, K21.
    """
    before, after = (evaluation.line(key, figure=figure) for evaluation in (older, newer))
    for asked in _keys(newer, after):
        check_comparable(older.questionnaire, newer.questionnaire, key=asked)
    if before.score is None or after.score is None:
        raise PolicyViolation("hidden", f"{key} is not shown in both waves, so that its change is not shown either")
    return difference(after.score, before.score)


@attrs.frozen(kw_only=True)
class TrendLine:
    """A figure wave by wave.

    `changes` are those from each wave to the next, None where `compared` says that there is none: as it was asked in
    another way, or is hidden. Flagged is what may have changed without anybody having changed their mind. `p_values`
    are adjusted for how many figures are looked at, and so are the verdicts of `Trend.to_dicts`, which go by them; that
    of a change in `changes` is of this one alone. `alike` tests a share over all waves.
    """

    about: About
    key: str
    part: str | None
    group: Group
    figure: str
    scores: tuple[Score | None, ...]
    compared: tuple[Comparability, ...]
    changes: tuple[Difference | None, ...]
    relative: tuple[Change, ...]
    p_values: tuple[float | None, ...]
    alike: ChiSquare | None


@attrs.frozen(kw_only=True)
class Trend:
    """What has changed from wave to wave.

    Source: C079.
    """

    waves: tuple[str, ...]
    lines: tuple[TrendLine, ...] = attrs.field(repr=False)

    def __iter__(self) -> Iterator[TrendLine]:
        return iter(self.lines)

    def __getitem__(self, key: str) -> TrendLine:
        for line in self.lines:
            if line.key == key and not line.group:
                return line
        raise InvalidValue("key", f"there is nothing on {key!r}; known: {', '.join({line.key for line in self.lines})}")

    def to_dicts(self) -> list[dict[str, str | float | None]]:
        """A dict for each figure and wave, in JSON types, with the change since the wave before."""
        return [dict(row) for line in self.lines for row in _rows(self.waves, line)]


def trend(*evaluations: Evaluation) -> Trend:
    """Follow every figure of the last wave back through the others, the oldest first.

    Raises:
        InvalidValue: there are less than two waves, or two have one name.

    Source: C079, K21; Holm 1979.
    """
    waves = tuple(each.wave or f"{n}" for n, each in enumerate(evaluations, 1))
    if len(waves) < 2 or len(set(waves)) < len(waves):
        raise InvalidValue("waves", "expected two or more evaluations, each with a name of its own as `wave`")
    by_wave = [{_figure(line): line for line in each.lines} for each in evaluations]
    verdicts = [_verdicts(older, newer) for older, newer in pairwise(evaluations)]
    found = [_followed(line, by_wave, verdicts) for line in evaluations[-1].lines if line.figure != "answers"]
    return Trend(waves=waves, lines=tuple(_adjusted(found, steps=len(waves) - 1)))


def _figure(line: Line) -> tuple[object, ...]:
    return line.about, line.key, line.part, line.group, line.figure


def _verdicts(older: Evaluation, newer: Evaluation) -> dict[tuple[About, str], Comparability]:
    """How everything compares. Items that are put together compare if they are the same ones, and each does."""
    items = {each.key: each.verdict for each in compare(older.questionnaire, newer.questionnaire)}
    found: dict[tuple[About, str], Comparability] = {}
    for line in newer.lines:
        keys = _keys(newer, line)
        verdicts = {items.get(key, Comparability.REMOVED) for key in keys}
        if line.about in (About.SERVICE, About.DIMENSION) and set(keys) != set(_keys(older, line)):
            verdicts.add(Comparability.BROKEN)
        if (older.weighting is None) != (newer.weighting is None):
            verdicts.add(Comparability.FLAGGED)
        found[line.about, line.key] = next(each for each in _WORST if each in verdicts)
    return found


_WORST: Final = (
    Comparability.BROKEN,
    Comparability.REMOVED,
    Comparability.ADDED,
    Comparability.FLAGGED,
    Comparability.SAME,
)


def _keys(evaluation: Evaluation, line: Line) -> tuple[str, ...]:
    """The items that a line is made of."""
    if line.about in (About.ITEM, About.OPTION):
        return (line.key,)
    known = (part for part in parts(evaluation.questionnaire) if rated(part))
    return tuple(part.key for part in known if getattr(part, line.about.value) == line.key)


def _followed(
    line: Line,
    by_wave: Sequence[dict[tuple[object, ...], Line]],
    verdicts: Sequence[dict[tuple[About, str], Comparability]],
) -> TrendLine:
    there = [known.get(_figure(line)) for known in by_wave]
    scores = tuple(None if each is None else each.score for each in there)
    compared, changes, relative = [], [], []
    for (before, after), known in zip(pairwise(scores), verdicts, strict=True):
        verdict, moved = known.get((line.about, line.key), Comparability.REMOVED), None
        if before is not None and after is not None and verdict in _COMPARED:
            try:
                moved = difference(after, before)
            except NotComparable:
                verdict = Comparability.BROKEN
        compared.append(verdict)
        changes.append(moved)
        pair = (None, None) if moved is None or after is None or before is None else (after.value, before.value)
        relative.append(relative_change(*pair))
    return TrendLine(
        about=line.about,
        key=line.key,
        part=line.part,
        group=line.group,
        figure=line.figure,
        scores=scores,
        compared=tuple(compared),
        changes=tuple(changes),
        relative=tuple(relative),
        p_values=(None,) * len(changes),
        alike=_alike(scores) if None not in changes else None,
    )


def _alike(scores: Sequence[Score | None]) -> ChiSquare | None:
    """A test of plain shares; weighted ones are not what it is made for."""
    plain = [score for score in scores if score is not None and score.n == score.n_eff]
    hits = [score.parts.get("hits") for score in plain]
    counted = [hit for hit in hits if isinstance(hit, int)]
    if len(counted) < len(scores) or not all(score.n for score in plain):
        return None
    return homogeneity(counted, [score.n for score in plain])


def _adjusted(lines: Sequence[TrendLine], *, steps: int) -> Iterator[TrendLine]:
    """The lines with p-values that say how probable one such change is among all that are looked at."""
    by_step: list[dict[int, float]] = []
    for step in range(steps):
        raw = {
            n: found.p_value
            for n, line in enumerate(lines)
            if (found := line.changes[step]) is not None and found.p_value is not None
        }
        by_step.append(dict(zip(raw, adjusted(list(raw.values())), strict=True)))
    for n, line in enumerate(lines):
        yield attrs.evolve(line, p_values=tuple(known.get(n) for known in by_step))


def _rows(waves: Sequence[str], line: TrendLine) -> Iterator[dict[str, str | float | None]]:
    for n, (wave, score) in enumerate(zip(waves, line.scores, strict=True)):
        moved = line.changes[n - 1] if n else None
        yield {
            "wave": wave,
            "about": line.about.value,
            "key": line.key,
            "part": line.part,
            "group": group_name(line.group) if line.group else None,
            "figure": line.figure,
            "value": None if score is None else score.value,
            "n": None if score is None else score.n,
            "compared": line.compared[n - 1].value if n else None,
            "change": None if moved is None else moved.value,
            "low": None if moved is None else moved.low,
            "high": None if moved is None else moved.high,
            "p_value": line.p_values[n - 1] if n else None,
            "verdict": None if moved is None else _verdict(moved, line.p_values[n - 1]),
            "relative": line.relative[n - 1].value if n else None,
        }


def _verdict(moved: Difference, p_value: float | None) -> str | None:
    """What is said of a change that is one of many: more than chance only by the p-value that is adjusted for them."""
    chance = p_value is not None and p_value >= 1 - moved.confidence
    return "no_detectable_change" if chance and moved.verdict in ("higher", "lower") else moved.verdict

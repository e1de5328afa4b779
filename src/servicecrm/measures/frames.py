"""Counting where the answers are: in a data frame, a database or a cluster. Only the counts come here.

It takes what narwhals does: a frame of pandas, polars, PyArrow or Modin, a query of polars, a relation of DuckDB, a
table of Ibis, a frame of Dask or PySpark. No object is made for an answer, so that a hundred million of them cost no
more here than the different ones among them.
"""

from collections.abc import Sequence
from math import fsum
from typing import TYPE_CHECKING, Any, NamedTuple

from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several
from servicecrm.measures.histograms import Histogram, counted_by, tally
from servicecrm.measures.scales import Scale, is_missing

if TYPE_CHECKING:
    from narwhals import LazyFrame, Schema
    from narwhals.typing import IntoFrame

__all__ = ["asked_frame", "count_rows", "tally_frame", "tally_frame_by"]


Row = tuple[Any, ...]
"""Values that stand together in a frame; of which types they are, whoever has the frame knows."""


def tally_frame(frame: "IntoFrame", answers: str, *, scale: Scale, weights: str | None = None) -> Histogram:
    """Count the answers in a column of a frame, as `tally` does; `weights` names the column of their weights.

    Histograms of parts, such as the files of a cluster, are merged with `+`.

    Raises:
        MissingExtra: narwhals is not installed.
        InvalidValue: it is no frame, it has no such column, or a weight is missing or below 0.

    Source: C078.
    """
    return _tallied(frame, answers, (), scale, weights).get((), tally((), scale=scale))


def tally_frame_by(
    frame: "IntoFrame", answers: str, *, by: str | Sequence[str], scale: Scale, weights: str | None = None
) -> dict[Any, Histogram]:
    """Count answers by group, as `tally_by` does; `by` names the column of the groups: `by="service"`.

    With several columns, a group is a tuple with a value of each. What is missing there is None.

    Raises:
        MissingExtra: narwhals is not installed.
        InvalidValue: it is no frame, it has no such column, or a weight is missing or below 0.

    Source: C079.
    """
    return _tallied(frame, answers, by if isinstance(by, str) else several("by", by), scale, weights)


def count_rows(frame: "IntoFrame", columns: Sequence[str]) -> dict[Row, int]:
    """How often each combination of values stands in some columns; what is missing is None.

    That is what `alpha` and `scale_scores` take for rows, and `rake` for rows and counts.

    Raises:
        MissingExtra: narwhals is not installed.
        InvalidValue: it is no frame, or has no such column.

    Source: C078.
    """
    counted = _counted(frame, several("columns", columns))
    found: dict[Row, int] = {}
    for row, times in zip(zip(*counted.columns, strict=True), counted.times, strict=True):
        found[row] = found.get(row, 0) + times
    return found


# -- asking the engine ---------------------------------------------------------------------------


class _Counted(NamedTuple):
    """The values that stand together in some columns, how often, and the sums of weights there and of their squares."""

    columns: list[list[Any]]
    times: list[int]
    weights: list[float]
    squares: list[float]


def _tallied(
    frame: "IntoFrame", answers: str, by: str | Sequence[str], scale: Scale, weights: str | None
) -> dict[Any, Histogram]:
    counted = _counted(frame, (by, answers) if isinstance(by, str) else (*by, answers), weights)
    *keys, given = counted.columns
    groups = keys[0] if isinstance(by, str) else list(zip(*keys, strict=True)) if keys else [()] * len(given)
    found = counted_by(zip(groups, given, counted.times, strict=True), scale=scale)
    if weights is None:
        return found
    there: dict[tuple[Any, int | None], list[tuple[float, float]]] = {}
    for group, answer, weight, square in zip(groups, given, counted.weights, counted.squares, strict=True):
        there.setdefault((group, scale.place(answer)), []).append((weight, square))
    points = [[there.get((group, place), ()) for place in range(len(scale.points))] for group in found]
    return {
        group: evolve(
            histogram,
            weights=tuple(fsum(weight for weight, _ in point) for point in at),
            squares=fsum(square for point in at for _, square in point),
        )
        for (group, histogram), at in zip(found.items(), points, strict=True)
    }


def _counted(frame: "IntoFrame", columns: Sequence[str], weights: str | None = None) -> _Counted:
    asked, _ = asked_frame(frame, columns, weights)
    import narwhals as nw

    named = {f"key{n}": nw.col(name) for n, name in enumerate(columns)}
    summed = {}
    if weights is not None:
        weight = nw.col(weights).cast(nw.Float64)
        wrong = ~((weight >= 0) & weight.is_finite())
        summed = {"weight": weight, "square": weight * weight, "wrong": wrong.fill_null(value=True).cast(nw.Int64)}
    counts = [nw.len().alias("times"), *(nw.col(name).sum() for name in summed)]
    found = asked.select(**named, **summed).group_by(*named).agg(*counts).collect()
    if summed and any(found["wrong"].to_list()):
        raise InvalidValue("weights", "a weight is a number from 0")
    sums = (found[name].to_list() if name in found.columns else [] for name in ("times", "weight", "square"))
    return _Counted([_unmarked(found[key].to_list()) for key in named], *sums)


def _unmarked(values: list[Any]) -> list[Any]:
    """The values of a column, with None for a missing one, however it is marked. Each is looked at once."""
    known = {value: None if is_missing(value) else value for value in set(values)}
    return [known[value] for value in values]


def asked_frame(
    frame: "IntoFrame", columns: Sequence[str], weights: str | None = None
) -> tuple["LazyFrame[Any]", "Schema"]:
    """The frame as narwhals has it, with its types, if it has these columns and they can be counted.

    Raises:
        MissingExtra: narwhals is not installed.
        InvalidValue: it is no frame, or has no such column.
    """
    try:
        import narwhals as nw
    except ImportError as error:
        raise MissingExtra("counting in data frames", "frames") from error
    try:
        known = nw.from_native(frame)
    except TypeError:
        raise InvalidValue("frame", f"expected a data frame or a relation, got {type(frame).__name__}") from None
    if not columns:
        raise InvalidValue("columns", "expected the names of one or more")
    schema = known.collect_schema()
    for name in filter(None, (*columns, weights)):
        if name not in schema:
            raise InvalidValue("frame", f"there is no column {name!r}; known: {', '.join(schema)}")
        if schema[name] == nw.Object:
            raise InvalidValue("frame", f"the values in {name} are of several types; convert them, or use tally_by")
    if weights is not None and not schema[weights].is_numeric():
        raise InvalidValue("weights", f"expected numbers in {weights}")
    return known.lazy(), schema

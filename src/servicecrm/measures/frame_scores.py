"""Scores of many groups, computed where the answers are: a frame of answers in, a frame with a row for each group out.

An object for each of a thousand groups takes as long as counting a million answers. Whoever wants a table asks for one.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from servicecrm.errors import InvalidValue
from servicecrm.kernel.shapes import several
from servicecrm.measures.distributions import two_sided_z
from servicecrm.measures.frames import asked_frame
from servicecrm.measures.satisfaction import NPS_SCALE

if TYPE_CHECKING:
    from narwhals import DataFrame
    from narwhals.typing import IntoFrame

__all__ = ["nps_frame_by"]

_SCORED: Final = ("nps", "low", "high", "n", "promoters", "detractors", "not_answered", "invalid")
_COUNTED: Final = ("all", "given", "n", "promoters", "detractors")
_NOISE: Final = 1e-8
"""How far a float may be off a whole number. See `Scale.place`."""


def nps_frame_by(frame: "IntoFrame", answers: str, *, by: str | Sequence[str], confidence: float = 0.95) -> Any:
    """The Net Promoter Score of each group: a frame of the same library, or for a query what it collects into.

    Its columns are those of the groups, `nps`, `low` and `high` in points, and how many answers these are made of: `n`,
    of which `promoters` and `detractors`, beside `not_answered` and `invalid` ones. The figures and the interval are
    those of `nps`. They are missing where nobody answered. The order of the rows means nothing.

    Raises:
        MissingExtra: narwhals is not installed.
        InvalidValue: it is no frame, it has no such column or the answers are no numbers; no column of groups is named,
            or one that is named as a figure; the confidence does not lie between 0 and 1.

    Source: K36, C078, C079.
    """
    names = [by] if isinstance(by, str) else several("by", by)
    z, (asked, schema) = two_sided_z(confidence), asked_frame(frame, [*names, answers])
    import narwhals as nw

    if not schema[answers].is_numeric():
        raise InvalidValue("answers", f"expected numbers in {answers}; convert what is text first")
    if not names or {*names} & {*_SCORED}:
        raise InvalidValue("by", f"expected one or more columns, named otherwise than {', '.join(_SCORED)}")
    # What is missing is one group, however it is marked.
    columns = (nw.col(name).fill_nan(None) if schema[name].is_float() else nw.col(name) for name in names)
    keys = {f"key{n}": column for n, column in enumerate(columns)}
    told = nw.col(answers)
    told = told if schema[answers] == nw.Float64 else told.cast(nw.Float64)
    told = told.fill_nan(None) if schema[answers].is_float() else told
    given, there, low, high = nw.col("given"), nw.col("n"), NPS_SCALE.low, NPS_SCALE.high
    # A hair more than was given, so that what is a hair less than a whole number is told by one test.
    on_the_scale = given.is_between(low, high + 2 * _NOISE) & (given - given.floor() < 2 * _NOISE)
    counted = (
        asked.select(**keys, given=told + _NOISE)
        # What is counted is where something stands: faster than a sum, and the same in every engine.
        .with_columns(n=nw.when(on_the_scale).then(given))
        .with_columns(promoters=nw.when(there > 8.5).then(there), detractors=nw.when(there < 6.5).then(there))
        .group_by(*keys)
        .agg(nw.len().alias("all"), nw.col(*_COUNTED[1:]).count())
        .collect()
    )
    return _scored(counted, names, z).to_native()


def _scored(counted: "DataFrame[Any]", names: Sequence[str], z: float) -> "DataFrame[Any]":
    """With the score and its interval by adjusted Wald, as `nps_interval` and `net` have them.

    Column by column: expressions take three times as long to build as these few rows to compute.
    """
    import narwhals as nw

    total, given, n, up, down = (counted[name].cast(nw.Int64) for name in _COUNTED)
    net, more = up - down, n + 3
    middle = net / more
    half = (up + down + 1.5 - net * middle).sqrt() / more * (100 * z)
    value, middle = 100 * net / n, 100 * middle
    low, high = middle - half, middle + half
    figures = (value, low, high, n, up, down, total - given, given - n)
    groups = {name: counted[f"key{n}"] for n, name in enumerate(names)}
    scored = nw.from_dict({**groups, **dict(zip(_SCORED, figures, strict=True))})
    if not len(scored):
        return scored
    cut = n.min() == 0 or low.min() < -100 or high.max() > 100 or (low > value).any() or (high < value).any()
    return _cut(scored) if cut else scored


def _cut(scored: "DataFrame[Any]") -> "DataFrame[Any]":
    """The limits of few answers end with the scale and include the score; of no answers there are none."""
    import narwhals as nw

    some, value, low, high = nw.col("n") > 0, nw.col("nps"), nw.col("low"), nw.col("high")
    return scored.with_columns(
        nps=nw.when(some).then(value),
        low=nw.when(some).then(nw.min_horizontal(value, nw.max_horizontal(low, nw.lit(-100.0)))),
        high=nw.when(some).then(nw.max_horizontal(value, nw.min_horizontal(high, nw.lit(100.0)))),
    )

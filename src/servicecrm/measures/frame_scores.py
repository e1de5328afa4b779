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
    from narwhals import LazyFrame
    from narwhals.typing import IntoFrame

__all__ = ["nps_frame_by"]

_SCORED: Final = ("nps", "low", "high", "n", "promoters", "detractors", "not_answered", "invalid")
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
    z, asked = two_sided_z(confidence), asked_frame(frame, [*names, answers])
    import narwhals as nw

    if not asked.collect_schema()[answers].is_numeric():
        raise InvalidValue("answers", f"expected numbers in {answers}; convert what is text first")
    if not names or {*names} & {*_SCORED}:
        raise InvalidValue("by", f"expected one or more columns, named otherwise than {', '.join(_SCORED)}")
    keys = {f"key{n}": nw.col(name) for n, name in enumerate(names)}
    given, there, low, high = nw.col("given"), nw.col("n"), NPS_SCALE.low, NPS_SCALE.high
    on_the_scale = (given > low - _NOISE) & (given < high + _NOISE) & ((given + _NOISE) % 1 < 2 * _NOISE)
    counted = (
        asked.select(**keys, given=nw.col(answers).cast(nw.Float64).fill_nan(None))
        # What is counted is where something stands: faster than a sum, and the same in every engine.
        .select(*keys, "given", n=nw.when(on_the_scale).then(given))
        .select(
            *keys,
            "given",
            "n",
            promoters=nw.when(there > 8.5).then(there),
            detractors=nw.when(there < 6.5).then(there),
        )
        .group_by(*keys)
        .agg(nw.len().alias("all"), nw.col("given", "n", "promoters", "detractors").count())
    )
    renamed = [nw.col(key).alias(name) for name, key in zip(names, keys, strict=True)]
    return _scored(counted, z).select(*renamed, *_SCORED).collect().to_native()


def _scored(counted: "LazyFrame[Any]", z: float) -> "LazyFrame[Any]":
    """With the score and its interval by adjusted Wald, as `nps_interval` and `net` have them."""
    import narwhals as nw

    n, up, down, value, p, d, half = map(nw.col, ("n", "promoters", "detractors", "nps", "p", "d", "half"))
    some = nw.when(n > 0)  # else there is no score and there are no limits
    # Step by step: an expression that stands in another one twice is built twice.
    return (
        counted.with_columns(nw.col("all", "given", "n", "promoters", "detractors").cast(nw.Int64))
        .with_columns(
            nps=some.then(100 * (up - down) / n),
            p=some.then((up + 0.75) / (n + 3)),
            d=(down + 0.75) / (n + 3),
            not_answered=nw.col("all") - nw.col("given"),
            invalid=nw.col("given") - n,
        )
        .with_columns(half=z * ((p + d - (p - d) ** 2) / (n + 3)).sqrt())
        .with_columns(
            low=nw.min_horizontal(value, nw.max_horizontal(100 * (p - d - half), nw.lit(-100.0) + 0 * value)),
            high=nw.max_horizontal(value, nw.min_horizontal(100 * (p - d + half), nw.lit(100.0) + 0 * value)),
        )
    )

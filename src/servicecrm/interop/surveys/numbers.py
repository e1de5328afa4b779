"""Codes that are numbers: when do they make a scale?"""

from collections.abc import Collection

from servicecrm.errors import InvalidValue
from servicecrm.measures.scales import Scale

__all__ = ["scale_of"]


def scale_of(codes: Collection[str | float]) -> Scale | None:
    """The scale whose points are exactly these codes, at least three of them; None if they are no such numbers."""
    try:
        points = sorted(float(code) for code in codes)
        low, second, *_, high = points
        scale = Scale(low=low, high=high, step=second - low)
    except (TypeError, ValueError, OverflowError, InvalidValue):
        return None
    return scale if [scale.place(point) for point in points] == [*range(len(scale.points))] else None

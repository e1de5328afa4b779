"""Everything that a result holds as a code has its words, in every language that is shipped."""

from collections.abc import Iterator
from typing import get_args

import pytest

from servicecrm.measures import (
    TEXTS,
    KpiStatus,
    NpsMethod,
    Quadrant,
    RakingOutcome,
    Reason,
    Refusal,
    Scale,
    Score,
    ShareMethod,
    Verdict,
    ces,
    csat,
    mean,
    nps,
    rate,
)

SEVEN = Scale(low=1, high=7)


def scores() -> Iterator[Score]:
    yield nps([])
    yield mean([], scale=SEVEN)
    yield rate(0, 0)
    for method in ("top_box", "mean_percent", "sum_over_max"):
        yield csat([], scale=SEVEN, method=method)
    for method in ("mean", "index", "agree"):
        yield ces([], method=method)  # type: ignore[arg-type]


def codes() -> set[str]:
    found = {f"method.{score.method.name}" for score in scores()} | {f"unit.{score.method.unit}" for score in scores()}
    found |= {f"interval.{score.interval}" for score in scores()}
    for prefix, literal in {
        "interval": NpsMethod | ShareMethod,
        "reason": Reason,
        "verdict": Verdict,
        "quadrant": Quadrant,
        "outcome": RakingOutcome,
        "status": KpiStatus,
        "refusal": Refusal,
    }.items():
        members = [member for part in get_args(literal) for member in (get_args(part) or (part,))]
        found |= {f"{prefix}.{member}" for member in members}
    return found


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_code_has_a_text_and_no_text_is_left_over(language: str) -> None:  # C093
    assert set(TEXTS.keys(language)) == codes()


def test_the_languages_agree() -> None:
    assert not TEXTS.problems()

"""The evaluation of a survey as it was kept: its figures, what is done about low scores, and what was concluded."""

from collections.abc import Iterator
from typing import Final

from servicecrm.reports.model import Section
from servicecrm.reports.writing import Writing
from servicecrm.surveys.evaluation_model import LowScore, Saying, SurveyEvaluation

__all__ = ["survey_evaluation"]

_ABOUT: Final = ("item", "option", "service", "dimension")
"""What figures of answers are about; others tell how far they can be trusted."""


def survey_evaluation(kept: SurveyEvaluation, write: Writing) -> Iterator[Section]:
    """The figures as they were kept, of everybody and then by group, whatever is computed today.

    Source: C082.
    """
    yield write.head(
        ("wave", kept.wave or ""),
        ("responses", f"{kept.responses:,}"),
        ("min_n", f"{kept.min_n:,}"),
        ("reviewed", write.day(kept.reviewed_at)),
        ("published", write.day(kept.published_at)),
    )
    head = ("item", "figure", "value", "interval", "n")
    yield from write.table("figures", head, _figures(kept, write, grouped=False))
    yield from write.table("groups", head, _figures(kept, write, grouped=True))
    low = [
        (_low(each.name, write), f"{each.value:.2f}", f"{each.threshold:g}", f"{each.n:,}", _decided(kept, each, write))
        for each in kept.low
    ]
    yield from write.table("low", ("score", "value", "threshold", "n", "decided"), low)
    for kind in Saying:
        yield from write.points(kind.value, [each.text for each in kept.conclusions if each.kind is kind])


def _figures(kept: SurveyEvaluation, write: Writing, *, grouped: bool) -> Iterator[tuple[str, ...]]:
    for row in kept.figures:
        if row["about"] not in _ABOUT or bool(row["group"]) is not grouped:
            continue
        group = write.name(str(row["group"])) if grouped else ""
        said = [write.name(str(row["key"])), *([str(row["part"])] if row["part"] else []), *([group] if group else [])]
        yield (
            ", ".join(said),
            write.figure(str(row["figure"])) or write.text("answers"),
            write.text("hidden") if row["hidden"] else _number(row["value"]),
            "" if row["low"] is None or row["high"] is None else f"{_number(row['low'])} … {_number(row['high'])}",
            "" if row["n"] is None else str(row["n"]),
        )


def _number(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, int | float) else ""


def _low(name: str, write: Writing) -> str:
    """What a low score is of, such as `overall [north]` or `service water`, called as in the other tables."""
    key, _, group = name.removeprefix("service ").removeprefix("dimension ").removesuffix("]").partition(" [")
    return ", ".join(write.name(each) for each in (key, group) if each)


def _decided(kept: SurveyEvaluation, low: LowScore, write: Writing) -> str:
    about_it = [each for each in kept.handled if low.name in each.scores]
    found = [each.waiver or write.names.get(each.action or "") or write.text("action") for each in about_it]
    return "; ".join(found) or write.text("undecided")

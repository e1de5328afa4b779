"""Surveys of a million answers, beside what others take for the same figures: `python -m benchmarks.surveys`.

With `--large` it is shown for ten million answers too. Called so, it counts CPU time, of all threads together, which
others on the same machine do not disturb.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from time import process_time
from typing import Any, Final, NamedTuple
from warnings import catch_warnings, simplefilter

import attrs
import numpy as np
import pandas as pd
import pingouin
import polars as pl
from ipfn.ipfn import ipfn
from statsmodels.stats.proportion import proportion_confint

from benchmarks.commands import AT, BY
from benchmarks.rounds import Comparison, Result, repeated
from servicecrm import surveys
from servicecrm.measures import (
    Histogram,
    Raking,
    Scale,
    Score,
    alpha,
    count_rows,
    counted_by,
    nps,
    nps_frame_by,
    rake,
    share_interval,
    tally_by,
    tally_frame_by,
)
from servicecrm.surveys import Questionnaire

__all__ = ["MARGINS", "ROUNDS", "Figure", "costs", "figures", "peaks", "sample", "surveys_beside_others"]

ROUNDS: Final = 5
ANSWERS: Final = 10**6
GROUPS: Final = 1_000
ITEMS: Final = ("a", "b", "c", "d", "e")
NPS: Final = Scale(low=0, high=10)
Z: Final = 1.959963984540054

MARGINS: Final = {
    "region": {"north": 0.4, "south": 0.4, "west": 0.2},
    "age": {"18": 0.3, "30": 0.3, "50": 0.2, "70": 0.2},
    "spend": {"small": 0.3, "middle": 0.4, "large": 0.3},
}
"""The shares of the population, which the sample misses."""


class Figure(NamedTuple):
    """Something measured by itself, with its limit."""

    title: str
    value: float
    unit: str
    limit: float | None = None

    def __str__(self) -> str:
        wanted = "" if self.limit is None else f"<{self.limit:g} {self.unit}"
        missed = "  missed" if self.limit is not None and self.value >= self.limit else ""
        return f"{self.title:58}{self.value:>7.0f} {self.unit}{'':8}{wanted:>9}{missed}"


def sample(n: int) -> pl.DataFrame:
    """Answers of one seed: a service, how likely it is recommended, five ratings of one thing, and who answered."""
    chance = np.random.default_rng(7)
    satisfied = chance.normal(3.5, 1, n)
    ratings = {name: np.clip(np.rint(satisfied + chance.normal(0, 1, n)), 1, 5).astype(np.int64) for name in ITEMS}
    recommend = np.clip(np.rint(satisfied * 2 + chance.normal(0, 1, n)), 0, 11)  # some are not on the scale
    recommend[chance.random(n) < 0.01] = np.nan
    who = {
        name: np.array([*levels], dtype=object)[chance.integers(0, len(levels), n)] for name, levels in MARGINS.items()
    }
    return pl.DataFrame(
        {
            "service": chance.integers(0, GROUPS, n),
            "recommend": recommend,
            **ratings,
            **who,
        },
        schema_overrides=dict.fromkeys(MARGINS, pl.String),
        nan_to_null=True,
    )


# -- the same figures, by us and by others -------------------------------------------------------


def scores(frame: Any) -> dict[Any, Score]:
    """The Net Promoter Score of each service, with its interval: counted where the answers are, scored here."""
    return {group: nps(found) for group, found in tally_frame_by(frame, "recommend", by="service", scale=NPS).items()}


def table(frame: Any) -> Any:
    """The same as a table, which the engine makes."""
    return nps_frame_by(frame, "recommend", by="service")


def by_apply(frame: pd.DataFrame) -> pd.DataFrame:
    """The same, group by group in pandas."""

    def one(answers: "pd.Series[float]") -> "pd.Series[float]":
        there = answers[(answers >= 0) & (answers <= 10) & (answers % 1 == 0)]
        n, missing = len(there), int(answers.isna().sum())
        value, low, high = _adjusted_wald(n, int((there >= 9).sum()), int((there <= 6).sum()))
        told = {"nps": value, "low": low, "high": high, "n": n, "missing": missing}
        return pd.Series({**told, "invalid": len(answers) - n - missing})

    return frame.groupby("service")["recommend"].apply(one).unstack()


def by_map_groups(frame: pl.DataFrame) -> pl.DataFrame:
    """The same, group by group in polars."""

    def one(group: pl.DataFrame) -> pl.DataFrame:
        answers = group["recommend"]
        there = answers.filter((answers >= 0) & (answers <= 10) & (answers % 1 == 0))
        n, missing = len(there), answers.null_count()
        value, low, high = _adjusted_wald(n, int((there >= 9).sum()), int((there <= 6).sum()))
        told = {"service": group["service"][0], "nps": value, "low": low, "high": high, "n": n, "missing": missing}
        return pl.DataFrame({**told, "invalid": len(answers) - n - missing})

    return frame.group_by("service").map_groups(one)


def _adjusted_wald(n: int, up: int, down: int) -> tuple[float, float, float]:
    p, d = (up + 0.75) / (n + 3), (down + 0.75) / (n + 3)
    half = Z * ((p + d - (p - d) ** 2) / (n + 3)) ** 0.5
    return 100 * (up - down) / n, 100 * (p - d - half), 100 * (p - d + half)


def by_expressions(frame: pl.DataFrame) -> pl.DataFrame:
    """The same by polars alone, without a word of Python for a group."""
    answer = pl.col("recommend")
    there = (answer >= 0) & (answer <= 10) & (answer % 1 == 0)
    n, up, down = pl.col("n"), pl.col("promoters"), pl.col("detractors")
    p, d = (up + 0.75) / (n + 3), (down + 0.75) / (n + 3)
    half = Z * ((p + d - (p - d) ** 2) / (n + 3)).sqrt()
    counted = (
        frame.lazy()
        .group_by("service")
        .agg(
            n=there.sum(),
            promoters=(there & (answer >= 9)).sum(),
            detractors=(there & (answer <= 6)).sum(),
            not_answered=answer.null_count(),
            invalid=(~there).sum(),
        )
        .with_columns(pl.exclude("service").cast(pl.Int64))
    )
    scored = counted.with_columns(nps=100 * (up - down) / n, low=100 * (p - d - half), high=100 * (p - d + half))
    # Limits end with the scale and include the score; where nobody answered there is nothing.
    value, low, high = pl.col("nps"), pl.col("low").clip(-100), pl.col("high").clip(None, 100)
    limits = {"low": pl.min_horizontal(value, low), "high": pl.max_horizontal(value, high)}
    some = pl.when(n > 0)
    found = scored.with_columns(nps=some.then(value), **{name: some.then(limit) for name, limit in limits.items()})
    return found.collect()


def cells_by_ipfn(frame: pd.DataFrame) -> "pd.Series[float]":
    """The weight of a respondent in each cell by ipfn, which takes a minute for the rows themselves."""
    names, total = [*MARGINS], len(frame)
    cells = frame.groupby(names, as_index=False).size().rename(columns={"size": "total"}).astype({"total": float})
    targets = [pd.Series(of).mul(total).rename_axis(name) for name, of in MARGINS.items()]
    with catch_warnings():
        simplefilter("ignore")  # pandas warns of how ipfn calls it
        fitted = ipfn(cells.copy(), targets, [[name] for name in names], convergence_rate=1e-9).iteration()
    return (fitted.set_index(names)["total"] / cells.set_index(names)["total"]).rename("weight")


def weights_by_ipfn(frame: pd.DataFrame) -> "pd.Series[float]":
    """The weight of each respondent by ipfn."""
    return frame.join(cells_by_ipfn(frame), on=[*MARGINS])["weight"]


def cells(frame: Any) -> Raking:
    """The weight of a respondent in each cell, by us."""
    counted = count_rows(frame, [*MARGINS])
    return weights([*counted], counts=[*counted.values()])


def weights(rows: list[tuple[str, ...]], counts: list[int] | None = None) -> Raking:
    """The weight of each row, by us."""
    total = len(rows) if counts is None else sum(counts)
    targets = {name: {level: share * total for level, share in of.items()} for name, of in MARGINS.items()}
    found = rake(rows, targets, variables=[*MARGINS], counts=counts)
    assert found.converged
    return found


def asked() -> Questionnaire:
    """A questionnaire with one item."""
    return surveys.draft(id="q-1", **surveys.template("nps"), by=BY, at=AT).after


@attrs.frozen(kw_only=True)
class Answered:
    """A response as an object."""

    answers: tuple[surveys.Answer, ...]


def surveys_beside_others(n: int = ANSWERS) -> Iterator[Comparison]:
    """Each figure of a survey, as others compute it too."""
    frame = sample(n)
    other = frame.to_pandas()
    ratings, rows = other[[*ITEMS]], frame.select([*MARGINS]).rows()
    yield Comparison(
        title=f"survey: NPS with limits, {GROUPS:,} services, {n:,} answers",
        count=3,
        ours=repeated(lambda: table(frame)),
        others={
            "pandas, apply": repeated(lambda: by_apply(other)),
            "polars, map_groups": repeated(lambda: by_map_groups(frame)),
            "polars, expressions": repeated(lambda: by_expressions(frame)),
        },
        targets={"pandas, apply": 3, "polars, map_groups": 1, "polars, expressions": 1},
    )
    yield Comparison(
        title=f"survey: a score object for each of {GROUPS:,} services",
        count=1,
        ours=repeated(lambda: scores(frame)),
        others={
            "pandas, apply": repeated(lambda: by_apply(other)),
            "polars, map_groups": repeated(lambda: by_map_groups(frame)),
        },
        targets={"pandas, apply": 3, "polars, map_groups": 1},
    )
    yield Comparison(
        title=f"survey: alpha of {len(ITEMS)} items in a frame",
        count=1,
        ours=repeated(lambda: alpha(count_rows(frame, ITEMS), items=ITEMS)),
        others={"pingouin": repeated(lambda: pingouin.cronbach_alpha(ratings))},
        targets={"pingouin": 0.5},
    )
    lists = frame.select(ITEMS).rows()
    yield Comparison(
        title=f"survey: alpha of {len(ITEMS)} items in a list, plain Python",
        count=1,
        ours=repeated(lambda: alpha(lists, items=ITEMS)),
        others={
            "pingouin, of the list": repeated(lambda: pingouin.cronbach_alpha(pd.DataFrame(lists, columns=[*ITEMS]))),
            "pingouin, of a frame": repeated(lambda: pingouin.cronbach_alpha(ratings)),
        },
        targets={"pingouin, of the list": 0.5},
    )
    yield Comparison(
        title="survey: weights of the cells of a frame, three margins",
        count=1,
        ours=repeated(lambda: cells(frame)),
        others={"ipfn": repeated(lambda: cells_by_ipfn(other))},
        targets={"ipfn": 1},
    )
    yield Comparison(
        title="survey: weights of respondents in a list, plain Python",
        count=1,
        ours=repeated(lambda: weights(rows)),
        others={
            "ipfn, of the list": repeated(lambda: weights_by_ipfn(pd.DataFrame(rows, columns=[*MARGINS]))),
            "ipfn, of a frame": repeated(lambda: weights_by_ipfn(other)),
        },
        targets={"ipfn, of the list": 1, "ipfn, of a frame": 1},
    )
    yield Comparison(
        title="survey: one interval by Wilson",
        count=1_000,
        ours=repeated(lambda: share_interval(45, 100)),
        others={"statsmodels": repeated(lambda: proportion_confint(45, 100, method="wilson"))},
        targets={"statsmodels": 50},
    )
    some = frame["recommend"][: n // 20].to_list()
    questionnaire = asked()
    yield Comparison(
        title=f"survey: import of {len(some):,} answers, by column",
        count=1,
        ours=repeated(lambda: surveys.tabulate(questionnaire, {"recommend": some}).histogram("recommend")),
        others={"a response for each": repeated(partial(by_objects, questionnaire, some))},
        targets={"a response for each": 10},
    )


def by_objects(questionnaire: Questionnaire, answers: list[float | None]) -> Histogram:
    """An object for each answer and each response, and then the same table."""
    responses = [Answered(answers=questionnaire.read({"recommend": answer}).answers) for answer in answers]
    return surveys.tabulate(questionnaire, responses).histogram("recommend")


# -- what it costs -------------------------------------------------------------------------------


def figures(n: int = ANSWERS) -> Iterator[Figure]:
    """What has a limit of its own."""
    frame = sample(n)
    counted = count_rows(frame, ["service", "recommend"])
    yield Figure(
        f"NPS with intervals of {GROUPS:,} services, ready counts", _time(lambda: _from_counts(counted)), "ms", 150
    )
    yield from (Figure(f"peak of memory: {name}", peaks(name, n), "MB", 300) for name in _WORKS)


def _from_counts(counted: dict[tuple[Any, ...], int]) -> list[Score]:
    found: dict[int, Histogram] = counted_by(((*row, times) for row, times in counted.items()), scale=NPS)
    return [nps(of) for of in found.values()]


def costs(sizes: tuple[int, ...]) -> Iterator[Figure]:
    """How the cost grows with the answers."""
    for n in sizes:
        frame = sample(n)
        services, answers = frame["service"].to_list(), frame["recommend"].to_list()
        lists = frame.select(ITEMS).rows()
        rows = frame.select([*MARGINS]).rows()
        works: dict[str, Callable[[], object]] = {
            "NPS by service, table": partial(table, frame),
            "NPS by service, frame": partial(scores, frame),
            "NPS by service, list": lambda: [nps(of) for of in tally_by(services, answers, scale=NPS).values()],  # noqa: B023
            "alpha, frame": lambda: alpha(count_rows(frame, ITEMS), items=ITEMS),  # noqa: B023
            "alpha, list": partial(alpha, lists, items=ITEMS),
            "weights, frame": partial(cells, frame),
            "weights, list": partial(weights, rows),
        }
        for name, work in works.items():
            yield Figure(f"{n:>12,} answers: {name}", _time(work), "ms")


def in_cpu_time(comparison: Comparison) -> Result:
    """The least that each of them took in some rounds, in which all take turns, after one to warm up."""
    contenders = {"": comparison.ours, **comparison.others}
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS + 1):
        for name, contender in contenders.items():
            taken[name].append(_once(lambda: contender(comparison.count)) / comparison.count)  # noqa: B023
    ours, *others = [min(values[1:]) for values in taken.values()]
    found = dict(zip(comparison.others, others, strict=True))
    return Result(comparison, ours, found, {name: theirs / ours for name, theirs in found.items()})


def _time(work: Callable[[], object]) -> float:
    """Milliseconds of CPU time, the least of some rounds."""
    return min(_once(work) for _ in range(ROUNDS)) / 1e3


def _once(work: Callable[[], object]) -> float:
    """Microseconds of CPU time."""
    start = process_time()
    work()
    return (process_time() - start) * 1e6


def peaks(name: str, n: int) -> float:
    """By how many megabytes a process grows at the most while it works, the data being there already."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_measure, args=(name, n, there), daemon=True)
    process.start()
    try:
        return float(here.recv())
    finally:
        process.join()


def _measure(name: str, n: int, told: Connection) -> None:
    data = sample(n)
    prepare, work = _WORKS[name]
    given = prepare(data)
    work(prepare(data[:1_000]))  # what is loaded once, and the threads of an engine, are not counted
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
    before = _kilobytes("VmRSS")
    work(given)
    told.send((_kilobytes("VmHWM") - before) / 1024)


def _kilobytes(name: str) -> int:
    """What Linux tells of the memory of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


_WORKS: Final[dict[str, tuple[Callable[[pl.DataFrame], Any], Callable[[Any], object]]]] = {
    "NPS by service, table": (lambda frame: frame, table),
    "NPS by service, frame": (lambda frame: frame, scores),
    "NPS by service, list": (
        lambda frame: (frame["service"].to_list(), frame["recommend"].to_list()),
        lambda lists: tally_by(*lists, scale=NPS),
    ),
    "alpha, list": (lambda frame: frame.select(ITEMS).rows(), lambda rows: alpha(rows, items=ITEMS)),
    "weights, list": (lambda frame: frame.select([*MARGINS]).rows(), weights),
    "import by column": (
        lambda frame: frame["recommend"].to_list(),
        lambda answers: surveys.tabulate(asked(), {"recommend": answers}),
    ),
}


def main() -> None:
    print(f"{'':58}{'CPU µs':>10}{'ratio':>8}{'target':>9}")
    for comparison in surveys_beside_others():
        result = in_cpu_time(comparison)
        print(f"{comparison.title:58}{result.ours:>10.1f}")
        for name, taken in result.others.items():
            target = comparison.targets.get(name)
            wanted, missed = "" if target is None else f">={target:.2g}", "  missed" if name in result.missed else ""
            print(f"{f'  {name}':58}{taken:>10.1f}{result.ratios[name]:>8.2f}{wanted:>9}{missed}", flush=True)
    for figure in figures():
        print(figure, flush=True)
    for figure in costs((10**5, 10**6, 10**7) if "--large" in sys.argv else (10**5, 10**6)):
        print(figure, flush=True)


if __name__ == "__main__":
    main()

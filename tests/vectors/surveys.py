"""Runs a file of survey statistics: `python -m tests.vectors.surveys FILE.json`.

A vector is one operation with its inputs and the results that some other program, or a printed source, gives. The words
of such a file are translated here; what they ask is answered by `servicecrm.measures` alone.

Datasets that are files lie in the shared folder: the one above the file of vectors, or the one beside this checkout. A
vector whose file is not there does not agree.
"""

import csv
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from servicecrm import measures
from servicecrm.errors import ServiceCRMError
from servicecrm.kernel.records import fields_of
from servicecrm.measures import Histogram, Scale

__all__ = ["OPERATIONS", "Document", "agreement", "disagreements", "main"]

Document = dict[str, Any]
"""A whole file, or one of its vectors, as JSON."""

Datasets = Mapping[str, "Dataset"]

SHARED: Final = Path(__file__).parents[2].parent / "shared"


class Dataset:
    """A table of the file: what `columns` ask for, row by row, with None for a missing answer."""

    def __init__(self, document: Document, folders: tuple[Path, ...]) -> None:
        self._document = document
        self._folders = folders

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        head, rows = self._read()
        places = [head.index(column) for column in columns]
        return [tuple(row[place] for place in places) for row in rows]

    def column(self, name: str) -> list[Any]:
        return [row[0] for row in self.rows(name)]

    def _read(self) -> tuple[list[str], list[list[Any]]]:
        if "file" not in self._document:
            return self._document["columns"], self._document["rows"]
        places = [folder / self._document["file"] for folder in self._folders]
        place = next((place for place in places if place.exists()), places[0])
        with place.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        return head, [[_cell(cell) for cell in row] for row in rows]


def _cell(text: str) -> object:
    try:
        return float(text) if text else None
    except ValueError:
        return text


def disagreements(document: Document, *folders: Path) -> Iterator[str]:
    """A line for each vector with another answer than expected."""
    datasets = {name: Dataset(each, folders) for name, each in document.get("datasets", {}).items()}
    for vector in document["vectors"]:
        difference = agreement(vector, datasets)
        if difference is not None:
            yield f"{vector['id']} {vector['op']}: {difference}"


def agreement(vector: Document, datasets: Datasets) -> str | None:
    """None if our answer is the expected one, or else what differs."""
    if vector["op"] not in OPERATIONS:
        return "no such operation"
    operation, data = OPERATIONS[vector["op"]], vector["data"]
    try:
        if "cases" in data:
            found: object = {"cases": [_answer(operation, {**data, **case}, datasets) for case in data["cases"]]}
        else:
            found = _answer(operation, data, datasets)
    except (ServiceCRMError, OSError, KeyError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return next(_differences(vector["expected"], found, vector["tolerance"], ()), None)


def main(arguments: list[str]) -> int:
    """Print how many vectors agree, and every one that does not; 0 if all do."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m tests.vectors.surveys FILE.json\n")
        return 2
    file = Path(arguments[0]).resolve()
    document: Document = json.loads(file.read_text(encoding="utf-8"))
    lines, many = list(disagreements(document, file.parent.parent, SHARED)), len(document["vectors"])
    sys.stdout.write("".join(f"{line}\n" for line in [*lines, f"{many - len(lines)} of {many} agree"]))
    return 1 if lines or not many else 0


# -- comparing -----------------------------------------------------------------------------------

Tolerance = float | dict[str, float]
_AT_LEAST: Final = "_at_least"


def _differences(expected: object, found: object, tolerance: Tolerance, path: tuple[str, ...]) -> Iterator[str]:
    where = ".".join(path)
    if isinstance(expected, dict):
        if not isinstance(found, Mapping):
            yield f"{where}: expected an object, got {json.dumps(found)}"
            return
        for key, value in expected.items():
            yield from _of_key(key, value, found, tolerance, path)
    elif isinstance(expected, list):
        if not isinstance(found, list | tuple) or len(found) != len(expected):
            yield f"{where}: expected {json.dumps(expected)}, got {json.dumps(found, default=repr)}"
            return
        for i, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from _differences(one, other, tolerance, (*path, str(i)))
    elif not _same(expected, found, _nearest(tolerance, path)):
        yield f"{where}: expected {json.dumps(expected)}, got {json.dumps(found, default=repr)}"


def _of_key(
    key: str, value: Any, found: Mapping[str, object], tolerance: Tolerance, path: tuple[str, ...]
) -> Iterator[str]:
    name = key.removesuffix(_AT_LEAST)
    if name not in found and key not in found:
        yield f"{'.'.join((*path, key))}: missing"
    elif key in found:
        yield from _differences(value, found[key], tolerance, (*path, key))
    elif not _number(found[name]) or float(str(found[name])) < value:
        yield f"{'.'.join((*path, name))}: expected at least {value}, got {found[name]}"


def _nearest(tolerance: Tolerance, path: tuple[str, ...]) -> float:
    if not isinstance(tolerance, dict):
        return tolerance
    return next((tolerance[key] for key in reversed(path) if key in tolerance), tolerance.get("default", 0.0))


def _same(expected: object, found: object, tolerance: float) -> bool:
    if isinstance(expected, int | float) and not isinstance(expected, bool):
        return _number(found) and abs(float(str(found)) - expected) <= tolerance
    return type(expected) is type(found) and expected == found


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# -- what a vector asks --------------------------------------------------------------------------

Operation = Callable[[dict[str, Any], Datasets], dict[str, Any]]
NPS: Final = Scale(low=0, high=10)


def _answer(operation: Operation, data: dict[str, Any], datasets: Datasets) -> dict[str, Any]:
    given = {name: value for name, value in data.items() if value is not None and name != "cases"}
    return operation({"confidence": 0.95, **given}, datasets)


def _nps(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    score = measures.nps(data["scores"], weights=data.get("weights"))
    return {
        **score.parts,
        "nps": score.value,
        "n": score.n,
        "not_answered": score.not_answered,
        "invalid": score.invalid,
        "n_eff": score.n_eff,
    }


def _nps_interval(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    ask = {"method": data["method"], "confidence": data["confidence"]}
    whole = measures.nps_interval(**data["counts"], **ask, clip=False)
    found = measures.nps_interval(**data["counts"], **ask, clip=data.get("clip", True))
    return {
        "nps": measures.nps(_counted(data["counts"])).value,
        "adjusted_nps": found.centre,
        "variance": found.variance,
        "se_points": found.se,
        "moe_points": (whole.high - whole.low) / 2,
        "ci_points": [found.low, found.high],
        "reproducible": whole == measures.nps_interval(**data["counts"], **ask, clip=False),
    }


def _counted(counts: Mapping[str, int]) -> Histogram:
    answers = {10: counts["promoters"], 8: counts["passives"], 0: counts["detractors"]}
    return measures.tally(answers, scale=NPS)


def _nps_by_group(data: dict[str, Any], datasets: Datasets) -> dict[str, Any]:
    table, (item,) = datasets[data["dataset"]], data["items"]
    groups = measures.tally_by(map(str, table.column(data["by"])), table.column(item), scale=NPS)
    total = sum(groups.values(), measures.tally((), scale=NPS))
    return {"total": _grouped(total), "groups": {group: _grouped(found) for group, found in groups.items()}}


def _grouped(found: Histogram) -> dict[str, Any]:
    score = measures.nps(found, interval="wald")
    return {"n": score.n, "nps": score.value, "se_points": score.se}


def _nps_difference(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    first, second = (
        measures.nps(_counted(data[wave]), interval="wald", confidence=data["confidence"])
        for wave in ("wave1", "wave2")
    )
    found = measures.difference(first, second)
    return {
        "delta_points": found.value,
        "se_points": found.se,
        "ci_points": [found.low, found.high],
        "p_value": found.p_value,
        "significant": found.significant,
    }


def _proportion_interval(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    def interval(method: Any) -> list[float]:
        return list(measures.share_interval(data["count"], data["n"], method=method, confidence=data["confidence"]))

    return {method: interval(method) for method in data["methods"]}


def _proportion_difference(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    first, second = (
        measures.rate(data[wave]["count"], data[wave]["n"], confidence=data["confidence"])
        for wave in ("wave1", "wave2")
    )
    found = measures.difference(first, second)
    return {
        "diff": _hundredth(found.value),
        "ci": [_hundredth(found.low), _hundredth(found.high)],
        "z": found.statistic,
        "p_value": found.p_value,
    }


def _hundredth(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _homogeneity(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    found = measures.homogeneity(data["counts"], data["n"])
    return {} if found is None else {"chi2": found.value, "df": found.df, "p_value": found.p_value}


def _required_sample(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    ask = {"share": data["p"], "confidence": data["confidence"]}
    endless = measures.required_sample(data["moe"], **ask)
    limited = measures.required_sample(data["moe"], population=data.get("population"), **ask)
    return {
        "infinite": endless.exact,
        "infinite_ceil": endless.needed,
        "fpc": limited.exact,
        "fpc_ceil": limited.needed,
    }


def _csat_top_box(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    scale, counts = _scale(data), _counts(data)
    satisfied = data.get("top") and scale.points[-data["top"]]
    score = measures.csat(counts, scale=scale, method="top_box", satisfied=satisfied, confidence=data["confidence"])
    mean = measures.mean(counts, scale=scale).value
    return {"csat": score.value, "n": score.n, "ci": [score.low, score.high], "mean": mean}


def _csat_threshold(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    return {"smallest_satisfied": measures.satisfied_from(_scale(data))}


def _ces(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    def ces(method: Literal["mean", "index", "agree"]) -> float | None:
        return measures.ces(_counts(data), method=method, scale=_scale(data)).value

    return {"mean": ces("mean"), "index": ces("index"), "agree_pct": ces("agree")}


def _acsi(data: dict[str, Any], datasets: Datasets) -> dict[str, Any]:
    means = data.get("means")
    if means is None:
        table = datasets[data["dataset"]]
        scale = _scale(data)
        means = [measures.mean(table.column(item), scale=scale).value for item in data["items"]]
    parts = {str(i): mean for i, mean in enumerate(means)}
    weights = {str(i): weight for i, weight in enumerate(data["weights"])}
    return {
        "means": means,
        "weighted": measures.satisfaction_index(parts, scale=_scale(data), weights=weights).value,
        "simple": measures.satisfaction_index(parts, scale=_scale(data)).value,
    }


def _bipolar(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    grades = measures.bipolar_grades(_counts(data), scale=_scale(data))
    return {"mean": grades.mean, "distribution": grades.distribution}


def _rescale(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    low, high = data["to"]
    return {"scores": [measures.rescaled(score, _scale(data), to=(low, high)) for score in data["scores"]]}


def _servqual(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    found = measures.servqual(data["gaps"], data["points"])
    return {"unweighted": found.unweighted, "weighted": found.weighted, "worst": found.worst}


def _aapor(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    counts = Counter(data.get("counts", {}))
    cases = data.get("dispositions", [])
    for code, weight in zip(cases, data.get("weights", [1] * len(cases)), strict=True):
        counts[code] += weight
    found = measures.response_rates(counts, e=data.get("e"))
    return {name if name == "e" else name.upper(): rate for name, rate in fields_of(found).items()}


def _icc(data: dict[str, Any], datasets: Datasets) -> dict[str, Any]:
    found = measures.icc(datasets[data["dataset"]].rows(*data["items"]), judges=data["items"])
    return {
        "ICC1": found.one_way,
        "ICC2": found.random,
        "ICC3": found.mixed,
        "ICC1k": found.one_way_k,
        "ICC2k": found.random_k,
        "ICC3k": found.mixed_k,
    }


def _items(data: dict[str, Any]) -> dict[str, Any]:
    scale = _scale(data) if "scale" in data else None
    return {"items": data["items"], "reverse": data.get("reverse", ()), "scale": scale}


def _alpha(data: dict[str, Any], datasets: Datasets) -> dict[str, Any]:
    found = measures.alpha(
        datasets[data["dataset"]].rows(*data["items"]),
        missing=data.get("missing", "listwise"),
        confidence=data["confidence"],
        **_items(data),
    )
    return {
        "alpha": found.alpha,
        "n_used": found.n,
        "ci": [found.low, found.high],
        "std_alpha": found.std_alpha,
        "guttman_lambda6": found.lambda6,
        "average_r": found.average_r,
        "alpha_if_deleted": found.if_deleted,
        "r_drop": found.r_drop,
    }


def _omega(data: dict[str, Any], datasets: Datasets) -> dict[str, Any]:
    return {"omega_total": measures.omega_total(datasets[data["dataset"]].rows(*data["items"]), **_items(data))}


def _scale_score(data: dict[str, Any], datasets: Datasets) -> dict[str, Any]:
    found = measures.scale_scores(
        datasets[data["dataset"]].rows(*data["items"]),
        missing=data.get("missing", "available"),
        confidence=data["confidence"],
        **_items(data),
    )
    trust = found.reliability
    return {
        "scores": [score for score in found.scores if score is not None],
        "mean": found.mean,
        "sd": found.sd,
        "n_used": found.n,
        "alpha": trust.alpha,
        "ci": [trust.low, trust.high],
        "alpha_if_deleted": trust.if_deleted,
        "omega_total": found.omega,
    }


def _rake(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    names = ("variables", "counts", "weights")
    rows = data["rows"]
    try:
        found = measures.rake(rows, data["targets"], **{name: data[name] for name in names if name in data})
    except measures.EmptyTargetLevel as error:
        return {"error": error.code, "variable": error.variable, "level": error.level}
    result: dict[str, Any] = {
        "weights": found.weights,
        "total": found.total,
        "n_eff": found.n_eff,
        "design_effect": found.design_effect,
        "converged": found.converged,
        "max_relative_margin_error": found.margin_error,
    }
    if "value_sums" in data:
        sums, counts = data["value_sums"], data.get("counts", [1] * len(rows))
        weighted = sum(weight * value for weight, value in zip(found.weights, sums, strict=True))
        result |= {"weighted_mean": weighted / found.total, "unweighted_mean": sum(sums) / sum(counts)}
    return result


def _ipf(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    return {"table": measures.fitted_table(data["seed"], data["row_totals"], data["column_totals"]).table}


def _poststratify(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    return {"weights": measures.poststratified(data["counts"], data["targets"])}


def _drivers(data: dict[str, Any], datasets: Datasets) -> dict[str, Any]:
    columns = (data["outcome"], *data["items"])
    found = measures.key_drivers(datasets[data["dataset"]].rows(*columns), columns=columns, outcome=data["outcome"])
    each = {driver.name: driver for driver in found.drivers}
    return {
        "r2": found.r2,
        "lmg": {name: driver.lmg for name, driver in each.items()},
        "relative_weights": {name: driver.relative_weight for name, driver in each.items()},
        "relative_weights_pct": measures.percentages({name: driver.relative_weight for name, driver in each.items()}),
        "first_r_squared": {name: driver.first_r_squared for name, driver in each.items()},
        "correlation": {name: driver.correlation for name, driver in each.items()},
        "sign": {name: "-" if driver.correlation < 0 else "+" for name, driver in each.items()},
    }


def _quadrants(data: dict[str, Any], datasets: Datasets) -> dict[str, Any]:
    importance = _drivers(data, datasets)[data.get("importance", "lmg")]
    whole = [row for row in datasets[data["dataset"]].rows(data["outcome"], *data["items"]) if None not in row]
    performance = {item: sum(row[i] for row in whole) / len(whole) for i, item in enumerate(data["items"], 1)}
    found = measures.quadrants(importance, performance)
    return {
        "importance": importance,
        "performance": performance,
        "crosshair": {"importance": found.crosshair.importance, "performance": found.crosshair.performance},
        "quadrants": {aspect.name: aspect.quadrant for aspect in found.aspects},
    }


def _released(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    units, direct, threshold = data["units"], data.get("direct", 0), data["threshold"]
    shown = measures.released(units, threshold=threshold, direct=direct)
    result = {unit: unit in shown for unit in units}
    if "parent" in data:
        result[data["parent"]] = sum(units.values()) + direct >= threshold
    return {"shown": result}


def _publication(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    found = measures.publication(
        data["voters"], data["participants"], min_answers=data["min_voters"], min_share=data["min_share"]
    )
    return {"ratings": found.ratings, "average": found.average}


REPEATS: Final = {
    "displayOnce": "once",
    "displayMultiple": "until_answered",
    "displaySome": "some_times",
    "respondMultiple": "always",
}


def _recontact(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    repeat: Any = REPEATS[data["option"]]
    found = measures.recontact(
        date.fromisoformat(data["now"]),
        repeat=repeat,
        shown=data["displays_this"],
        answered=data["responses_this"],
        last_shown=date.fromisoformat(data["last_any"]),
        cooldown_days=data.get("cooldown_override", data["cooldown_days"]),
        most=data.get("limit"),
    )
    return {"eligible": found.eligible}


def _wave(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    found = measures.wave_recontact(
        date.fromisoformat(data["now"]),
        launch=date.fromisoformat(data["launch"]),
        interval_days=data["interval_days"],
        last_answered=date.fromisoformat(data["last_answered"]),
        policy=data["policy"],
    )
    return {"eligible": found.eligible}


def _score_percent(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    shown = [question for question in data["questions"] if question["shown"]]
    return {"percent": measures.points_percent((question["answer_score"], question["max"]) for question in shown)}


def _tabulate(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    return {"percent": {row: measures.percentages(counts) for row, counts in data["rows"].items()}}


def _success_ratio(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    hits = data["completed_success"]
    return {"percent": measures.rate(hits, hits + data["completed_fail"]).value}


def _label_counts(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    counts = Counter(data["answers"])
    languages = data["labels"].items()
    labelled = {language: {label: counts[code] for code, label in labels.items()} for language, labels in languages}
    return {"n": counts.total(), "counts": labelled}


def _kappa(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    found = measures.kappa(data["table"], confidence=data["confidence"])
    return {"kappa": found.value, "se": found.se, "ci": [found.low, found.high]}


def _krippendorff(data: dict[str, Any], _: Datasets) -> dict[str, Any]:
    return {level: measures.krippendorff(data["ratings"], level=level) for level in data["levels"]}


def _scale(data: dict[str, Any]) -> Scale:
    low, high = data["scale"]
    return Scale(low=low, high=high)


def _counts(data: dict[str, Any]) -> dict[float, int]:
    return {float(answer): count for answer, count in data["counts"].items()}


OPERATIONS: Final[dict[str, Operation]] = {
    "nps": _nps,
    "nps_interval": _nps_interval,
    "nps_by_group": _nps_by_group,
    "nps_difference": _nps_difference,
    "proportion_interval": _proportion_interval,
    "proportion_difference": _proportion_difference,
    "homogeneity": _homogeneity,
    "required_sample": _required_sample,
    "csat_top_box": _csat_top_box,
    "csat_threshold": _csat_threshold,
    "ces": _ces,
    "acsi": _acsi,
    "bipolar": _bipolar,
    "rescale": _rescale,
    "servqual_gap": _servqual,
    "aapor_rates": _aapor,
    "icc": _icc,
    "alpha": _alpha,
    "omega_total": _omega,
    "scale_score": _scale_score,
    "rake": _rake,
    "ipf": _ipf,
    "poststratify": _poststratify,
    "key_drivers": _drivers,
    "ipa_quadrants": _quadrants,
    "anonymity_release": _released,
    "publication_threshold": _publication,
    "recontact_eligibility": _recontact,
    "wave_eligibility": _wave,
    "score_percent": _score_percent,
    "tabulate": _tabulate,
    "success_ratio": _success_ratio,
    "label_counts": _label_counts,
    "kappa": _kappa,
    "krippendorff": _krippendorff,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Surveys of others: our figures are the ones that they published."""

import csv
from math import isclose
from pathlib import Path

import pytest

from servicecrm.measures import alpha, nps, percentile, scale_scores, sus


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("scale", ["imag", "expe", "qual", "val", "sat", "loy"])
def test_standardised_alphas_of_a_satisfaction_survey_are_those_of_plspm(shared: Path, scale: str) -> None:
    folder = shared / "data" / "surveys"
    rows = table(folder / "plspm_satisfaction.csv")
    items = [name for name in rows[0] if name.startswith(scale)]
    published = {row[""]: float(row["cronbach_alpha"]) for row in table(folder / "plspm_satisfaction_unidim.csv")}

    found = alpha([[float(row[item]) for item in items] for row in rows], items=items)
    assert found.n == 250
    assert isclose(found.std_alpha or 0.0, published[scale.upper()], abs_tol=1e-12)


def test_the_net_promoter_score_of_a_conference_is_the_published_one(shared: Path) -> None:  # K36
    folder = shared / "data" / "surveys" / "nps_prepbench"
    (published,) = table(folder / "output_01.csv")
    answers = [int(row["On a scale of 0-10, how would you rate Sudzilla?"]) for row in table(folder / "input_02.csv")]

    score = nps(answers)
    assert round(score.value or 0.0, 1) == float(published["NPS Score"])
    assert (score.n, score.parts["promoters"], score.parts["detractors"]) == tuple(
        int(published[name]) for name in ("Total Respondents", "Promoter", "Detractor")
    )


@pytest.mark.parametrize(
    ("prefix", "published"),
    # As its report prints them; the study put 3 in place of the single answers that two people left out.
    [("A", (30, 58.83, 17.50, 60.0)), ("L", (18, 60.69, 14.57, 62.5))],
)
def test_system_usability_scores_of_a_study_are_those_of_its_report(
    shared: Path, prefix: str, published: tuple[int, float, float, float]
) -> None:
    rows = table(shared / "data" / "surveys" / "sus_study" / "clean_data_quantitative.csv")
    answers = [[row[f"{prefix}_SUS{i:02}"] for i in range(1, 11)] for row in rows]
    given = [[3 if x == "NA" else int(x) for x in row] for row in answers if row.count("NA") < 10]

    scores = [sus(row) for row in given]
    of_all = scale_scores([[score] for score in scores], items=["sus"])
    median = percentile([score for score in scores if score is not None], 50, rule="linear")
    assert (of_all.n, round(of_all.mean or 0.0, 2), round(of_all.sd or 0.0, 2), median) == published

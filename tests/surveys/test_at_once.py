"""Two desks that publish at the same time."""

from typing import Any

import pytest

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Decision
from servicecrm.surveys import SurveyEvaluation, evaluations
from tests.desk.places import empty_tables
from tests.servers import Postgres
from tests.surveys.campaigning import a_desk, an_open_campaign


def test_while_one_is_published_another_one_is_made_and_published_first(  # C080, C082
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads before the other one is there cannot have seen it, and together they would tell of a few."""

    def reviewed(crm: Any, campaign: str, **how: Any) -> str:
        id: str = crm.evaluations.draft(crm.evaluations.of(campaign, **how), threshold={}).id
        crm.evaluations.conclude(id, "It is known.")
        crm.evaluations.review(id)
        return id

    with empty_tables(postgres) as url, a_desk(url) as (crm, _), a_desk(url) as (other, _):
        campaign, publish, made = an_open_campaign(crm, mode="confidential").id, evaluations.publish, list[str]()
        for n in range(12):
            crm.responses.record(campaign, {"overall": n % 6 + 1})
        crm.campaigns.close(campaign)
        ours = reviewed(crm, campaign)

        def publish_later(found: SurveyEvaluation, *more: Any, **told: Any) -> Decision[SurveyEvaluation]:
            if not made:
                made.append(reviewed(other, campaign, by="service"))
                assert other.evaluations.publish(made[0]).state == "published"
            return publish(found, *more, **told)

        monkeypatch.setattr(evaluations, "publish", publish_later)
        with pytest.raises(PolicyViolation, match="not made of the same responses in the same way"):
            crm.evaluations.publish(ours)
        assert crm.evaluations.get(ours).state == "reviewed"

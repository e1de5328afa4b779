"""The kinds of records that come with servicecrm."""

from typing import Any, Final

from servicecrm.agreements import schema as agreements
from servicecrm.cases import schema as cases
from servicecrm.complaints.schema import COMPLAINT, POLICIES
from servicecrm.improvements.schema import PROPOSAL
from servicecrm.kernel.kinds import Kind
from servicecrm.portfolio import schema as portfolio
from servicecrm.reviews import schema as reviews
from servicecrm.surveys import schema as surveys
from servicecrm.surveys.evaluation_schema import SURVEY_EVALUATION
from servicecrm.tracking.action_schema import ACTION_ITEM
from servicecrm.tracking.books import CALENDARS, TARGETS
from servicecrm.tracking.schema import CLOCK, MESSAGE

__all__ = ["SHIPPED", "WITHOUT_HISTORY"]

SHIPPED: Final[tuple[Kind[Any], ...]] = (
    COMPLAINT,
    MESSAGE,
    POLICIES,
    cases.CASE,
    cases.REQUEST_TYPE,
    cases.ROUTING,
    cases.POLICIES,
    ACTION_ITEM,
    CLOCK,
    TARGETS,
    CALENDARS,
    portfolio.CUSTOMER,
    portfolio.INTERACTION,
    portfolio.PROSPECT,
    portfolio.PARTNER,
    portfolio.SNAPSHOT,
    portfolio.POLICIES,
    agreements.SERVICE,
    agreements.AGREEMENT,
    agreements.GENERAL_AGREEMENT,
    agreements.VIOLATION,
    agreements.POLICIES,
    surveys.QUESTIONNAIRE,
    surveys.CAMPAIGN,
    surveys.INVITATION,
    surveys.RESPONSE,
    SURVEY_EVALUATION,
    reviews.MEETING,
    reviews.SERVICE_REVIEW,
    reviews.NEED,
    reviews.SCHEDULE,
    reviews.REPORT_SPEC,
    reviews.POLICIES,
    PROPOSAL,
)

WITHOUT_HISTORY: Final[tuple[Kind[Any], ...]] = (surveys.ANSWER,)
"""Kinds of rows that every store keeps beside its records, and of which no journal tells."""

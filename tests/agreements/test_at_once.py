"""Two desks that sign at the same time."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from servicecrm.agreements import GeneralAgreement, general
from servicecrm.desk import connect
from servicecrm.errors import PolicyViolation, ServiceCRMError
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.testing import FixedClock
from tests.agreements.making import ANN, CAFE, MONDAY
from tests.desk.places import empty_tables
from tests.servers import Postgres


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    with empty_tables(postgres) as url:
        yield url


def test_of_two_drafts_that_are_signed_at_once_one_comes_into_force(  # C027, C029
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each desk decides when both have read, and neither has saved: neither finds the other one in force."""
    both_have_read, waited, sign = threading.Barrier(2), set[str](), general.sign
    refused: list[ServiceCRMError] = []

    def sign_later(found: GeneralAgreement, *party: Any, **told: Any) -> tuple[Decision[GeneralAgreement], ...]:
        if found.id not in waited:  # whoever came second tries again alone
            waited.add(found.id)
            both_have_read.wait(10)
        return sign(found, *party, **told)

    def sign_it(id: str) -> None:
        with connect(url, actor="bea", clock=FixedClock()) as other:
            try:
                other.general_agreements.sign(id, "provider")
            except ServiceCRMError as error:
                refused.append(error)

    with connect(url, actor=ANN, clock=FixedClock()) as crm:
        desk = crm.general_agreements
        drafts = [desk.draft("A day.", customer=CAFE, first_day=MONDAY.date()).id for _ in range(2)]
        for id in drafts:
            desk.sign(id, "customer")
        monkeypatch.setattr(general, "sign", sign_later)
        threads = [threading.Thread(target=sign_it, args=(id,)) for id in drafts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(each.state for each in desk.find(where("customer") == CAFE)) == ["draft", "in_force"]
        assert [type(each) for each in refused] == [PolicyViolation]

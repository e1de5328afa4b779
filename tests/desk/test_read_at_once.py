"""What a desk looks through it reads in a few requests, however much there is of it."""  # C125

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from servicecrm.agreements import Agreement
from servicecrm.agreements.schema import AGREEMENT
from servicecrm.desk import Desk
from servicecrm.kernel.decisions import Decision, begin, stamp
from servicecrm.kernel.filters import where
from servicecrm.kernel.records import evolve
from servicecrm.processes.low_score import rule
from servicecrm.storage.store import Answer, Mode
from servicecrm.testing import FixedClock
from servicecrm.testing.makers import MONDAY
from tests.agreements.making import in_force, signed
from tests.desk.calling import bring
from tests.storage.planting import Planted
from tests.surveys.campaigning import LINK, an_open_campaign

Asked = Callable[[Callable[[], object]], Counter[str]]


@pytest.fixture
def kind() -> str:
    """One kind of store: all are asked alike."""
    return "memory"


@pytest.fixture
def asked(crm: Desk, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Counts the requests to the tables that something takes, by what is asked for."""
    transaction = crm.store.engine.transaction

    def asked(does: Callable[[], object]) -> Counter[str]:
        requests: Counter[str] = Counter()

        @contextlib.contextmanager
        def counting(tenant: str, mode: Mode) -> Iterator[Answer]:
            with transaction(tenant, mode) as answer:

                def counted(op: Any) -> Any:
                    requests[op.method] += 1
                    return answer(op)

                yield counted

        with monkeypatch.context() as patch:
            patch.setattr(crm.store.engine, "transaction", counting)
            does()
        return requests

    return asked


def planted(record: Agreement) -> Decision[Agreement]:
    return begin(evolve(record, number=None), Planted(**stamp("ann", MONDAY)))


def test_agreements_whose_day_has_come_are_read_at_once(crm: Desk, asked: Asked, clock: FixedClock) -> None:  # C029
    def due(*names: str) -> None:
        for name in names:
            before = in_force(f"a-{name}", last_day=MONDAY.date())
            crm.save(planted(evolve(before, successor=f"b-{name}")))
            crm.save(planted(evolve(signed(f"b-{name}"), predecessor=f"a-{name}")))
        clock.advance(days=60)

    due("1")
    one = asked(crm.agreements.advance)
    due(*map(str, range(10, 30)))
    assert asked(crm.agreements.advance) == one
    assert crm.agreements.count(where("state") == "in_force") == 21


def test_an_agreement_that_cannot_be_read_keeps_no_other_from_its_day(
    crm: Desk, clock: FixedClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(crm, "agreements", "signed")
    odd = bring(crm, "agreements", "signed")
    load = type(AGREEMENT.schema).load_text

    def broken(schema: Any, text: str, **told: Any) -> Any:
        if odd.id in text:
            AGREEMENT.schema.load({}, version=1, revision=1)
        return load(schema, text, **told)

    clock.advance(days=60)
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING, "servicecrm"):
        patch.setattr(type(AGREEMENT.schema), "load_text", broken)
        assert [each.state for each in crm.agreements.advance()] == ["in_force"]
    assert f"the agreement {odd.id} cannot be brought up to date" in caplog.text


def test_what_people_said_before_is_read_at_once(crm: Desk, asked: Asked, clock: FixedClock) -> None:  # C082
    twice = rule("again", {"item": "overall", "at_most": 4}, title="Call", owner="care", times=2)
    people = [f"person-{n}" for n in range(25)]

    def answered(*contacts: str) -> str:
        clock.advance(days=200)  # nobody is asked too often
        campaign = an_open_campaign(crm, mode="identified")
        for each in crm.invitations.invite(campaign.id, contacts, link=LINK).invitations:
            crm.responses.answer(each.token, {"overall": 2})
        return campaign.id

    answered(*people)
    few, many = answered(*people[:1]), answered(*people[1:])

    one = asked(lambda: crm.evaluations.call_back(few, [twice]))
    assert crm.actions.count() == 1
    assert asked(lambda: crm.evaluations.call_back(many, [twice])) == one
    assert crm.actions.count() == len(people)


def test_records_whose_clocks_are_due_are_read_at_once(crm: Desk, asked: Asked, clock: FixedClock) -> None:  # C037
    def swept(n: int) -> int:
        for _ in range(n):
            crm.complaints.record(subject="Dry", channel="phone")
        clock.advance(days=10)
        return asked(crm.sweep)["fetch"]

    assert swept(1) <= swept(40) < 20

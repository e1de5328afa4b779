"""The story of a public office, whole: a citizen calls an official on a Monday, and no ball that is dropped stays so.

The numbers are the steps of the outline by which such offices work, from the first call (1) to the calls that come when
all is done (18) and the work of every day (19). After each step the outbox holds what has to be told, and nothing else.
"""

from collections.abc import Iterator, Set
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from json import loads
from typing import Any

import pytest

from servicecrm.cases import Attribute, Case, Link, LinkKind, RequestType, Router, RoutingRule
from servicecrm.desk import Desk, House, connect
from servicecrm.errors import GuardNotMet
from servicecrm.kernel.records import evolve
from servicecrm.notifications.standard import SUPERVISOR_COPIES
from servicecrm.storage import Entry
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import Ladder, Rung, Target, Targets, Timer, on, usual

CITIZEN, COUNCIL = "citizen-7", "council-3"
CLERK, DISPATCH, TIM = "olga@council.example", "dispatch@city.example", "tim@city.example"
WANDA, PAUL, VERA = "wanda@water.example", "paul@water.example", "vera@water.example"

Told = Set[tuple[str, str]]
"""In which words somebody is told, and who; the words say of which event, and the part that somebody has in it."""

TARGETS = Targets(
    targets=(
        usual("accept", "4h business"),
        Target(
            name="answer_or_contact",
            within="2 business days",
            start=on("accepted", "reopened"),
            stop=on("answered", "closed") + on("contact", codes=("reached",)),
            each=True,
        ),
        usual("resolution", "10 business days"),
        usual("demanded_update", "1 business day", ladder=Ladder(rungs=(Rung(at="due", to="supervisor"),))),
    )
)


class Office:
    """An office on an empty store, open from Monday to Friday, 9 to 17; Vera is the supervisor."""

    def __init__(self, crm: Desk, clock: FixedClock, *, copies: bool) -> None:
        self.crm, self.clock, self.copies = crm, clock, copies
        self._known: set[str] = set()
        crm.policies.publish(
            RequestType(code="no-water", attributes=(Attribute(code="since", required=True),)), effective=MONDAY
        )
        crm.policies.publish(
            Router(rules=(RoutingRule(name="water", types=("no-water",), queue="water", handler=WANDA),)),
            effective=MONDAY,
        )
        crm.policies.publish(TARGETS, name="case", effective=MONDAY)
        self.clerk: Desk = crm.acting_as(CLERK, on_behalf_of=COUNCIL)
        self.wanda, self.paul, self.tim = map(crm.acting_as, (WANDA, PAUL, TIM))

    def told(self) -> Told:
        """What has come into the outbox since the last look, each thing once and to be delivered at once."""
        new = [queued for queued in self.crm.outbox.pending(limit=1_000) if queued.key not in self._known]
        self._known |= {queued.key for queued in new}
        told = {(queued.topic, queued.recipient) for queued in new}
        assert len(told) == len(new)
        assert all(queued.not_before in (None, self.clock()) for queued in new)
        return told

    def copy(self, words: str) -> Told:
        """What the supervisor is told where the switch for copies is on."""
        return {(words, VERA)} if self.copies else set()

    def calls(self, subject: str, *, same_issue_as: str | None = None) -> Case:
        """The citizen calls the official again, and the clerk logs it."""
        return self.clerk.cases.open(
            subject=subject, channel="phone", requester=CITIZEN, sponsor=COUNCIL, same_issue_as=same_issue_as
        )

    def sweep(self) -> Told:
        """Whom a sweep tells what."""
        self.crm.acting_as("sweep").sweep()
        return self.told()

    def timer(self, case: Case, name: str) -> Timer:
        """The last timer of this name."""
        return self.crm.timers(case.id)[name]

    def work_of(self, handler: str) -> list[str]:
        """What somebody has to do, by number."""
        return [case.number for case in self.crm.worklist(handler)]


def the_story(office: Office, *, in_time: bool) -> None:
    """All of it, with or without the update that the system asks for."""
    case = a_call_is_logged_and_somebody_takes_it_on(office)
    it_is_forwarded(office, case)
    the_ball_is_dropped(office, case)
    (an_update_comes_in_time if in_time else no_update_comes)(office, case)
    the_citizen_is_reached_at_the_third_call(office, case)
    it_is_answered_and_closed(office, case)
    the_citizen_calls_about_something_else(office, case)
    the_citizen_calls_about_the_same(office, case)


def a_call_is_logged_and_somebody_takes_it_on(office: Office) -> Case:
    # 1, 2: on Monday at nine a citizen calls an official, whose clerk logs it.
    case = office.clerk.cases.open(
        subject="No water since Sunday",
        channel="phone",
        requester=CITIZEN,
        sponsor=COUNCIL,
        request_type="no-water",
        attributes={"since": "Sunday evening"},
    )
    assert (case.number, case.logged_by, case.state) == ("CAS-2026-000001", CLERK, "new")
    # 3: the official hears of it, and the citizen has a receipt.
    assert office.told() == {("received", CITIZEN), ("copy_received", COUNCIL)}

    # 4, 5, 6: the rules send it to the department responsible, where somebody hears of it at once.
    case = office.clerk.cases.route(case.id)
    assert (case.queue, case.handler) == ("water", WANDA)
    assert office.crm.history(case.id)[-1].data["rule"] == "water"
    assert office.told() == {("assigned", WANDA)}
    assert office.work_of(WANDA) == [case.number]

    # 7, 8: she takes it on with a promise, and the official's office hears that it is in the right hands.
    assert "answer_or_contact" not in office.crm.timers(case.id)
    office.clock.advance(hours=1)
    case = office.wanda.cases.accept(case.id, expected_by=MONDAY + timedelta(days=11))
    assert office.told() == {("acknowledged_until", CITIZEN), ("copy_accepted", COUNCIL)}

    # 9, 10: that closes nothing, and from now on she has two days to find an answer or to reach the citizen.
    assert case.state == "acknowledged"
    assert office.timer(case, "accept").result == "met"
    timer = office.timer(case, "answer_or_contact")
    assert (timer.started_at, timer.due_at) == (office.clock(), office.clock() + timedelta(days=2))
    return case


def it_is_forwarded(office: Office, case: Case) -> None:
    # 11, 12: she asks for it to be given to somebody who knows more. He hears of it, and so do she and the office.
    due = office.timer(case, "answer_or_contact").due_at
    office.clock.advance(hours=1)
    office.crm.cases.forward(case.id, PAUL, reason="He knows the pumps.")
    assert office.told() == {("assigned", PAUL), ("forwarded_away", WANDA), ("copy_forwarded", COUNCIL)}
    assert (office.work_of(WANDA), office.work_of(PAUL)) == ([], [case.number])

    # He has to take it on in turn, while the time for the citizen goes on as it was.
    office.clock.advance(hours=1)
    office.paul.cases.accept(case.id)
    assert office.told() == {("acknowledged", CITIZEN), ("copy_accepted", COUNCIL)}
    assert [timer.result for timer in office.crm.timers(case.id).each("accept")] == ["met", "met"]
    assert office.timer(case, "answer_or_contact").due_at == due


def the_ball_is_dropped(office: Office, case: Case) -> None:
    # 13: he gets sidetracked. As long as there is time, nobody is bothered.
    office.clock.advance(days=1, hours=22)
    assert office.sweep() == set()
    # Then he and the official's office are told, and he is asked for an update at once (14), within a day.
    office.clock.advance(minutes=1)
    dropped = {("missed", PAUL), ("copy_missed", COUNCIL), ("update_demanded", PAUL)}
    assert office.sweep() == dropped | office.copy("copy_missed")
    assert office.sweep() == set()
    assert office.timer(case, "answer_or_contact").result == "missed"
    assert office.timer(case, "demanded_update").due_at == office.clock() + timedelta(days=1)


def an_update_comes_in_time(office: Office, case: Case) -> None:
    office.clock.advance(hours=3)
    office.paul.cases.give_update(case.id, "The valve is ordered.")
    assert office.told() == {("update", CITIZEN), ("copy_update", COUNCIL)} | office.copy("copy_update")
    assert office.timer(case, "demanded_update").result == "met"

    office.clock.advance(hours=22)
    assert office.sweep() == set()


def no_update_comes(office: Office, case: Case) -> None:
    office.clock.advance(hours=24, minutes=1)
    missed = {("missed", PAUL), ("copy_missed", COUNCIL)} | office.copy("copy_missed")
    assert office.sweep() == missed | {("escalated", VERA), ("copy_escalated", PAUL)}
    assert office.sweep() == set()

    # An update that comes later is still one, but it came too late.
    office.clock.advance(minutes=59)
    office.paul.cases.give_update(case.id, "The valve is ordered.")
    assert office.told() == {("update", CITIZEN), ("copy_update", COUNCIL)} | office.copy("copy_update")
    assert office.timer(case, "demanded_update").result == "missed"


def the_citizen_is_reached_at_the_third_call(office: Office, case: Case) -> None:
    # 14: the official's office may ask as well.
    office.clerk.cases.request_update(case.id)
    assert office.told() == {("update_demanded", PAUL)}

    # 15: he calls the citizen. A voicemail is no contact, so that the time runs on.
    for note in ("Rang.", "Rang again."):
        office.clock.advance(hours=1)
        office.paul.cases.contact(case.id, "voicemail", note=note)
        assert not office.timer(case, "answer_or_contact").done
    assert office.crm.cases.get(case.id).attempts == 2
    office.clock.advance(hours=1)
    office.paul.cases.contact(case.id, "reached", note="The citizen is in from four o'clock.")
    assert office.timer(case, "answer_or_contact").stopped_at == office.clock()
    assert not office.timer(case, "resolution").done
    assert office.told() == set()


def it_is_answered_and_closed(office: Office, case: Case) -> None:
    # 15, 16: he answers; the office has a copy, and where the house wants it the supervisor, too.
    office.paul.cases.answer(case.id, "A new valve is in.")
    assert office.told() == {("answered", CITIZEN), ("copy_answered", COUNCIL)} | office.copy("copy_answered")
    assert office.timer(case, "resolution").result == "met"

    # 17: nothing is closed over the head of somebody who has asked how it stands.
    with pytest.raises(GuardNotMet, match="every request for an update is answered"):
        office.paul.cases.close(case.id, "done")
    office.paul.cases.give_update(case.id, "A new valve is in.")
    assert office.told() == {("update", CITIZEN), ("copy_update", COUNCIL)} | office.copy("copy_update")
    office.paul.cases.close(case.id, "done")
    assert office.told() == {("closed", CITIZEN), ("copy_closed", COUNCIL)} | office.copy("copy_closed")
    assert office.work_of(PAUL) == []
    assert not office.crm.cases.dossier(CITIZEN).is_open


def the_citizen_calls_about_something_else(office: Office, case: Case) -> None:
    # 18: the file is open again, with all that was before; what was closed stays closed. No rule fits this one.
    office.clock.advance(days=4)
    other = office.calls("The bill is wrong")
    dossier = office.crm.cases.dossier(CITIZEN)
    assert dossier.open_cases == (other,)
    assert dossier.background(other) == (office.crm.cases.get(case.id),)
    assert office.told() == {("received", CITIZEN), ("copy_received", COUNCIL)}
    office.clerk.cases.route(other.id)
    assert office.told() == {("new", "triage")}
    assert office.work_of("triage") == [other.number]

    office.tim.cases.accept(other.id)
    assert office.told() == {("acknowledged", CITIZEN), ("copy_accepted", COUNCIL)}
    office.tim.cases.contact(other.id, "reached", note="A new bill is in the mail.", answered=True)
    assert office.told() == {("answered", CITIZEN), ("copy_answered", COUNCIL)} | office.copy("copy_answered")
    office.tim.cases.close(other.id, "answered")
    assert office.told() == {("closed", CITIZEN), ("copy_closed", COUNCIL)} | office.copy("copy_closed")


def the_citizen_calls_about_the_same(office: Office, case: Case) -> None:
    # Soon after the closing, the case is taken up again by whoever had it.
    again = office.calls("Dry again", same_issue_as=case.number)
    assert (again.id, again.state, again.handler) == (case.id, "in_work", PAUL)
    assert office.told() == {("work_reopened", PAUL), ("reopened", CITIZEN), ("copy_reopened", COUNCIL)}
    assert office.work_of(PAUL) == [case.number]
    assert [timer.done for timer in office.crm.timers(case.id).each("answer_or_contact")] == [True, False]
    office.paul.cases.answer(case.id, "The other valve, too.")
    office.paul.cases.close(case.id, "done")
    ended = {("answered", CITIZEN), ("copy_answered", COUNCIL), ("closed", CITIZEN), ("copy_closed", COUNCIL)}
    assert office.told() == ended | office.copy("copy_answered") | office.copy("copy_closed")

    # Long after it there is a new case, which is linked to the old one.
    office.clock.advance(days=31)
    assert office.sweep() == set()
    new = office.calls("Dry again", same_issue_as=case.number)
    assert new.links == (Link(kind=LinkKind.SAME_ISSUE, case=case.id),)
    assert office.told() == {("received", CITIZEN), ("copy_received", COUNCIL)}
    assert office.crm.cases.dossier(CITIZEN).open_cases == (new,)


@contextmanager
def an_office(url: str, *, copies: bool = False) -> Iterator[Office]:
    """An office on an empty store; with `copies` its supervisor has copies."""
    clock = FixedClock(MONDAY)
    house = House(
        switches=(SUPERVISOR_COPIES,) if copies else (),
        roles=lambda role, _: (VERA,) if role == "supervisor" else (),
    )
    with connect(url, actor=DISPATCH, clock=clock, ids=SeededIds(), house=house) as crm:
        yield Office(crm, clock, copies=copies)


@pytest.mark.parametrize("copies", [False, True], ids=["no copies", "copies to the supervisor"])
@pytest.mark.parametrize("in_time", [True, False], ids=["an update in time", "no update"])
def test_everybody_is_told_what_they_have_to_know_and_nothing_else(url: str, copies: bool, in_time: bool) -> None:
    # C035-C039, C057-C066, C068
    with an_office(url, copies=copies) as office:
        the_story(office, in_time=in_time)


def test_the_story_leaves_the_same_journal_and_the_same_notices_wherever_it_is_told(url: str) -> None:  # C004, C061
    with an_office(url, copies=True) as office, an_office("memory:", copies=True) as again:
        the_story(office, in_time=False)
        the_story(again, in_time=False)

        assert everything(office.crm) == everything(again.crm)


def test_whoever_forwards_a_case_is_not_told_of_it(url: str) -> None:  # C061, C062
    with an_office(url) as office:
        case = a_call_is_logged_and_somebody_takes_it_on(office)
        office.wanda.cases.forward(case.id, PAUL, reason="He knows the pumps.")

        assert office.told() == {("assigned", PAUL), ("copy_forwarded", COUNCIL)}


def test_of_whoever_stays_silent_one_update_is_asked_for_and_no_more(url: str) -> None:  # C037, C063
    with an_office(url) as office:
        a_call_is_logged_and_somebody_takes_it_on(office)
        missed = {("missed", WANDA), ("copy_missed", COUNCIL)}
        office.clock.advance(days=3)
        assert office.sweep() == missed | {("update_demanded", WANDA)}
        office.clock.advance(days=1, hours=1)
        assert office.sweep() == missed | {("escalated", VERA), ("copy_escalated", WANDA)}
        office.clock.advance(days=7)  # now the promise to the citizen is broken, too

        assert office.sweep() == missed


def test_a_case_that_is_reopened_after_its_promise_is_not_late_at_once(url: str) -> None:  # C036, C066
    with an_office(url) as office:
        case = a_call_is_logged_and_somebody_takes_it_on(office)
        office.wanda.cases.answer(case.id, "A new valve is in.")
        office.wanda.cases.close(case.id, "done")
        office.told()
        office.clock.advance(days=14)
        office.calls("Dry again", same_issue_as=case.number)

        assert office.told() == {("work_reopened", WANDA), ("reopened", CITIZEN), ("copy_reopened", COUNCIL)}
        assert office.timer(case, "resolution").result is None


def everything(crm: Desk) -> tuple[list[Any], list[Entry]]:
    """Every record and notice, and every entry of the journal without its hash: that is salted, anew in each run."""
    lines = StringIO()
    crm.export(lines)
    rows = [row for row in map(loads, lines.getvalue().splitlines()) if row[0] in ("record", "notice")]
    journal = [entry for row in rows if row[0] == "record" for entry in crm.history(row[2])]
    return rows, [evolve(entry, hash="") for entry in journal]

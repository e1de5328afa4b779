"""Each person is told once, in the role that binds most; nobody is told what he did himself."""  # C061, C092, R15

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import complaints
from servicecrm.errors import InvalidValue, NaiveDatetime
from servicecrm.kernel.decisions import Decision, Step, stamp
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.notices import Notice
from servicecrm.kernel.records import evolve, record
from servicecrm.notifications import (
    MATRIX,
    SUPERVISOR_COPIES,
    Entry,
    Fact,
    Matrix,
    Party,
    facts_of,
    notices,
    undelivered,
)
from servicecrm.tracking.clock_events import RecordEscalated, TimerMissed, TimerWarned
from tests.notifications.conftest import MONDAY

PEOPLE = {
    Party.REQUESTER: "lin",
    Party.SPONSOR: "council",
    Party.HANDLER: "ann",
    Party.PREVIOUS_HANDLER: "bob",
    Party.TEAM: ("cy", "dee"),
    Party.SUPERVISOR: "eve",
    Party.FOLLOWER: ("fay",),
}
ROLES: dict[Party, str | Collection[str] | None] = {**PEOPLE}
OPENED = "case.opened"
VALUES = {
    "timer": "accept",
    "due_at": MONDAY,
    "to": "ombudsman",
    "service": "water",
    "target": "availability",
    "period": "2026-03",
}
"""What the matrix promises of some event."""


def fact(event: str = OPENED, *, by: str = "desk", key: str = "case:c-1:1", **values: object) -> Fact:
    given = FrozenMap({name: v.isoformat() if isinstance(v, datetime) else v for name, v in values.items()})
    return Fact(event=event, kind="case", id="c-1", number="CAS-2026-000001", key=key, by=by, at=MONDAY, values=given)


def told(*found: Notice) -> dict[str, str]:
    return {notice.recipient: notice.topic for notice in found}


@attrs.frozen
class Only:
    """Wants these topics and no others."""

    topics: Collection[str]

    def wants(self, recipient: str, topic: str) -> bool:
        return topic in self.topics


# -- the story: eight events, and who hears of them ---------------------------------------------

STORY = {
    "case.opened": {"lin", "council", "fay"},
    "case.routed": {"ann"},
    "case.accepted": {"lin", "council", "fay"},
    "case.forwarded": {"ann", "bob", "council"},
    "timer.missed": {"ann", "council"},
    "case.update_requested": {"ann"},
    "case.answered": {"lin", "council", "fay"},
    "case.closed": {"lin", "council", "fay", "ann"},
}
COPIED = {"timer.missed", "case.answered", "case.closed"}


@pytest.mark.parametrize("event", STORY)
@pytest.mark.parametrize("copies", [False, True])
def test_the_story_tells_exactly_whom_it_should(event: str, copies: bool) -> None:  # C061: with and without supervisor
    switches = {SUPERVISOR_COPIES} if copies else set()

    found = notices([fact(event, timer="accept", due_at=MONDAY)], MATRIX, parties=ROLES, switches=switches)

    supervisor = {"eve"} if copies and event in COPIED else set()
    assert {notice.recipient for notice in found} == STORY[event] | supervisor
    assert len(found) == len(STORY[event] | supervisor)


# -- properties ----------------------------------------------------------------------------------

events = st.sampled_from(sorted({entry.event for entry in MATRIX.entries}))
ids = st.sampled_from(["ann", "bob", "cy", "d:e", "d%3Ae"])
parties = st.dictionaries(st.sampled_from(list(Party)), st.frozensets(ids))
keys = st.integers(1, 3).map("case:c-1:{}".format)
facts = st.lists(st.builds(lambda event, by, key: fact(event, by=by, key=key, **VALUES), events, ids, keys))


@given(facts, parties, st.frozensets(st.sampled_from(["copy_closed", "update", "new"])), st.booleans())
def test_nobody_is_told_twice_or_of_his_own_deed_or_what_he_does_not_want(
    facts: list[Fact], parties: dict[Party, frozenset[str]], topics: frozenset[str], on: bool
) -> None:
    switches = {SUPERVISOR_COPIES} if on else set()
    found = notices(facts, MATRIX, parties=parties, preferences=Only(topics), switches=switches)

    assert len({notice.key for notice in found}) == len(found)
    events = {notice.key: notice.key.split(":")[3] for notice in found}
    assert len({(events[n.key], n.recipient) for n in found}) == len(found)
    for notice in found:
        entries = [
            e for e in MATRIX.of(events[notice.key]) if e.given is None and notice.recipient in parties.get(e.party, ())
        ]
        assert notice.topic in {entry.template for entry in entries}
        assert any(entry.duty for entry in entries) == notice.body["duty"]
        assert notice.body["duty"] or notice.topic in topics
        own = any(f.by != notice.recipient for f in facts if f.event == events[notice.key])
        assert own or any(entry.receipt for entry in entries)


@given(facts, parties)
def test_a_duty_is_told_whatever_people_want(facts: list[Fact], parties: dict[Party, frozenset[str]]) -> None:
    everything = notices(facts, MATRIX, parties=parties)
    nothing = notices(facts, MATRIX, parties=parties, preferences=Only(()))

    assert {n.key for n in nothing} == {n.key for n in everything if n.body["duty"]}


@given(facts, parties)
def test_the_same_facts_give_the_same_notices(facts: list[Fact], parties: dict[Party, frozenset[str]]) -> None:  # R15
    turned = {party: tuple(sorted(people, reverse=True)) for party, people in reversed(parties.items())}

    assert notices(facts, MATRIX, parties=parties) == notices(facts, MATRIX, parties=turned)


@given(*(st.text("a:%23A.1", min_size=1) for _ in range(4)))
def test_different_ids_never_share_a_key(one: str, other: str, first: str, second: str) -> None:  # R16
    def key(id: str, recipient: str) -> str:
        decision = complaints.record(id=id, subject="No water", channel="phone", by="desk", at=MONDAY)
        (notice,) = notices(facts_of(decision, kind="complaint"), MATRIX, parties={"requester": recipient})
        return notice.key

    assert (key(one, first) == key(other, second)) == ((one, first) == (other, second))


# -- examples ------------------------------------------------------------------------------------


def test_a_person_in_two_roles_gets_the_notice_that_binds_most() -> None:
    found = notices([fact("case.forwarded")], MATRIX, parties={"sponsor": "ann", "handler": "ann"})

    assert told(*found) == {"ann": "assigned"}


def test_who_opted_out_in_one_role_is_told_in_the_other() -> None:
    found = notices([fact("case.closed")], MATRIX, parties={"handler": "ann", "requester": "ann"}, preferences=Only(()))

    assert told(*found) == {"ann": "closed"}


def test_a_receipt_goes_to_whoever_wrote_himself() -> None:  # ISO 10002: an acknowledgement is owed
    assert told(*notices([fact(by="lin")], MATRIX, parties=ROLES))["lin"] == "received"
    assert "ann" not in told(*notices([fact("case.routed", by="ann")], MATRIX, parties=ROLES))


def test_a_team_is_told_while_there_is_no_handler() -> None:
    assert told(*notices([fact("case.routed")], MATRIX, parties={"team": ["cy"]})) == {"cy": "new"}
    for nobody in (None, (), "", [" "]):
        assert "cy" in told(*notices([fact("case.routed")], MATRIX, parties={"team": "cy", "handler": nobody}))


def test_a_promise_is_told_where_one_was_given() -> None:  # C038, C060
    by: dict[str, Any] = {"promised_by": MONDAY + timedelta(days=4)}
    (promised,) = notices([fact("case.accepted", **by)], MATRIX, parties={"requester": "lin"})
    (plain,) = notices([fact("case.accepted")], MATRIX, parties={"requester": "lin"})

    assert (promised.topic, promised.body["promised_by"]) == ("acknowledged_until", "2026-03-06T09:00:00+00:00")
    assert (plain.topic, "promised_by" in plain.body) == ("acknowledged", False)
    for event in ("case.promise_given", "case.promise_extended"):
        assert told(*notices([fact(event, **by)], MATRIX, parties={"requester": "lin"})) == {"lin": "promised"}
    assert notices([fact("case.forwarded")], MATRIX, parties={"requester": "lin"}) == ()


def test_several_facts_of_one_type_give_one_notice_and_of_two_types_two() -> None:
    times = (MONDAY, MONDAY + timedelta(hours=1))
    warned = [fact("timer.warned", timer="accept", due_at=at) for at in times]
    found = notices([*warned, fact("timer.missed", timer="accept", due_at=MONDAY)], MATRIX, parties={"handler": "ann"})

    assert [notice.topic for notice in found] == ["warned", "missed"]
    assert found[0].body["due_at"] == "2026-03-02T09:00:00+00:00"  # the first, which is the most pressing


def test_a_notice_holds_numbers_dates_and_codes_only() -> None:
    complaint = complaints.record(
        id="c-1", number="CMP-1", subject="Secret subject", complainant="Lin", channel="phone", by="desk", at=MONDAY
    ).after
    decision, _ = complaints.message(complaint, "Secret text", side="outside", id="m-1", by="desk", at=MONDAY)
    (message,) = facts_of(decision, kind="complaint", severity="high")

    assert message.values == {"message": "m-1", "severity": "high"}
    ours = evolve(MATRIX, values=FrozenMap({"complaint.message_received": ("severity",)}))
    found = notices([message], ours, parties={"handler": "ann"}, not_before=MONDAY + timedelta(days=1))
    assert found == (
        Notice(
            key="complaint:c-1:1:complaint.message_received:ann",
            topic="message",
            recipient="ann",
            kind="complaint",
            id="c-1",
            body=FrozenMap(
                {
                    "severity": "high",
                    "number": "CMP-1",
                    "at": "2026-03-02T09:00:00+00:00",
                    "duty": True,
                }
            ),
            not_before=MONDAY + timedelta(days=1),
        ),
    )
    assert "Secret" not in repr(found) + str(dict(found[0].body))


def test_each_save_of_a_record_has_keys_of_its_own() -> None:  # R16: a reopening tells again
    new = complaints.record(id="c-1", subject="No water", channel="phone", by="desk", at=MONDAY)
    saved = evolve(new.after, revision=7)
    again = complaints.acknowledge(saved, by="desk", at=MONDAY)

    assert [f.key for f in facts_of(new, kind="complaint")] == ["complaint:c-1:1"]
    assert [f.key for f in facts_of(again, kind="complaint")] == ["complaint:c-1:8"]


def test_a_clock_tells_of_the_record_that_it_is_about() -> None:
    given: dict[str, Any] = {"timer": "answer", "n": 1, "to": ("handler",), "due_at": MONDAY}
    later = MONDAY + timedelta(hours=8)
    warned = TimerWarned(**stamp("sweep", MONDAY), **given, threshold="75%", quiet=True)
    missed = TimerMissed(**stamp("sweep", MONDAY), **given, threshold="due", not_before=later)
    raised = RecordEscalated(**stamp("sweep", MONDAY), level=1, to="supervisor", reason="secret")
    steps = tuple(Step(event, {}) for event in (warned, missed, raised))
    swept = Decision(Clock(id="k-1", revision=4), Clock(id="k-1", revision=4), steps)

    told_of = facts_of(swept, kind="case", id="c-1", number="CAS-2026-000001")

    assert [(f.event, f.kind, f.id, f.number, f.key) for f in told_of] == [
        (event, "case", "c-1", "CAS-2026-000001", "case:c-1:5") for event in ("timer.missed", "record.escalated")
    ]
    assert [dict(f.values) for f in told_of] == [
        {
            "timer": "answer",
            "n": 1,
            "threshold": "due",
            "due_at": "2026-03-02T09:00:00+00:00",
            "not_before": "2026-03-02T17:00:00+00:00",
            "quiet": False,
        },
        {"level": 1, "to": "supervisor"},
    ]
    found = notices(told_of, MATRIX, parties={"handler": "ann", "supervisor": "eve"})
    assert [(n.recipient, n.topic, n.not_before) for n in found] == [
        ("ann", "missed", later),
        ("ann", "copy_escalated", None),
        ("eve", "escalated", None),
    ]
    assert notices(told_of, MATRIX, parties={"handler": "ann"}, not_before=MONDAY)[0].not_before == later


@record
class Clock:
    """A clock of a test."""

    id: str
    revision: int = 0


def test_a_record_without_a_number_is_named_by_its_id() -> None:
    (notice,) = notices([evolve(fact(), number=None)], MATRIX, parties={"requester": "lin"})

    assert notice.body["number"] == "c-1"


def test_who_could_not_be_told_is_told_of_to_others_and_never_in_circles() -> None:
    (lost,) = notices([fact(key="case:c-1:3")], MATRIX, parties={"requester": "lin"})
    failed = undelivered(lost, at=MONDAY)
    assert failed is not None
    found = notices([failed], MATRIX, parties={"handler": "ann", "team": "cy"})

    assert told(*found) == {"ann": "undelivered"}
    assert found[0].body["number"] == "CAS-2026-000001"
    assert undelivered(found[0], at=MONDAY) is None
    assert notices([failed], MATRIX, parties={"handler": "lin"}) == ()  # his own address is the bad one


# -- what is refused -----------------------------------------------------------------------------


def test_an_unknown_party_or_switch_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InvalidValue, match="sponsor"):
        notices([fact()], MATRIX, parties={"mayor": "m"})
    with pytest.raises(InvalidValue, match="no switch copies; it has: supervisor_copies"):
        notices([fact()], MATRIX, parties={}, switches=["copies"])


def test_a_fact_without_a_promised_value_is_refused_before_it_is_kept() -> None:
    with pytest.raises(InvalidValue, match=r"timer\.missed: the fact needs a value for due_at, timer"):
        notices([fact("timer.missed")], MATRIX, parties={"handler": "ann"})


NOTING = evolve(MATRIX, values=FrozenMap({OPENED: ("note",)}))


@pytest.mark.parametrize("value", ["a\nb", "a\rBcc: all@x", "\x1b", "a\u2028b", "<b", "b>", "\u202e"])
def test_a_value_that_could_break_out_of_its_line_is_refused(value: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        notices([fact(note=value)], NOTING, parties={"requester": "lin"})
    assert value not in str(refused.value)
    (kept,) = notices([fact(note=value)], MATRIX, parties={"requester": "lin"})
    assert "note" not in kept.body  # nobody may tell it


def test_values_that_every_notice_has_cannot_be_given_otherwise() -> None:
    with pytest.raises(InvalidValue, match="number"):
        fact(number="X")
    decision = complaints.record(id="c-1", subject="No water", channel="phone", by="desk", at=MONDAY)
    with pytest.raises(NaiveDatetime):
        facts_of(decision, kind="complaint", due=datetime(2026, 3, 2))


def test_a_house_with_a_matrix_of_its_own_tells_what_it_likes() -> None:
    ours = Matrix(entries=(Entry(event="x.y", party=Party.TEAM, template="t"),), values=FrozenMap({"x.y": ("due_at",)}))

    assert told(*notices([fact("x.y", due_at=MONDAY)], ours, parties={"team": ["b", "a", "a"]})) == {"a": "t", "b": "t"}
    assert notices([fact("other.event")], ours, parties={"team": "a"}) == ()

"""Who is told of what can be read, printed and changed, and says each thing once."""  # C061

from importlib import import_module
from typing import Any

import pytest

from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Event
from servicecrm.kernel.documents import Schema
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.notifications import MATRIX, SUPERVISOR_COPIES, Entry, Matrix, Party, standard_templates

CLOSED = Entry(event="case.closed", party=Party.SPONSOR, template="copy_closed")


def test_the_matrix_that_is_shipped_tells_of_events_that_there_are() -> None:
    for name in ("cases.events", "complaints.events", "tracking.clock_events"):
        import_module(f"servicecrm.{name}")
    assert {entry.event for entry in MATRIX.entries} - Event.types == {"notice.undeliverable"}  # of a worker


def test_every_entry_has_words_in_every_language_and_every_template_is_used() -> None:
    templates = standard_templates()

    templates.check(MATRIX)
    assert templates.languages == ("de", "en", "zh")
    letters = {"survey_invitation", "survey_reminder"}  # written to somebody who was chosen; nothing has happened
    assert {each.key for each in templates.templates} == {each.template for each in MATRIX.entries} | letters


def test_what_a_handler_has_to_do_is_a_duty() -> None:
    assert {e.event for e in MATRIX.entries if e.party is Party.HANDLER and not e.duty} == {
        "complaint.closed",
        "case.closed",
    }


def test_an_event_is_told_to_a_party_in_one_way() -> None:
    with pytest.raises(InvalidValue, match=r"several: case\.closed/sponsor"):
        Matrix(entries=(CLOSED, CLOSED))


def test_a_party_may_be_written_as_its_code_and_a_wrong_one_is_told_which_there_are() -> None:
    def entry(**parties: Any) -> Entry:
        return Entry(event="case.opened", template="received", **parties)

    assert entry(party="requester", unless="handler") == entry(party=Party.REQUESTER, unless=Party.HANDLER)
    for wrong in ({"party": "citizen"}, {"party": "team", "unless": "citizen"}):
        with pytest.raises(InvalidValue, match="expected one of handler, previous_handler, team"):
            entry(**wrong)


def test_an_entry_with_a_value_goes_before_the_one_that_does_without() -> None:
    both = [entry for entry in MATRIX.of("case.accepted") if entry.party is Party.REQUESTER]
    assert [entry.template for entry in both] == ["acknowledged_until", "acknowledged"]

    row = next(row for row in MATRIX.rows() if row[0] == "case.accepted")
    assert "acknowledged! / acknowledged_until! with promised_by" in row
    ours = MATRIX.with_entries(Entry(event="case.accepted", party=Party.REQUESTER, template="ours"))
    assert [e.template for e in ours.of("case.accepted") if e.party is Party.REQUESTER] == ["ours"]


def test_what_an_event_tells_is_a_list_of_names() -> None:
    with pytest.raises(InvalidValue, match=r"not so for case\.closed"):
        Matrix(entries=(CLOSED,), values=FrozenMap({"case.closed": "due_at", "case.opened": ["due_at"]}))


def test_the_most_bound_come_first() -> None:
    parties = [entry.party for entry in MATRIX.of("complaint.reopened")]

    assert parties == ["handler", "requester", "team", "sponsor", "follower"]


def test_a_house_changes_single_entries() -> None:
    ours = MATRIX.with_entries(Entry(event="case.closed", party=Party.SPONSOR, template="house_closed", duty=True))

    assert [e.template for e in ours.of("case.closed") if e.party is Party.SPONSOR] == ["house_closed"]
    assert len(ours.entries) == len(MATRIX.entries)
    assert len(MATRIX.with_entries(Entry(event="x.y", party=Party.TEAM, template="t")).of("x.y")) == 1
    without = MATRIX.without("case.closed", "sponsor")
    assert Party.SPONSOR not in [entry.party for entry in without.of("case.closed")]
    assert len(without.entries) == len(MATRIX.entries) - 1
    with pytest.raises(InvalidValue, match=r"sponsor is not told of case\.closed"):
        without.without("case.closed", "sponsor")


def test_the_matrix_prints_for_an_audit() -> None:
    matrix = Matrix(
        entries=(
            Entry(event="case.opened", party=Party.REQUESTER, template="received", duty=True, receipt=True),
            Entry(event="case.opened", party=Party.TEAM, template="new", unless=Party.HANDLER),
            Entry(event="case.closed", party=Party.SUPERVISOR, template="copy", switch=SUPERVISOR_COPIES),
        )
    )

    head, opened, closed = matrix.rows()
    assert head == ("event", *Party)
    assert dict(zip(head, opened, strict=True)) == {
        **dict.fromkeys(head, ""),
        "event": "case.opened",
        "requester": "received!+",
        "team": "new unless handler",
    }
    assert closed[head.index("supervisor")] == "copy?"
    assert str(matrix).splitlines()[2] == "| case.opened |  |  | new unless handler |  |  | received!+ |  |  |"
    assert all(row.count("|") == len(head) + 1 for row in str(MATRIX).splitlines())


def test_a_matrix_is_a_document() -> None:  # so that a policy book can hold it
    schema = Schema("matrix", Matrix)

    assert schema.load(schema.dump(MATRIX)) == MATRIX

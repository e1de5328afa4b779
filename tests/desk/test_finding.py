"""Finding complaints: one by one, page by page, by text, and what somebody has to do next."""  # C041, C128

from collections.abc import Callable
from datetime import timedelta

import pytest

from servicecrm.complaints import Complaint
from servicecrm.desk import Desk
from servicecrm.desk import register as module
from servicecrm.errors import InvalidValue, NotFound
from servicecrm.kernel.filters import AllOf, AnyOf, Filter, where
from servicecrm.testing import FixedClock

Bring = Callable[..., Complaint]


def test_a_number_that_was_not_given_is_told_as_such(crm: Desk) -> None:
    with pytest.raises(NotFound, match="no complaint with the id or number 'CMP-2026-000001'"):
        crm.complaints.get("CMP-2026-000001")


def test_the_worklist_holds_what_is_open_due_next_first_and_what_is_never_due_last(
    crm: Desk, clock: FixedClock, bring: Bring
) -> None:
    due = {days: clock() + timedelta(days=days) for days in (1, 2, 3)}
    for subject, due_at in (("third", due[3]), ("never", None), ("first", due[1]), ("second", due[2])):
        bring("in_handling", subject=subject, due_at=due_at)
    bring("closed", due_at=due[1])
    bring("withdrawn", due_at=due[1])
    crm.complaints.forward(bring("in_handling", due_at=due[1]).id, "south")

    assert [c.subject for c in crm.complaints.worklist("north")] == ["first", "second", "third", "never"]
    first = crm.complaints.worklist("north", limit=3)
    assert [c.subject for c in first] == ["first", "second", "third"]
    rest = crm.complaints.worklist("north", limit=3, after=first.next)
    assert ([c.subject for c in rest], rest.next) == (["never"], None)
    assert len(crm.complaints.worklist("nobody")) == 0


@pytest.mark.parametrize("filter", [where("state") == "clsoed", ~where("state").one_of(["closed", "clsoed"])])
def test_a_state_that_no_complaint_ever_has_is_refused_with_those_that_there_are(crm: Desk, filter: Filter) -> None:
    for ask in (crm.complaints.page, crm.complaints.count, lambda *asked: crm.complaints.search("x", *asked)):
        with pytest.raises(InvalidValue, match=r"complaint\.state: not a state .* known: .*closed") as refused:
            ask(filter)
        assert "clsoed" not in str(refused.value)
    with pytest.raises(InvalidValue, match=r"known: .*closed"):
        next(crm.complaints.find(where("category") == "water", filter))
    assert crm.complaints.count(where("state") != "closed") == 0


def test_a_filter_that_is_too_deep_or_too_large_is_refused_by_name(crm: Desk) -> None:
    deep, large = where("state") == "closed", where("state") == "closed"
    for _ in range(5_000):
        deep = ~deep
    for _ in range(40):
        large = AllOf((large, large))
    for filter in (deep, large):
        with pytest.raises(InvalidValue, match="at most 50 deep"):
            crm.complaints.count(filter)


def test_parts_that_are_made_one_by_one_are_all_asked(crm: Desk, bring: Bring) -> None:
    bring("closed")
    parts = (where("state") == state for state in ("recorded", "closed"))

    assert crm.complaints.count(AllOf(parts)) == 0
    assert crm.complaints.count(AnyOf(where("state") == state for state in ("recorded", "closed"))) == 1


def test_pages_follow_each_other_and_the_last_one_says_so(crm: Desk, bring: Bring) -> None:
    ids = [bring().id for _ in range(5)]
    seen, after = [], None
    for size in (2, 2, 1):
        page = crm.complaints.page(order="-id", limit=2, after=after)
        assert len(page) == size
        seen += [complaint.id for complaint in page]
        after = page.next

    assert after is None
    assert seen == ids[::-1]


def test_pages_in_an_order_with_equal_and_missing_values_lose_nothing(crm: Desk, bring: Bring) -> None:
    for category in ("b", None, "a", "b", None, "a", "b"):
        bring(category=category)
    for order in ("category", "-category"):
        seen, after = [], None
        while True:
            page = crm.complaints.page(order=order, limit=2, after=after)
            seen += list(page)
            after = page.next
            if after is None:
                break
        categories = [complaint.category for complaint in seen]
        assert len({complaint.id for complaint in seen}) == 7
        assert categories[-2:] == [None, None]
        assert categories[:5] == sorted(["a", "a", "b", "b", "b"], reverse=order == "-category")


def test_a_cursor_belongs_to_its_order(crm: Desk, bring: Bring) -> None:
    bring(), bring()
    after = crm.complaints.page(limit=1).next
    with pytest.raises(InvalidValue, match="another order"):
        crm.complaints.page(order="-id", after=after)
    with pytest.raises(InvalidValue, match="not a cursor"):
        crm.complaints.page(after="next, please")
    with pytest.raises(InvalidValue, match="an integer from 1 to"):
        crm.complaints.page(limit=0)


def test_find_reads_all_pages_while_others_record_and_close(
    crm: Desk, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    before = [bring("responded").id for _ in range(10)]
    seen = []
    for n, complaint in enumerate(crm.complaints.find(where("open") == True)):  # noqa: E712
        seen.append(complaint.id)
        if n < 4:
            bring("recorded")
        crm.complaints.withdraw(complaint.id)

    assert seen[:10] == before
    assert len(seen) == len(set(seen)) == 14
    assert crm.complaints.count(where("open") == True) == 0  # noqa: E712


@pytest.mark.parametrize(("limit", "found"), [(0, 0), (2, 2), (3, 3), (4, 4), (7, 7), (99, 7), (None, 7)])
def test_find_stops_at_its_limit(
    crm: Desk, bring: Bring, monkeypatch: pytest.MonkeyPatch, limit: int | None, found: int
) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    ids = [bring().id for _ in range(7)]

    assert [c.id for c in crm.complaints.find(limit=limit)] == ids[:found]


def test_count_and_find_take_the_same_filters(crm: Desk, bring: Bring) -> None:
    for category, state in (("water", "closed"), ("water", "recorded"), ("gas", "closed"), (None, "recorded")):
        bring(state, category=category, tags={"street"} if state == "closed" else ())
    for filters, n in (
        ((), 4),
        ((where("category") == "water",), 2),
        ((where("category") == "water", where("state") == "closed"), 1),
        ((where("category") != "water",), 2),
        ((where("category") == None,), 1),  # noqa: E711
        ((where("tags").has("street"),), 2),
        ((where("category").one_of(["water", "gas"]),), 3),
    ):
        assert crm.complaints.count(*filters) == len(list(crm.complaints.find(*filters))) == n


def test_an_unknown_column_is_told_with_those_that_there_are(crm: Desk) -> None:
    for read in (
        lambda: crm.complaints.count(where("colour") == "red"),
        lambda: list(crm.complaints.find(order="colour")),
    ):
        with pytest.raises(InvalidValue, match=r"no column 'colour'; known: .*category.*state"):
            read()


def test_search_looks_at_number_subject_text_and_complainant_whatever_the_case(crm: Desk, bring: Bring) -> None:
    subject = bring(subject="Die Straße ist offen")
    text = bring(text="Der FLUSS steigt")
    complainant = bring(complainant="Ängström")

    assert crm.complaints.search("STRASSE") == (subject,)
    assert crm.complaints.search("fluß") == (text,)
    assert crm.complaints.search("ÄNG") == (complainant,)
    assert crm.complaints.search(str(text.number).lower()) == (text,)
    assert crm.complaints.search("nothing of it") == ()


def test_search_takes_wildcards_as_they_are(crm: Desk, bring: Bring) -> None:
    percent = bring(subject="100% dirty_water")
    bring(subject="100 dirty waters")

    assert crm.complaints.search("100%") == (percent,)
    assert crm.complaints.search("y_w") == (percent,)


def test_search_gives_the_newest_first_within_the_filters_and_the_limit(crm: Desk, bring: Bring) -> None:
    ids = [bring("closed" if n % 2 else "recorded").id for n in range(6)]

    assert [c.id for c in crm.complaints.search("water", limit=2)] == [ids[5], ids[4]]
    assert [c.id for c in crm.complaints.search("water", where("state") == "closed")] == [ids[5], ids[3], ids[1]]


def test_messages_come_in_the_order_in_which_they_were_said(crm: Desk, clock: FixedClock, bring: Bring) -> None:
    complaint, other = bring(), bring()
    clock.advance(hours=1)
    crm.complaints.message(complaint.id, "second", side="inside")
    crm.complaints.note(complaint.id, "third")
    crm.complaints.message(complaint.id, "first", side="outside", occurred_at=clock() - timedelta(minutes=5))
    crm.complaints.note(other.id, "elsewhere")

    assert [message.text for message in crm.complaints.messages(str(complaint.number))] == ["first", "second", "third"]


def test_the_history_of_a_number_is_that_of_its_id(crm: Desk, bring: Bring) -> None:
    complaint = bring("closed")

    assert crm.history(str(complaint.number)) == crm.history(complaint.id)
    assert [entry.n for entry in crm.history(complaint.id)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("unknown", ["0" * 36, "CMP-2026-000009", "", "complaint"])
def test_what_has_no_history_is_not_found(crm: Desk, bring: Bring, unknown: str) -> None:
    bring()
    with pytest.raises(NotFound):
        crm.history(unknown)


def test_numbers_begin_anew_in_every_year_of_the_clock(clock: FixedClock, bring: Bring) -> None:  # C001
    numbers = [bring().number, bring().number]
    clock.advance(days=365)
    numbers += [bring().number, bring(received_at=clock() - timedelta(days=200)).number]

    assert numbers == ["CMP-2026-000001", "CMP-2026-000002", "CMP-2027-000001", "CMP-2027-000002"]

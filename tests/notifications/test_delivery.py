"""From a saved change to a letter with its reader, at least once and with the same name each time."""  # C094, R17

from collections.abc import Mapping
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from servicecrm import Desk, Worker, complaints, connect
from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.notices import Notice
from servicecrm.kernel.records import evolve
from servicecrm.notifications import (
    MATRIX,
    Deliverer,
    FileSender,
    Letter,
    NotDelivered,
    Reader,
    SMTPSender,
    Undeliverable,
    facts_of,
    notices,
    standard_templates,
)
from servicecrm.notifications.delivery import letter
from servicecrm.storage import Delivery
from servicecrm.testing import FixedClock
from tests.notifications.conftest import HEAD, MONDAY, Server

NOTICE = Notice(
    key="complaint:c-1:1:complaint.recorded:lin",
    topic="received",
    recipient="lin",
    kind="complaint",
    id="c-1",
    body=FrozenMap({"number": "CMP-2026-000042", "at": MONDAY.isoformat(), "duty": True}),
)
LIN = Reader(address="lin@home.example", name="Lin", language="zh-CN")
ANN = Reader(address="ann@city.example", language="de-AT", zone="Europe/Vienna")


class People:
    """A directory of some people."""

    def __init__(self, people: Mapping[str, Reader | str]) -> None:
        self.people = dict(people)
        self.asked: list[tuple[str, str]] = []

    def reader(self, recipient: str, *, tenant: str) -> Reader | None:
        self.asked.append((recipient, tenant))
        found = self.people.get(recipient)
        return Reader(address=found) if isinstance(found, str) else found


class Box:
    """Keeps letters; is away for some readers."""

    def __init__(self, *away: str) -> None:
        self.letters: list[Letter] = []
        self.away = set(away)

    def send(self, letter: Letter) -> None:
        if letter.to.address in self.away:
            raise NotDelivered(letter.key, "away")
        self.letters.append(letter)


def delivery(notice: Notice = NOTICE, tenant: str = "default") -> Delivery:
    return Delivery(notice=notice, worker="w", attempt=1, until=MONDAY, tenant=tenant)


def clock() -> FixedClock:
    return FixedClock(MONDAY)


@pytest.fixture
def crm() -> Desk:
    return connect("memory:", actor="desk", clock=clock())


def record_and_tell(crm: Desk) -> None:
    """Record a complaint and enqueue its notices in the same unit."""
    with crm.store.unit() as unit:
        number = unit.number(complaints.Complaint, 2026)
        decision = complaints.record(
            id="c-1", number=number, subject="No water", channel="phone", by="desk", at=crm.clock()
        )
        facts = facts_of(decision, kind="complaint")
        unit.save(decision, notices=notices(facts, MATRIX, parties={"requester": "lin", "sponsor": "ann"}))


# -- letters -------------------------------------------------------------------------------------


def test_a_letter_speaks_the_language_of_its_reader() -> None:
    box = Box()
    deliver = Deliverer(box, People({"lin": LIN}), clock=clock())
    deliver(delivery())

    (sent,) = box.letters
    assert sent.subject == "[CMP-2026-000042] 我们已收到您反映的事项"
    assert (sent.to, sent.key, sent.topic, sent.duty, sent.at) == (LIN, NOTICE.key, "received", True, MONDAY)
    assert "CMP-2026-000042" in sent.body
    assert sent.language == "zh"  # of the words, for programs that read aloud


def test_a_letter_has_one_name_whoever_sends_it_when_and_to_which_address() -> None:  # R17
    templates = standard_templates()
    one = letter(NOTICE, LIN, templates, tenant="default", at=MONDAY)
    again = letter(NOTICE, ANN, templates, tenant="default", at=MONDAY + timedelta(days=1))
    other = letter(evolve(NOTICE, key=f"{NOTICE.key}2"), LIN, templates, tenant="default", at=MONDAY)
    elsewhere = letter(NOTICE, LIN, templates, tenant="north", at=MONDAY)

    assert one.id == again.id
    assert len({one.id, other.id, elsewhere.id}) == 3
    assert one.id.startswith("CMP-2026-000042.")  # so that an answer finds its record


@pytest.mark.parametrize("number", ["7 / 2026", "CMP-1", "cmp-2026-000042", "中"])
def test_a_number_that_cannot_stand_in_a_message_id_does_not(number: str) -> None:
    odd = evolve(NOTICE, body=FrozenMap({**NOTICE.body, "number": number}))

    name, _, digest = letter(odd, LIN, standard_templates(), tenant="default", at=MONDAY).id.partition(".")
    assert (name, len(digest)) == ("notice", 32)


def test_a_house_sends_its_own_words() -> None:
    theirs = standard_templates()
    ours = theirs.with_templates(evolve(theirs.get("received", "zh"), subject="{number}: 已收到"))
    box = Box()
    Deliverer(box, People({"lin": LIN}), clock=clock(), templates=ours)(delivery())

    assert box.letters[0].subject == "CMP-2026-000042: 已收到"


# -- what cannot be delivered --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("notice", "says"),
    [
        (evolve(NOTICE, recipient="nobody"), "no address"),
        (evolve(NOTICE, recipient="typo"), "something@something"),
        (evolve(NOTICE, topic="gone"), "no template 'gone'"),
        (evolve(NOTICE, topic="missed"), "needs a value for due_at"),
        (evolve(NOTICE, body=FrozenMap({"number": "a\nBcc: x"})), "one line"),
    ],
)
def test_what_will_never_be_deliverable_says_so_and_why(notice: Notice, says: str) -> None:
    box = Box()
    people = People({"lin": LIN, "typo": "lin.home.example"})

    with pytest.raises(Undeliverable, match=says) as refused:
        Deliverer(box, people, clock=clock())(delivery(notice))
    assert refused.value.key == notice.key
    assert refused.value.code == "undeliverable"
    assert box.letters == []


def test_the_address_of_another_tenant_is_another_one() -> None:
    people = People({"lin": LIN})
    Deliverer(Box(), people, clock=clock())(delivery(tenant="north"))

    assert people.asked == [("lin", "north")]


# -- from the change to the box ------------------------------------------------------------------


def test_what_is_told_is_saved_with_the_change_and_holds_no_address(crm: Desk) -> None:
    record_and_tell(crm)
    with crm.store.unit(claiming=True) as unit:
        claimed = unit.claim("w", now=crm.clock())

    assert [d.notice.recipient for d in claimed] == ["lin", "ann"]
    assert "@" not in repr(claimed) + "".join(str(dict(d.notice.body)) for d in claimed)


def test_a_letter_is_tried_again_until_it_is_taken_and_keeps_its_name(crm: Desk) -> None:
    record_and_tell(crm)
    box = Box("ann@city.example")
    worker = Worker(crm, Deliverer(box, People({"lin": LIN, "ann": ANN}), clock=crm.clock))
    time = crm.clock
    assert isinstance(time, FixedClock)

    assert worker.turn() == 1
    box.away.clear()
    assert worker.turn() == 0  # not yet
    time.advance(minutes=5)
    assert worker.turn() == 1
    assert worker.turn() == 0
    assert [sent.to for sent in box.letters] == [LIN, ANN]
    assert box.letters[1].at == crm.clock()


def test_a_worker_brings_letters_to_a_server(crm: Desk, server: Server, port: int) -> None:
    record_and_tell(crm)
    with SMTPSender("127.0.0.1", HEAD, port=port, security="none") as sender:
        assert Worker(crm, Deliverer(sender, People({"lin": LIN, "ann": ANN}), clock=crm.clock)).turn() == 2

    assert [mail["Subject"] for mail in server.mails] == [
        "[CMP-2026-000001] 我们已收到您反映的事项",
        "[CMP-2026-000001] Erfasst",
    ]
    assert server.connections == 1


def test_one_bad_address_holds_up_nobody_else(crm: Desk, server: Server, port: int) -> None:
    record_and_tell(crm)
    server.answers["lin@home.example"] = "550 no such user"
    with SMTPSender("127.0.0.1", HEAD, port=port, security="none") as sender:
        assert Worker(crm, Deliverer(sender, People({"lin": LIN, "ann": ANN}), clock=crm.clock)).turn() == 1

    assert [envelope.rcpt_tos for envelope, _ in server.taken] == [["ann@city.example"]]


def test_a_letter_that_is_delivered_twice_is_one_file(crm: Desk, tmp_path: Path) -> None:  # R17: at least once
    record_and_tell(crm)
    deliver = Deliverer(FileSender(tmp_path, HEAD), People({"lin": LIN, "ann": ANN}), clock=crm.clock)

    def interrupted(delivery: Delivery) -> None:
        deliver(delivery)
        raise ConnectionError  # before it was settled

    Worker(crm, interrupted).turn()
    time = crm.clock
    assert isinstance(time, FixedClock)
    time.advance(minutes=5)
    assert Worker(crm, deliver).turn() == 2
    mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(tmp_path.glob("*"))]
    assert len(mails) == len({mail["Message-ID"] for mail in mails}) == 2


def test_a_folder_that_is_not_there_is_told_before_a_letter_is_lost(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="there is no folder"):
        FileSender(tmp_path / "nowhere", HEAD)

"""Facts as CloudEvents: as the standard wants them, and without a personal word unless asked for."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import servicecrm
from servicecrm.complaints import COMPLAINT
from servicecrm.desk.desk import Desk
from servicecrm.errors import InvalidValue
from servicecrm.interop.cloudevents import BATCH_MEDIA_TYPE, MEDIA_TYPE, to_batch, to_cloudevent
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.storage import Entry
from servicecrm.tracking import MESSAGE

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SOURCE = "https://city.example/crm"
KINDS = (COMPLAINT, MESSAGE)

FIRST = Entry(
    kind="complaint",
    id="c-1",
    n=1,
    revision=1,
    type="complaint.forwarded",
    by="ann",
    on_behalf_of=None,
    occurred_at=NOON,
    recorded_at=NOON,
    command="x",
    schema=1,
    data=FrozenMap({"reason": "the neighbour shouts"}),
    changes=FrozenMap({"handler": "mains", "subject": "No water"}),
    appended=FrozenMap({"moments": ({"n": 2, "kind": "forwarded"},)}),
    erased=False,
    hash="",
)


def entry(**fields: Any) -> Entry:
    return evolve(FIRST, **fields)


def event(of: Entry = FIRST, **options: Any) -> dict[str, Any]:
    return to_cloudevent(of, **{"source": SOURCE, "kinds": KINDS, **options})


def check(found: dict[str, Any]) -> None:
    """What CloudEvents 1.0 asks for, in structured mode as JSON."""
    assert json.loads(json.dumps(found)) == found
    assert found["specversion"] == "1.0"
    assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in found)
    for name in ("id", "source", "type", "subject"):
        assert found[name]
        assert isinstance(found[name], str)
    assert datetime.fromisoformat(found["time"]).tzinfo is not None
    assert found["datacontenttype"] == "application/json"
    assert "data_base64" not in found


def test_an_event_has_what_the_standard_requires() -> None:
    found = event(prefix="example.city.")

    check(found)
    assert found == {
        "specversion": "1.0",
        "id": "complaint:c-1:1",
        "source": SOURCE,
        "type": "example.city.complaint.forwarded",
        "subject": "complaint/c-1",
        "time": "2026-03-02T12:00:00+00:00",
        "datacontenttype": "application/json",
        "data": {
            "n": 1,
            "revision": 1,
            "by": "ann",
            "on_behalf_of": None,
            "recorded_at": "2026-03-02T12:00:00+00:00",
            "data": {},
            "changes": {"handler": "mains"},
            "appended": {"moments": [{"n": 2, "kind": "forwarded"}]},
        },
    }


def test_what_is_personal_is_told_when_asked_for() -> None:
    found = event(personal=True)["data"]

    assert found["data"] == {"reason": "the neighbour shouts"}
    assert found["changes"] == {"handler": "mains", "subject": "No water"}


def test_who_was_complained_about_is_told_when_asked_for() -> None:
    about = entry(changes=FrozenMap({"handler": "mains", "complained_about": "rita"}))

    assert event(about)["data"]["changes"] == {"handler": "mains"}
    assert event(about, personal=True)["data"]["changes"]["complained_about"] == "rita"


def test_of_a_kind_or_an_event_that_is_not_known_nothing_is_told_but_that_it_happened() -> None:
    unknown = event(entry(type="complaint.sung", data=FrozenMap({"song": "Yesterday"})))["data"]
    assert (unknown["data"], unknown["changes"]) == ({}, {"handler": "mains"})

    foreign = event(entry(kind="ticket"))["data"]
    assert (foreign["changes"], foreign["appended"]) == ({}, {})


def test_what_an_event_itself_holds_is_told_where_it_is_not_personal() -> None:
    sent = entry(type="complaint.message_sent", data=FrozenMap({"message": "m-1"}))

    assert event(sent)["data"]["data"] == {"message": "m-1"}


@pytest.fixture
def crm() -> Desk:
    clock = iter(NOON + timedelta(hours=n) for n in range(1000))
    return servicecrm.connect("memory:", actor="ann", clock=lambda: next(clock))


def test_a_whole_history_is_a_batch_with_ids_of_its_own_and_nothing_personal(crm: Desk) -> None:
    complaint = crm.complaints.record(subject="No water", channel="phone", complainant="Eva Ek")
    crm.complaints.acknowledge(complaint.id)
    crm.complaints.withdraw(complaint.id, reason="It rained")
    batch = to_batch(crm.history(complaint.id), source=SOURCE, kinds=iter(KINDS))

    for each in batch:
        check(each)
    assert [each["type"] for each in batch] == [
        "complaint.recorded", "complaint.acknowledged", "complaint.withdrawn",
    ]  # fmt: skip
    assert len({each["id"] for each in batch}) == 3
    for words in ("No water", "Eva Ek", "It rained"):
        assert words not in json.dumps(batch)
    assert to_batch((), source=SOURCE, kinds=KINDS) == []
    assert (MEDIA_TYPE, BATCH_MEDIA_TYPE) == ("application/cloudevents+json", "application/cloudevents-batch+json")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(str.strip))
def test_an_id_that_cannot_stand_in_an_event_is_refused(name: str) -> None:
    bad = any(ord(char) < 0x20 or 0x7F <= ord(char) <= 0x9F or ord(char) in (0xFFFE, 0xFFFF) for char in name)
    bad = bad or any(0xFDD0 <= ord(char) <= 0xFDEF or ord(char) & 0xFFFE == 0xFFFE for char in name)
    if bad:
        with pytest.raises(InvalidValue, match="control characters"):
            event(entry(id=name))
    else:
        check(event(entry(id=name)))


@pytest.mark.parametrize("source", ["", "two words", "https://city.example/%zz", "ünï"])
def test_a_source_is_a_uri_reference(source: str) -> None:
    with pytest.raises(InvalidValue, match="URI reference"):
        event(source=source)


@pytest.mark.parametrize("prefix", ["example", "Example.", ".example."])
def test_a_prefix_is_a_domain_turned_round(prefix: str) -> None:
    with pytest.raises(InvalidValue, match="turned round"):
        event(prefix=prefix)

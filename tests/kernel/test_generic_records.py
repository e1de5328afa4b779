"""What a record is generic about is personal where it holds something personal."""  # C011

from typing import Any, Generic, TypeVar

import pytest

from servicecrm.kernel.documents import Schema
from servicecrm.kernel.frozen import thaw
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.policies import PolicyBook, PolicyVersion, publish
from servicecrm.kernel.records import Personal, personal_fields, record
from servicecrm.storage import MemoryStore
from servicecrm.storage.rows import Tables, ask
from servicecrm.testing.makers import MONDAY

T = TypeVar("T")
U = TypeVar("U")


@record
class OnCall:
    """A host's rule that names somebody."""

    phone: Personal[str]


@record
class Hours:
    """A host's rule that names nobody."""

    open: int


@record
class OnCallBook(PolicyBook[OnCall]):
    """The rules that name somebody, version by version."""

    id: str = "on_call"


class HoursBook(PolicyBook[Hours]):
    """Those that name nobody."""


class OwnBook(PolicyBook[T], Generic[T]):
    """What a host makes of such books."""


class OwnOnCallBook(OwnBook[OnCall]):
    """One of these."""


@record
class Pair(Generic[T, U]):
    """Something about two things."""

    one: T
    others: tuple[U, ...]


class Turned(Pair[U, T], Generic[T, U]):
    """The same, the other way round."""


@pytest.mark.parametrize(
    ("cls", "personal"),
    [
        (PolicyVersion[OnCall], {"policy"}),
        (PolicyVersion[Hours], set()),
        (PolicyVersion, set()),
        (OnCallBook, {"versions"}),
        (HoursBook, set()),
        (OwnOnCallBook, {"versions"}),
        (Pair[OnCall, Hours], {"one"}),
        (Pair[Hours, OnCall], {"others"}),
        (Turned[OnCall, Hours], {"others"}),
        (Turned[Hours, OnCall], {"one"}),
    ],
)
def test_a_field_is_personal_if_what_it_stands_for_is(cls: Any, personal: set[str]) -> None:
    assert personal_fields(cls) == personal


def test_the_journal_keeps_personal_data_of_a_policy_apart() -> None:  # R27
    store = MemoryStore(kinds=[Kind("on_call", Schema("on_call", OnCallBook))])
    with store.unit() as unit:
        unit.save(publish(OnCallBook(), OnCall(phone="+49 30 901820"), effective=MONDAY, by="ann", at=MONDAY))
        (entry,) = unit.history(OnCallBook, "on_call")

    assert "901820" in str(thaw(entry.changes))
    (row,) = store.perform(lambda _: ask(Tables.entries, "on_call", ["on_call"]), readonly=True)
    assert "901820" in str(row.personal)
    assert "901820" not in row.body

"""What a repository of a host promises the complaint engine, as tests: subclass `RepositoryContract`, give it yours.

A test that fails says in one sentence what the repository does wrong.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import Any, Final, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from servicecrm import complaints
from servicecrm.complaints import LIFECYCLE, Complaint
from servicecrm.complaints.ports import Repository
from servicecrm.errors import AlreadyExists, NotFound, StaleRevision
from servicecrm.kernel.decisions import Decision, begin
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import Identified, micros
from servicecrm.kernel.records import evolve, field_names
from servicecrm.testing import strategies
from servicecrm.testing.makers import MONDAY, a_complaint, an_actor
from servicecrm.testing.taking import feasible, take
from servicecrm.tracking import Message, Moment, Side

__all__ = ["RepositoryContract"]

R = TypeVar("R", bound=Identified)

BY: Final = "ann@city.example"
EVENING: Final = datetime(2026, 3, 2, 23, 45, tzinfo=timezone(timedelta(hours=5, minutes=45)))
"""A time whose day is another one in UTC."""
MICROSECOND: Final = MONDAY + timedelta(microseconds=123_456)
SCRIPTS: Final = "  Kein Wasser \u2013 没有水 \u0645\u0627\u0621 e\u0301 \U0001f6b1\r\n'; --\ttab\u200b "
"""Scripts, spaces at both ends, line ends, and what is invisible."""

IDS: Final = count(1)
ANY_SHAPE: Final = settings(
    derandomize=True,  # the same complaints in every run
    database=None,
    deadline=None,
    max_examples=10,
    phases=[Phase.generate],  # which one fails first says enough
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


class Hooks:
    """What a contract has to know of a repository besides the port. Each may be overridden."""

    def transaction(self, repository: Any) -> AbstractContextManager[object]:
        """Your transaction around a save, if `save` needs one: committed at its end, rolled back by an exception."""
        return contextlib.nullcontext()

    def reopened(self, repository: Any) -> Repository:
        """The same rows, read by a new repository: nothing that the old one remembers may help."""
        opened: Repository = repository
        return opened

    def messages(self, repository: Any, complaint: str) -> Sequence[Message]:
        """The messages about a complaint, if you keep them."""
        pytest.skip("override `messages` to prove that they are kept")

    def events(self, repository: Any, complaint: str) -> Sequence[str]:
        """The types of what happened to a complaint, in order, if you keep that."""
        pytest.skip("override `events` to prove that they are kept")

    def saved(self, repository: Any, *decisions: Decision[Any]) -> Sequence[Any]:
        """Save in a transaction of its own; what `save` gives."""
        with self.transaction(repository):
            given: Sequence[Any] = repository.save(*decisions)
        return given

    def put(self, repository: Any, decision: Decision[R], *more: Decision[Any]) -> R:
        """Save in a transaction of its own; the first record as it has to be then, whatever `save` gives."""
        expected = evolve(decision.after, revision=decision.after.revision + 1)
        self.saved(repository, decision, *more)
        return expected

    def kept(self, repository: Any, id: str) -> Complaint:
        """A complaint as it is really kept."""
        return self.reopened(repository).get(id)


class RoundTrip(Hooks):
    """What is saved comes back."""

    @ANY_SHAPE
    @given(given=strategies.complaints())
    def test_every_field_comes_back(self, repository: Repository, given: Complaint) -> None:
        found = self._round(repository, evolve(given, id=str(next(IDS)), number=None))
        for name in field_names(Complaint):
            if name not in ("id", "number", "revision"):
                assert getattr(found, name) == getattr(given, name), f"the repository changes {name}"

    def test_what_is_missing_comes_back_missing(self, repository: Repository) -> None:
        given = a_complaint(number=None)
        found = self._round(repository, given)
        for name in field_names(Complaint):
            if getattr(given, name) in (None, "", frozenset()):
                assert getattr(found, name) == getattr(given, name), f"the repository makes up a value for {name}"

    @pytest.mark.parametrize("state", LIFECYCLE.states)
    def test_every_state_comes_back(self, repository: Repository, state: str) -> None:
        found = self._round(repository, a_complaint(state=state))
        assert found.state == state, f"the repository takes {state} for {found.state}"

    def test_times_keep_their_microseconds(self, repository: Repository) -> None:
        found = self._round(repository, a_complaint(received_at=MICROSECOND))
        assert micros(found.received_at) == micros(MICROSECOND), "the repository loses microseconds"

    def test_times_are_the_same_instants(self, repository: Repository) -> None:
        found = self._round(repository, a_complaint(received_at=EVENING))
        assert micros(found.received_at) == micros(EVENING), "the repository loses the zone of a time"

    def test_a_text_comes_back_as_it_was(self, repository: Repository) -> None:
        found = self._round(repository, a_complaint(subject=SCRIPTS))
        assert found.subject == SCRIPTS, "the repository changes the characters of a text"

    def test_a_long_text_comes_back_whole(self, repository: Repository) -> None:
        found = self._round(repository, a_complaint(text="long " * 20_000))
        assert len(found.text) == 100_000, "the repository cuts a long text off"

    def test_moments_come_back(self, repository: Repository) -> None:
        moment = Moment(n=1, kind="message", occurred_at=MONDAY, recorded_at=MONDAY, side=Side.INSIDE, code="courtesy")
        given = tuple(evolve(moment, n=n, voids=n - 1 if n % 2 else None) for n in range(2, 200))
        assert self._round(repository, a_complaint(moments=given)).moments == given, "the repository loses moments"

    def test_extra_comes_back_frozen(self, repository: Repository) -> None:
        extra = FrozenMap({"ref": "A-1", "list": [1, 2.5, None, True], "inner": {"deep": "x"}})
        found = self._round(repository, a_complaint(extra=extra)).extra
        assert found == extra, "the repository loses extra"
        assert isinstance(found, FrozenMap), "the repository gives an extra that can be changed"

    def test_complaints_are_kept_apart(self, repository: Repository) -> None:
        _, other = (self.put(repository, new(id)) for id in ("c-1", "c-2"))
        self.put(repository, amended(other, category="roads"))
        assert self.kept(repository, "c-1").category != "roads", "a change of one complaint changes another one"

    def test_an_unknown_id_is_not_found(self, repository: Repository) -> None:
        self.put(repository, new("c-1"))
        with refused(NotFound, "the repository does not say that an id is unknown"):
            repository.get("c-2")

    def test_a_long_life_comes_back_after_every_step(self, repository: Repository) -> None:
        complaint = self.put(repository, new("c-1"))
        taken: Counter[str] = Counter()
        for n in range(1, 60):
            going_on = [action for action in feasible(complaint) if not _ends(complaint, action)]
            action = min(going_on, key=taken.__getitem__)  # one that was taken least often so far
            taken[action] += 1
            decision = take(complaint, action, by=an_actor(), at=MONDAY + timedelta(hours=n))
            complaint = self.put(repository, decision)
            assert self.kept(repository, "c-1") == complaint, f"the repository loses what {action} changed"

    def _round(self, repository: Repository, given: Complaint) -> Complaint:
        """A complaint that was saved as new, as it comes back."""
        self.put(repository, begin(given, new("c-1").events[0]))
        return self.kept(repository, given.id)


class Saving(Hooks):
    """Saving gives back what was saved, and counts."""

    def test_saving_gives_the_record_that_was_saved(self, repository: Repository) -> None:
        first = self.put(repository, new("c-1"))
        (given,) = self.saved(repository, amended(first, category="water"))
        assert given == self.kept(repository, "c-1"), "save gives another record than it saves"
        assert given.revision == 2, "save gives the record as it was before it was saved"

    def test_the_revision_comes_back(self, repository: Repository) -> None:
        first = self.put(repository, new("c-1"))
        self.put(repository, amended(first, category="water"))
        assert self.kept(repository, "c-1").revision == 2, "the repository loses the revision"

    def test_saving_leaves_a_decision_as_it_is(self, repository: Repository) -> None:
        decision = new("c-1")
        self.saved(repository, decision)
        assert decision.after.revision == 0, "save changes the record that it is given"

    def test_records_come_back_in_the_order_of_the_decisions(self, repository: Repository) -> None:
        saved = self.saved(repository, new("c-3"), new("c-1"), new("c-2"))
        assert [each.id for each in saved] == ["c-3", "c-1", "c-2"], "save gives the records in another order"

    def test_a_complaint_and_its_message_are_saved_together(self, repository: Repository) -> None:
        first = self.put(repository, new("c-1"))
        saved = self.saved(repository, *complaints.note(first, "Called back", id="m-1", by=BY, at=MONDAY))
        assert [type(each) for each in saved] == [Complaint, Message], "save does not give the message of a complaint"
        assert saved[1].revision == 1, "save gives the record as it was before it was saved"


class Locking(Hooks):
    """Nobody overwrites what somebody else has saved."""

    def test_a_change_of_an_old_revision_is_refused(self, repository: Repository) -> None:
        first = self.put(repository, new("c-1"))
        self.put(repository, amended(first, category="water"))
        with refused(StaleRevision, "the repository saves over what somebody else has saved"):
            self.put(repository, amended(first, category="roads"))
        assert self.kept(repository, "c-1").category == "water", "a refused change is saved all the same"

    def test_a_change_of_what_is_not_there_is_refused(self, repository: Repository) -> None:
        with refused(StaleRevision, "the repository saves a change of a complaint that it does not have"):
            self.put(repository, amended(new("c-1").after, category="water"))

    def test_a_taken_id_is_refused(self, repository: Repository) -> None:
        self.put(repository, new("c-1"))
        with refused(AlreadyExists, "the repository saves a new complaint over another one"):
            self.put(repository, new("c-1", category="roads"))
        assert self.kept(repository, "c-1").category != "roads", "a refused complaint is saved all the same"


class Wholeness(Hooks):
    """Several decisions are saved together, or none of them; and nothing that they say is lost."""

    @pytest.mark.parametrize("last", ["stale", "taken"])
    def test_several_decisions_are_saved_together_or_not_at_all(self, repository: Repository, last: str) -> None:
        first = self.put(repository, new("c-1"))
        self.put(repository, amended(first, category="water"))
        bad = amended(first, category="roads") if last == "stale" else new("c-1")
        with contextlib.suppress(Exception):  # whether and how it is refused is another test
            self.put(repository, new("c-2"), bad)
            return
        with contextlib.suppress(NotFound):
            assert self.kept(repository, "c-2") is None, "the repository saves a part of several decisions"

    def test_a_message_is_kept(self, repository: Repository) -> None:
        first = self.put(repository, new("c-1"))
        note, message = complaints.note(first, SCRIPTS, id="m-1", by=BY, at=MONDAY)
        self.put(repository, note, message)
        found = list(self.messages(self.reopened(repository), "c-1"))
        assert found == [message.after], "the repository loses a message"

    def test_every_fact_is_kept_in_order(self, repository: Repository) -> None:
        decision = new("c-1").then(complaints.acknowledge, by=BY, at=MONDAY)
        saved = self.put(repository, decision.then(complaints.assign, "water", by=BY, at=MONDAY))
        self.put(repository, amended(saved, category="water"))
        expected = ["complaint.recorded", "complaint.acknowledged", "complaint.assigned", "complaint.amended"]
        assert list(self.events(self.reopened(repository), "c-1")) == expected, "the repository loses events"


class RepositoryContract(RoundTrip, Saving, Locking, Wholeness):
    """Proves a repository. A subclass has a fixture `repository`, which gives an empty one.

    Override `transaction` if `save` needs a transaction that you begin and end, `reopened` if yours remembers what it
    has read, and `messages` and `events` if you keep them: else their tests are skipped.

    Source: C056.
    """


def _ends(complaint: Complaint, action: str) -> bool:
    return LIFECYCLE.target(complaint.state, action) in LIFECYCLE.final


def new(id: str, **fields: object) -> Decision[Complaint]:
    """A new complaint."""
    recorded = complaints.record(id=id, subject="No water", channel="phone", by=BY, at=MONDAY)
    return begin(evolve(recorded.after, **fields), recorded.events[0])


def amended(old: Complaint, *, category: str) -> Decision[Complaint]:
    """A change."""
    return complaints.amend(old, category=category, by=BY, at=MONDAY)


@contextlib.contextmanager
def refused(error: type[Exception], otherwise: str) -> Iterator[None]:
    """Expects an error, and says what is wrong if there is none or another one."""
    try:
        yield
    except error:
        return
    except Exception as other:
        raise AssertionError(f"{otherwise}: expected {error.__name__}, got {type(other).__name__}") from other
    raise AssertionError(f"{otherwise}: expected {error.__name__}")

"""What the complaint engine asks its host for: four narrow ports, and the host's own words for our states."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from servicecrm.complaints.lifecycle import LIFECYCLE
from servicecrm.complaints.model import Complaint
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.lifecycle import Lifecycle

if TYPE_CHECKING:
    from servicecrm.calendars import BusinessHours
    from servicecrm.tracking.targets import Targets

__all__ = ["CalendarNamed", "People", "Repository", "StateWords", "TargetsFor"]


class Repository(Protocol):
    """Where a host keeps complaints and their messages; `servicecrm.testing.RepositoryContract` proves one.

    It works in whatever transaction the host has begun, and leaves commit and rollback to it.
    """

    def get(self, id: str, /) -> Complaint:
        """The complaint as it was saved last, with its revision.

        Raises:
            NotFound: there is none.
        """
        ...

    def save(self, *decisions: Decision[Any]) -> Sequence[Any]:
        """Keep what was decided, all of it or nothing: complaints and messages, and what the host wants of the events.

        Gives the records in the order of the decisions, each with a revision one higher than it was decided on.

        Raises:
            StaleRevision: somebody saved one of them in between, or it was never there.
            AlreadyExists: the id of a new one is taken.
        """
        ...


class People(Protocol):
    """Whom a host knows. It is asked when a complaint gets a customer or a handler, not each time that it is saved."""

    def knows_customer(self, id: str, /) -> bool: ...

    def knows_handler(self, id: str, /) -> bool: ...


class TargetsFor(Protocol):
    """What is promised for a complaint, by the rules of a time: by its customer, its agreement, its service."""

    def __call__(self, complaint: Complaint, at: datetime, /) -> "Targets": ...


class CalendarNamed(Protocol):
    """The calendar that a target names, as it is at a time; most name `default`.

    Raises:
        InvalidValue: there is none of this name.
    """

    def __call__(self, name: str, at: datetime, /) -> "BusinessHours": ...


class StateWords:
    """The words that a host has for the states: `StateWords({"open": "recorded", ...})`, mapped both ways.

    Raises:
        InvalidValue: a state has no word or two, or a word stands for no state; every problem at once.

    Source: C056.
    """

    def __init__(self, states: Mapping[str, str], *, lifecycle: Lifecycle[Any] = LIFECYCLE) -> None:
        problems = "; ".join(_problems(states, lifecycle.states))
        if problems:
            raise InvalidValue("StateWords", f"{problems}; each state of a {lifecycle.name} needs one word")
        self._states: Mapping[str, str] = MappingProxyType(dict(states))
        self._words: Mapping[str, str] = MappingProxyType({state: word for word, state in states.items()})

    def state(self, word: str) -> str:
        """The state that a word of the host stands for.

        Raises:
            InvalidValue: it stands for none; names the words that there are.
        """
        return _found(self._states, word, "word")

    def word(self, state: str) -> str:
        """The host's word for a state.

        Raises:
            InvalidValue: there is no such state; names those that there are.
        """
        return _found(self._words, state, "state")


def _problems(states: Mapping[str, str], known: Sequence[str]) -> Iterator[str]:
    named = list(states.values())
    yield from (f"no word for {state}" for state in known if state not in named)
    yield from (f"two words for {state}" for state in known if named.count(state) > 1)
    yield from (f"{word} stands for no state" for word, state in states.items() if state not in known)


def _found(among: Mapping[str, str], key: str, what: str) -> str:
    try:
        return among[key]
    except KeyError:  # it may come from somebody's file, so it is not shown
        raise InvalidValue("StateWords", f"not a {what} that it has; known: {', '.join(among)}") from None

"""The file of a person: all cases, and whether it is open. It is never stored, only read off the cases."""

from collections.abc import Iterable

from servicecrm.cases.lifecycle import LIFECYCLE
from servicecrm.cases.model import Case
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import record

__all__ = ["Dossier"]


@record
class Dossier:
    """A person's cases, the earliest first. The file is open while any of them is.

    Source: C057, C066.
    """

    person: str
    cases: tuple[Case, ...]

    @classmethod
    def of(cls, person: str, cases: Iterable[Case]) -> "Dossier":
        """Put a person's file together, out of any cases in any order."""
        own = (case for case in cases if case.requester == person)
        return cls(person=person, cases=tuple(sorted(own, key=lambda case: (micros(case.received_at), case.id))))

    @property
    def open_cases(self) -> tuple[Case, ...]:
        """The cases that are not closed or withdrawn."""
        return tuple(case for case in self.cases if case.state in LIFECYCLE.open)

    @property
    def is_open(self) -> bool:
        """Is anything still to be done for this person?"""
        return bool(self.open_cases)

    def background(self, of: Case) -> tuple[Case, ...]:
        """What a handler of one case should know: all the others."""
        return tuple(case for case in self.cases if case.id != of.id)

"""Bugs that somebody could make, one at a time: the machine has to find them."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from servicecrm.complaints import LIFECYCLE, ComplaintPolicy, actions, correspondence, handling
from servicecrm.complaints.lifecycle import ANSWER, FORWARD, JUDGE, REOPEN
from servicecrm.desk import commands, programs
from servicecrm.desk.complaint_links import ComplaintLinks
from servicecrm.desk.following import Following
from servicecrm.desk.sweeping import Sweep
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.storage import driver, sqlite_engine, work
from servicecrm.storage.work import Work
from servicecrm.tracking import spells
from servicecrm.tracking.chronology import Chronology
from servicecrm.tracking.stretches import Stretch

__all__ = ["BUGS", "WITHIN", "Bug"]

Bug = Callable[[pytest.MonkeyPatch], None]


def around(patch: pytest.MonkeyPatch, of: Any, name: str, change: Callable[..., Any]) -> None:
    """Replaces a function by one that is given the function first."""
    honest = getattr(of, name)
    patch.setattr(of, name, lambda *args, **kwargs: change(honest, *args, **kwargs))


def unguarded(action: str, guard: str) -> Bug:
    """An action that no longer asks for something."""

    def bug(patch: pytest.MonkeyPatch) -> None:
        for ways in LIFECYCLE._steps.values():
            if action in ways:
                to, guards = ways[action]
                patch.setitem(ways, action, (to, tuple(each for each in guards if each.name != guard)))

    bug.__name__ = f"{action}_does_not_mind_that_it_is_not_{guard}"
    return bug


def moved(module: Any, action: str, change: Callable[[dict[str, Any]], object], name: str) -> Bug:
    """A command that changes something else than it should."""

    def move(honest: Any, complaint: Any, taken: str, event: Any, **changes: Any) -> Any:
        if taken == action:
            change(changes)
        return honest(complaint, taken, event, **changes)

    def bug(patch: pytest.MonkeyPatch) -> None:
        around(patch, module, "move", move)

    bug.__name__ = name
    return bug


def unchecked(rule: str) -> Bug:
    """A rule of the house that nobody looks at."""

    def bug(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(ComplaintPolicy, rule, lambda *_, **__: None)

    bug.__name__ = f"{rule}_is_forgotten"
    return bug


def whoever_proposes_a_remedy_approves_it(patch: pytest.MonkeyPatch) -> None:
    def approve(honest: Any, complaint: Any, remedy: int, *, by: Any, **told: Any) -> Any:
        others = complaint.remedies[remedy - 1].proposed_by if 0 < remedy <= len(complaint.remedies) else ""
        return honest(complaint, remedy, by="vera" if others in (by.id, by.on_behalf_of) else by, **told)

    around(patch, actions, "approve_remedy", approve)


def time_may_run_backwards(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Chronology, "_check_follows", lambda *_: None)


def rights_are_not_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(commands, "permit", lambda *_, **__: None)


def a_step_is_not_done_when_its_action_is(patch: pytest.MonkeyPatch) -> None:
    def consequences(_: Work, decisions: Any) -> Any:
        yield from ()
        return tuple(decisions)

    patch.setattr(programs, "with_consequences", consequences)


def a_letter_stays_with_a_complaint_that_was_merged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ComplaintLinks, "_instead", {})


def of_two_facts_one_is_written_down(patch: pytest.MonkeyPatch) -> None:
    def then(honest: Any, decision: Decision[Any], *args: Any, **kwargs: Any) -> Decision[Any]:
        more: Decision[Any] = honest(decision, *args, **kwargs)
        return Decision(more.before, more.after, more.steps[-1:])

    around(patch, Decision, "then", then)


def a_wait_stops_no_clock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(spells._Course, "_wait", lambda *_: None)


def what_was_voided_counts(patch: pytest.MonkeyPatch) -> None:
    def standing(_: Any, moments: Any) -> Any:
        return tuple(sorted(moments, key=lambda moment: (moment.occurred_at, moment.n)))

    around(patch, spells, "standing", standing)


def what_is_done_at_the_last_moment_is_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Stretch, "misses", lambda stretch, due: due <= stretch.until)


def a_sweep_leaves_actions_out(patch: pytest.MonkeyPatch) -> None:
    def reasons(honest: Any, sweep: Sweep, tracked: Any, basis: Any) -> Any:
        for due, order in honest(sweep, tracked, basis):
            yield (due & (where("about_kind") == "complaint") if tracked.kind.name == "action_item" else due), order

    around(patch, Sweep, "_reasons", reasons)


def what_is_closed_stays_on_the_list(patch: pytest.MonkeyPatch) -> None:
    def read(honest: Any, following: Following, tracked: Any, *others: Any) -> Any:
        return honest(following, _Open(tracked), *others)

    around(patch, Following, "read", read)


class _Open:
    """A kind of records of which all are taken to be open."""

    def __init__(self, tracked: Any) -> None:
        self._tracked = tracked

    def __getattr__(self, name: str) -> Any:
        return (lambda _: True) if name == "open" else getattr(self._tracked, name)


def the_last_notice_is_lost(patch: pytest.MonkeyPatch) -> None:
    around(patch, Work, "save", lambda honest, *args, notices=(), **told: honest(*args, notices=notices[:-1], **told))


def commands_are_not_remembered(patch: pytest.MonkeyPatch) -> None:
    def remember(*_: Any, **__: Any) -> Any:
        yield from ()

    patch.setattr(Work, "remember", remember)


def commands_are_compared_by_name_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(programs, "fingerprint", lambda *_: "the same")


def there_are_no_transactions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sqlite_engine, "begin", lambda *_: None)
    patch.setattr(sqlite_engine, "commit", lambda *_: None)
    patch.setattr(driver, "in_unit", lambda *_: True)


def every_year_is_this_one(patch: pytest.MonkeyPatch) -> None:
    around(patch, work, "human_number", lambda honest, prefix, _, n: honest(prefix, 2026, n))


BUGS: Final[tuple[Bug, ...]] = (
    unguarded(ANSWER, "judged"),
    unguarded(ANSWER, "steps_done"),
    unguarded(JUDGE, "impartial"),
    unchecked("check_stage"),
    unchecked("check_lapse"),
    whoever_proposes_a_remedy_approves_it,
    time_may_run_backwards,
    rights_are_not_asked,
    moved(correspondence, ANSWER, lambda told: told.pop("waiting"), "an_answer_ends_no_wait"),
    moved(handling, REOPEN, lambda told: told.pop("reopenings"), "a_reopening_is_not_counted"),
    moved(handling, FORWARD, lambda told: told.pop("handler_since"), "a_new_handler_has_it_for_long"),
    a_step_is_not_done_when_its_action_is,
    a_letter_stays_with_a_complaint_that_was_merged,
    of_two_facts_one_is_written_down,
    a_wait_stops_no_clock,
    what_was_voided_counts,
    what_is_done_at_the_last_moment_is_late,
    a_sweep_leaves_actions_out,
    what_is_closed_stays_on_the_list,
    the_last_notice_is_lost,
    commands_are_not_remembered,
    commands_are_compared_by_name_alone,
    there_are_no_transactions,
    every_year_is_this_one,
)
"""Each is to be found within `WITHIN` steps."""

WITHIN: Final = 3_000

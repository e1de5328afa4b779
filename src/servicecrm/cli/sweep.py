"""`servicecrm sweep`: fires what is due, once or again and again."""

from argparse import Namespace
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from servicecrm.cli.people import People, read_people
from servicecrm.cli.rounds import kept, rounds
from servicecrm.desk.desk import Desk
from servicecrm.desk.sweeping import Sweep
from servicecrm.errors import ServiceCRMError, StoreError

__all__ = ["Sweeper", "sweep_store"]

FAILED: Final = ""
"""Under this, clocks are counted that cannot be read."""


def sweep_store(args: Namespace) -> None:
    """Fire what is due in the store that the arguments name, and print what that was."""
    people = People() if args.people is None else read_people(Path(args.people))
    with kept(args, house=people.house) as desk:
        sweeper = Sweeper(desk, None if args.tenant is None else (args.tenant,))
        rounds(sweeper.turn, every=args.every, stop=sweeper.stop)


class Sweeper:
    """Sweeps tenants, unit by unit in turn, so that a large one does not keep the others waiting."""

    def __init__(self, desk: Desk, tenants: Collection[str] | None) -> None:
        self._desk, self._tenants, self._stopped = desk, tenants, False

    def stop(self) -> None:
        """End after the unit in hand."""
        self._stopped = True

    def turn(self) -> None:
        """Fire what is due by now, and print a line for each tenant where something was.

        Raises:
            ServiceCRMError: tenants could not be swept, because their rules cannot be followed; the others are.
        """
        desk, now = self._desk, self._desk.clock()
        tenants = desk.store.tenants() if self._tenants is None else self._tenants
        sweeps = {name: Sweep(desk.house, desk.actor, now) for name in tenants}
        counts: dict[str, Counter[str]] = defaultdict(Counter)  # and not what happened: that may be much
        unfinished, problems = deque(sweeps), []
        try:
            while unfinished and not self._stopped:
                name = unfinished.popleft()
                try:
                    part = desk.tenant(name).store.perform(sweeps[name].some, claiming=True)
                except StoreError:
                    raise
                except ServiceCRMError as error:
                    problems.append(f"{name}: {error}")
                else:
                    counts[name].update(event.event.type for event in part.events)
                    counts[name][FAILED] += len(part.failed)
                    unfinished += [name] if sweeps[name].goes_on(part) else []
        finally:  # what is saved is told, also if the store is away by now
            for name in sweeps:
                if line := _line(counts[name]):
                    print(f"{name}: {line}")
        if problems:
            raise ServiceCRMError("; ".join(problems))


def _line(counts: Mapping[str, int]) -> str:
    told = [f"{count:,} {type}" for type, count in sorted(counts.items()) if type != FAILED]
    if counts[FAILED]:
        told.append(f"{counts[FAILED]:,} that cannot be read")
    return ", ".join(told)

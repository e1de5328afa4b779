# ruff: noqa: T201 - a failure shows the seed
"""The power may fail at any moment: what was acknowledged is on the disk, and nothing is half there."""  # C123, R2

import random
import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

import pytest

from servicecrm.errors import StoreError
from tests.torture.contents import Held, contents_of, sound
from tests.torture.disk import Change, watched
from tests.torture.lives import live
from tests.torture.power import Committed, Outage, outages
from tests.torture.profiles import PROFILES, Profile
from tests.torture.units import save

Log = list[Change | Committed]
Fault = Literal["lost", "half", "damaged"]

SMALL: Final = ("wal_autocheckpoint = 24", "cache_size = 16")
"""So that pages go to the disk before their commit, and into the database again and again."""


def recorded(folder: Path, profile: Profile, *pragmas: str) -> Log:
    """What happens to the files of a store while its office lives."""
    log: Log = []

    def written(change: Change) -> bool:
        log.append(change)
        return True

    with watched(folder, written), pytest.MonkeyPatch.context() as patch:
        Held(patch, lambda contents: log.append(Committed(contents)))
        with profile.opened(folder / "crm.db", *SMALL, *pragmas) as store:
            live(store)
    return log


def fault_after(outage: Outage, folder: Path, profile: Profile) -> Fault | None:
    """What is wrong with the store that opens again after a power failure, and goes on."""
    outage.leave(folder)
    try:
        with profile.opened(folder / "crm.db") as store:
            found = contents_of(store)
            if found not in {*outage.before[-1:], outage.next}:
                return "lost" if found in outage.before else "half"
            save(store, 1_000)
            return None if sound(store) else "damaged"
    except (StoreError, sqlite3.Error):
        return "damaged"


def faults(failures: Iterable[Outage], folder: Path, profile: Profile) -> Counter[Fault]:
    """How often something was wrong, by what it was."""
    again = folder / "again"
    again.mkdir()
    return Counter(fault for outage in failures if (fault := fault_after(outage, again, profile)) is not None)


@pytest.mark.parametrize("points", [2_000, pytest.param(20_000, marks=pytest.mark.torture)])
@pytest.mark.parametrize("profile", PROFILES)
def test_a_power_failure_takes_nothing_that_was_acknowledged_and_leaves_nothing_half_done(
    tmp_path: Path, profile: str, points: int
) -> None:
    log = recorded(tmp_path, PROFILES[profile])
    seed = random.randrange(10**6)
    print("seed", seed)

    assert faults(outages(log, points, seed=seed), tmp_path, PROFILES[profile]) == {}


@pytest.mark.parametrize("profile", PROFILES)
def test_on_a_disk_that_never_waits_the_same_failures_damage_stores(tmp_path: Path, profile: str) -> None:
    failures = outages(recorded(tmp_path, PROFILES[profile]), 100, seed=7, honest=False)

    assert set(faults(failures, tmp_path, PROFILES[profile])) >= {"lost", "damaged"}


@pytest.mark.parametrize("profile", ["wal", "truncate"])
def test_a_profile_that_never_waits_damages_stores_too(tmp_path: Path, profile: str) -> None:
    failures = outages(recorded(tmp_path, PROFILES[profile], "synchronous = OFF"), 200, seed=7)

    assert set(faults(failures, tmp_path, PROFILES[profile])) >= {"lost", "damaged"}


@pytest.mark.parametrize(
    ("profile", "pragma"),
    [
        ("wal", "synchronous = NORMAL"),
        ("truncate", "journal_mode = DELETE"),  # what Python gives whoever asks for nothing
    ],
)
def test_a_profile_that_waits_too_seldom_loses_units_as_a_whole(tmp_path: Path, profile: str, pragma: str) -> None:
    failures = outages(recorded(tmp_path, PROFILES[profile], pragma), 200, seed=7)

    assert set(faults(failures, tmp_path, PROFILES[profile])) == {"lost"}

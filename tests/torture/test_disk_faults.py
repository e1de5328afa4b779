"""A disk that refuses a change: the unit is kept or not, whoever asked is told, and the next one works."""  # C123, R5

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from servicecrm.errors import CommitOutcomeUnknown, StoreError, StoreUnavailable
from servicecrm.storage import SQLiteStore, driver, sqlite_engine
from tests.torture.contents import Held, contents_of, sound
from tests.torture.disk import Change, watched
from tests.torture.profiles import PROFILES, Profile
from tests.torture.units import save


class BadDisk:
    """Refuses the n-th change of files, and those after it up to another one, until it is mended."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self._done, self._first, self._last, self._failed = 0, 0, 0, False

    def fail(self, first: int, last: int) -> None:
        self._done, self._first, self._last, self._failed = 0, first, last, False

    def mend(self) -> bool:
        """Refuse nothing any more; tells whether it has."""
        self._last = 0
        return self._failed

    def __call__(self, change: Change) -> bool:
        self._done += 1
        if not self._first <= self._done <= self._last:
            return True
        self._failed = True
        self.refused[f"{type(change).__name__} {change.file}"] += 1
        return False


def opened_dead(folder: Path, profile: Profile) -> str:
    """What is found when the process ends at once and another one opens the store, on a disk that works."""
    dead = folder / "dead"
    dead.mkdir()
    for file in folder.glob("crm.db*"):
        if not file.name.endswith("-shm"):  # that is memory, and goes with the process
            shutil.copy(file, dead)
    with profile.opened(dead / "crm.db") as store:
        assert sound(store)
        found = contents_of(store)
    shutil.rmtree(dead)
    return found


def fail_each_change(folder: Path, profile: Profile, *, until: Callable[[int], int]) -> Counter[str]:
    """Let the first change of a unit's files fail, then the second one, until none is left; counts what was refused.

    From the n-th one on all are refused `until` another. A unit that is not kept is tried again under its command.
    """
    disk, unit = BadDisk(), 1
    with (
        pytest.MonkeyPatch.context() as patch,
        watched(folder, disk),
        profile.opened(folder / "crm.db", "wal_autocheckpoint = 24") as store,
    ):
        held = Held(patch)
        save(store, 0)
        n, refused = 0, True
        while refused:
            n, before = n + 1, held.now
            disk.fail(n, until(n))
            told = outcome(store, unit)
            refused = disk.mend()
            found = held.now = contents_of(store)
            if told is None:  # at most the copying into the database has failed, which can wait
                assert found == held.next
            elif not isinstance(told, CommitOutcomeUnknown):
                assert type(told) is StoreUnavailable
                assert found == before, "half a unit"
            assert found in {before, held.next}, "half a unit"
            assert opened_dead(folder, profile) in {before, held.next}, "half a unit"
            if found != before:
                save(store, unit + 1)  # which also copies what could not be copied
                unit += 2
        assert sound(store)
    return disk.refused


def outcome(store: SQLiteStore, unit: int) -> StoreError | None:
    try:
        save(store, unit)
    except StoreError as error:
        return error
    return None


@pytest.mark.parametrize("until", [lambda n: n, lambda _: 10**9], ids=["once", "from then on"])
@pytest.mark.parametrize("profile", PROFILES)
def test_a_unit_is_kept_or_not_whichever_change_of_a_file_is_refused(
    tmp_path: Path, profile: str, until: Callable[[int], int]
) -> None:
    refused = fail_each_change(tmp_path, PROFILES[profile], until=until)

    log = "crm.db-journal" if profile == "truncate" else "crm.db-wal"
    assert {"Write crm.db", f"Write {log}", f"Sync {log}"} <= set(refused)


def test_without_transactions_the_same_disk_leaves_half_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_engine, "begin", lambda *_: None)
    monkeypatch.setattr(sqlite_engine, "commit", lambda *_: None)
    monkeypatch.setattr(driver, "in_unit", lambda _: True)
    with pytest.raises(AssertionError, match="half a unit"):
        fail_each_change(tmp_path, PROFILES["truncate"], until=lambda n: n)

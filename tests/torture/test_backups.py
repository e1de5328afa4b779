"""A backup that is taken while others write holds all that was acknowledged before, and nothing half."""  # C123

import shutil
from pathlib import Path
from typing import Final

import pytest

from servicecrm.errors import SchemaTooOld
from servicecrm.storage import SQLiteStore, restore
from tests.torture.killing import Place, saving
from tests.torture.profiles import PROFILES
from tests.torture.units import save, whole

EACH: Final = 2
"""So many backups are made of one store, so that it is not the reading of what others wrote that takes the time."""


def units_of(file: Path) -> int:
    with SQLiteStore(file, readonly=True) as store:
        return len(whole(store))


@pytest.mark.parametrize("backups", [20, pytest.param(50, marks=pytest.mark.torture)])
@pytest.mark.parametrize("profile", ["wal", "truncate"])
def test_a_backup_under_load_is_whole_and_so_is_what_is_restored_from_it(
    tmp_path: Path, profile: str, backups: int
) -> None:
    for k in range(0, backups, EACH):
        (folder := tmp_path / str(k)).mkdir()
        back_up_under_load(folder, profile, EACH)


def back_up_under_load(folder: Path, profile: str, backups: int) -> None:
    path = folder / "crm.db"
    with saving(Place(str(path), profile)) as process:
        first = process.wait()
        with PROFILES[profile].opened(path) as store:
            for n in range(backups):
                acknowledged = process.acknowledged()
                assert units_of(store.backup(folder / f"{n}.backup")) >= acknowledged
        assert process.acknowledged() > first, "nothing was written meanwhile"
    assert units_of(restore(folder / "0.backup", folder / "restored.db")) == units_of(folder / "0.backup")


def test_a_file_that_is_just_copied_is_not_whole(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    with PROFILES["wal"].opened(path) as store:
        save(store, 0)
        shutil.copy(path, tmp_path / "copy.db")
        with pytest.raises(SchemaTooOld):  # the tables themselves are still in the log beside it
            units_of(tmp_path / "copy.db")
        assert units_of(store.backup(tmp_path / "backup.db")) == 1

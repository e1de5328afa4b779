"""The measure of stores that grow counts the changes of every process."""

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.growing import changes_a_second


def test_what_is_measured_are_changes_that_were_saved(tmp_path: Path) -> None:
    rate = changes_a_second(str(tmp_path / "crm.db"), processes=2, seconds=0.1)

    with closing(sqlite3.connect(tmp_path / "crm.db")) as connection:
        query = "SELECT count(DISTINCT id), count(*) FROM servicecrm_journal WHERE type = 'complaint.forwarded'"
        complaints, changes = connection.execute(query).fetchone()
    assert complaints == 2
    assert 0 < rate <= changes / 0.1

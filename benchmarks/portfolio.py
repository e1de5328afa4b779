"""Customers at a glance, the timeline of one, and grades of purchases: what a first page costs, and a million rows.

The stores are SQLite files. A desk adds a hundred customers with ten interactions each; then they are copied by SQL,
under other ids and numbers, with account managers of their own, until the store is full. The copies have no history.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import narwhals
import numpy
import pandas

from benchmarks.rounds import Comparison, compare, repeated
from servicecrm import complaints, connect
from servicecrm.analytics.portfolio_view import portfolio_view
from servicecrm.analytics.timeline import timeline
from servicecrm.portfolio import Customer, add, contact, interactions
from servicecrm.portfolio.rfm_frames import rfm_frame
from servicecrm.storage import cursors
from servicecrm.storage.rows import Position
from servicecrm.testing import FixedClock
from servicecrm.testing.makers import MONDAY

__all__ = ["LARGE", "SMALL", "TRANSACTIONS", "grades", "portfolio"]

START = 100
SMALL, LARGE = 1_000, 100_000
EACH = 10
"""Interactions of each customer."""
FLAT = 1 / 1.5
"""A page of the largest store takes at most half as long again as one of the smallest."""
SIZE = 50

TRANSACTIONS = 1_000_000
AS_OF = date(2026, 3, 1)


def portfolio(folder: str, *, small: int = SMALL, large: int = LARGE) -> Iterator[Comparison]:
    """The first page of all customers, of those of one account manager, and of the timeline of a customer."""
    start = Path(folder, "portfolio.db")
    _record(start)
    with contextlib.ExitStack() as stack:
        little, much = (stack.enter_context(contextlib.closing(Pages(start, size))) for size in (small, large))
        for title, count, name in (
            (f"portfolio: {SIZE} customers of {large:,}", 10, "view"),
            (f"portfolio: {SIZE} customers of a manager, of {large:,}", 10, "mine"),
            (f"timeline: {EACH} entries, of {large * EACH:,}", 50, "timeline"),
        ):
            yield Comparison(
                title=title,
                count=count,
                ours=repeated(getattr(much, name)),
                others={f"of {small:,} customers": repeated(getattr(little, name))},
                targets={f"of {small:,} customers": FLAT},
            )


def grades(*, rows: int = TRANSACTIONS) -> Iterator[Comparison]:
    """Grade a tenth as many customers as there are transactions, beside the same by hand in pandas."""
    chance = numpy.random.default_rng(7)
    days = pandas.Timestamp("2025-01-01") + pandas.to_timedelta(chance.integers(0, 420, rows), unit="D")
    told = {
        "customer": chance.integers(0, rows // 10, rows),
        "day": days,
        "amount": chance.integers(100, 10_000, rows) / 100,
    }
    frame = pandas.DataFrame(told)
    assert (_by_hand(frame)["cell"].to_numpy() == rfm_frame(frame, as_of=AS_OF)["cell"].to_numpy()).all()
    yield Comparison(
        title=f"grade {rows // 10:,} customers by {rows:,} purchases",
        count=1,
        ours=repeated(lambda: rfm_frame(frame, as_of=AS_OF)),
        others={"pandas by hand": repeated(lambda: _by_hand(frame))},
        targets={"pandas by hand": 0.5},
    )


def _by_hand(frame: Any) -> Any:
    as_of = pandas.Timestamp(AS_OF)
    known = frame[frame["day"] <= as_of].groupby("customer")
    found = known.agg(last=("day", "max"), count=("day", "count"), total=("amount", "sum"))
    found["total"] = found["total"].round(6)
    found["days"] = (as_of - found["last"]).dt.days
    for name, grade in zip(("days", "count", "total"), "rfm", strict=True):
        found[grade] = 1 + 5 * (found[name].rank(method="min").astype("int64") - 1) // len(found)
    found["r"] = 6 - found["r"]
    found["cell"] = 100 * found["r"] + 10 * found["f"] + found["m"]
    found["weighted"] = (found["r"] + found["f"] + found["m"]) / 3
    return found


class Pages:
    """First pages of a store with so many customers."""

    def __init__(self, start: Path, size: int) -> None:
        path = start.with_name(f"portfolio{size}.db")
        shutil.copyfile(start, path)
        _fill(path, size)
        self._crm = connect(str(path), actor="ann", clock=FixedClock())
        self._kinds = {kind.name for kind in self._crm.store.kinds.values()}
        with self._crm.store.unit() as unit:
            self._customer = unit.get(Customer, "c-000001-7")

    def view(self) -> None:
        """The customers that were added last."""
        self._view(None)

    def mine(self) -> None:
        """Those of one account manager."""
        self._view("ann-000001")

    def _view(self, manager: str | None) -> None:
        page = self._crm.perform(
            lambda work: portfolio_view(work, at=MONDAY, kinds=self._kinds, manager=manager, size=SIZE), readonly=True
        )
        assert len(page) == SIZE
        assert page.lines[0].heard_at is not None

    def timeline(self) -> None:
        """What happened with a customer."""
        page = self._crm.perform(
            lambda work: timeline(work, self._customer, place=_place, kinds=self._kinds), readonly=True
        )
        assert len(page) == EACH + 1

    def close(self) -> None:
        """Give the file back."""
        self._crm.close()


def _place(order: str, position: tuple[Any, str]) -> str:
    return cursors.write(order, Position(*position))


def _record(path: Path) -> None:
    """A hundred customers, each with a complaint and some calls."""
    at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    with connect(str(path), actor="ann", clock=FixedClock()) as crm, crm.store.unit() as unit:
        for n in range(START):
            id = f"c-000000-{n}"
            told: dict[str, Any] = {"by": "ann", "at": at + timedelta(minutes=n)}
            mia = contact("Mia Holt", id=f"p-000000-{n}")
            unit.save(
                add(id=id, name=f"Harbour Cafe {n}", contacts=[mia], account_manager="ann-000000", **told),
                complaints.record(id=f"k-000000-{n}", subject="No water", channel="phone", customer=id, **told),
                *(
                    interactions.record(
                        id=f"i-000000-{n}-{i}",
                        subject="About the bill",
                        summary="She asked why it is higher than last month, and was content with the answer.",
                        kind="call",
                        direction="inbound",
                        customer=id,
                        **{**told, "at": told["at"] + timedelta(days=i)},
                    )
                    for i in range(EACH)
                ),
            )


def _fill(path: Path, size: int) -> None:
    """Copy all customers with what belongs to them, until there are so many."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -1000000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        for table in ("customer", "complaint", "interaction"):
            columns = {row[1]: row[2] for row in connection.execute(f"PRAGMA table_info(servicecrm_{table})")}
            listed = ", ".join(f'"{name}"' for name in columns)
            values = ", ".join(
                f"replace(of.\"{name}\", '-000000', printf('-%06d', n))" if columns[name] == "TEXT" else f'of."{name}"'
                for name in columns
            )
            connection.execute(
                f"WITH RECURSIVE times (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM times WHERE n + 1 < ?) "
                f"INSERT INTO servicecrm_{table} ({listed}) SELECT {values} "
                f"FROM times CROSS JOIN servicecrm_{table} AS of WHERE of.id LIKE '_-000000-%'",
                (size // START,),
            )
        connection.execute("COMMIT")


if __name__ == "__main__":
    print(f"pandas {pandas.__version__}, narwhals {narwhals.__version__}, SQLite {sqlite3.sqlite_version}")
    with TemporaryDirectory() as folder:
        for comparison in chain(grades(), portfolio(folder)):  # one after the other: each closes its files
            result = compare(comparison)
            print(f"{comparison.title:58}{result.ours / 1e3:>10.2f} ms")
            for name, taken in result.others.items():
                print(f"  {name:56}{taken / 1e3:>10.2f} ms{result.ratios[name]:>8.2f}", flush=True)

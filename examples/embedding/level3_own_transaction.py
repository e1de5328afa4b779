"""Level 3, your own transaction: our tables beside yours, and both are saved, or neither."""

import sqlite3

import servicecrm
from servicecrm.errors import RuleError
from servicecrm.storage import install

db = sqlite3.connect(":memory:", isolation_level=None)  # BEGIN and COMMIT are written here
db.execute("BEGIN IMMEDIATE")
db.execute("CREATE TABLE orders (id TEXT PRIMARY KEY, complaint TEXT)")
install(db)
db.execute("COMMIT")


def complain(order: str, channel: str) -> str | None:
    """A row of yours and a complaint of ours, as one change."""
    db.execute("BEGIN IMMEDIATE")
    desk = servicecrm.connect(db, actor="shop")
    try:
        db.execute("INSERT INTO orders (id) VALUES (?)", [order])
        complaint = desk.complaints.record(subject="The parcel is wet", channel=channel)
        db.execute("UPDATE orders SET complaint = ? WHERE id = ?", [complaint.id, order])
    except RuleError:
        db.execute("ROLLBACK")
        desk.rolled_back()
        return None
    db.execute("COMMIT")
    desk.committed()  # hooks run now
    return complaint.number


assert str(complain("order-9", "web")).endswith("-000001")
assert complain("order-10", "telepathy") is None
assert db.execute("SELECT id FROM orders").fetchall() == [("order-9",)]

"""The checker of histories finds what is planted and nothing else, and sees in PostgreSQL what each level allows."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import permutations
from pathlib import Path
from random import Random
from string import ascii_lowercase

import psycopg
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from psycopg import IsolationLevel, sql
from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from tests.histories import (
    Aborted,
    Append,
    Kind,
    Op,
    Outcome,
    Read,
    Transaction,
    Unknown,
    Values,
    anomalies,
    run,
)
from tests.servers import Postgres


def kinds(history: Sequence[Transaction]) -> set[Kind]:
    return {each.kind for each in anomalies(history)}


def play(schedule: str) -> list[Transaction]:
    """The history of a schedule on lists without any isolation; at the end, a transaction reads every list.

    `w1x`: transaction 1 appends to x. `r2y`: 2 reads y. `a1`: 1 is rolled back. `u2`: nobody knows how 2 has ended.
    """
    parsed: list[tuple[str, str, str]] = re.findall(r"([wrau])(\d+)([a-z]?)", schedule)
    lists: dict[str, Values] = {key: () for _, _, key in parsed if key}
    ops: dict[str, tuple[Op, ...]] = defaultdict(tuple)
    times: dict[str, list[int]] = defaultdict(list)
    outcomes: dict[str, Outcome] = {}
    for n, (what, who, key) in enumerate(parsed):
        times[who].append(n)
        if what == "w":
            lists[key] += (n,)
            ops[who] += (Append(key, n),)
        elif what == "r":
            ops[who] += (Read(key, lists[key]),)
        elif what == "u":
            outcomes[who] = "unknown"
        else:
            outcomes[who] = "aborted"
            mine = [op.value for op in ops[who] if isinstance(op, Append)]
            lists = {key: tuple(value for value in values if value not in mine) for key, values in lists.items()}
    played = [Transaction(ops[who], outcomes.get(who, "committed"), at[0], at[-1]) for who, at in times.items()]
    return [*played, Transaction(tuple(Read(*each) for each in lists.items()), began=len(parsed), ended=len(parsed))]


PLANTED: dict[str, set[Kind]] = {
    "w1x w2x w2y w1y": {"G0"},
    "w1x w2x w2y u2 w1y": {"G0"},  # 2 has taken effect, so it was committed
    "w1x w2x w2y r2y w1y": {"G0"},  # that 2 also read y before 1 appended to it is the weaker reason
    "w1x r2x a1": {"G1a"},
    "w1x r2x w1x": {"G1b", "G-single"},  # 2 saw one append of 1, and missed the other
    "w1x w2y r1y r2x": {"G1c"},
    "w1x w2x w2y r1y": {"G1c"},
    "r1x w2x w2y r1y": {"G-single"},
    "r1x w2x w3x w3y r1y": {"G-single"},
    "r1x r2y w1y w2x": {"G2-item"},
    "r1x r2y r3z w1z w2x w3y": {"G2-item"},
    "r1x r2z w3x w3y w2y w1z": {"G2-item"},
    "r1x r2z w3x w3y r2y w1z": {"G2-item"},
}


def steps(who: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([f"{what}{who}{key}" for what in "wr" for key in "xyz"]), min_size=1, max_size=4)


@st.composite
def serial(draw: st.DrawFn, first: int = 1) -> str:
    """A schedule of transactions that take turns."""
    turns = [
        [*draw(steps(who)), *draw(st.sampled_from([[], [], [f"a{who}"], [f"u{who}"]]))]
        for who in range(first, first + draw(st.integers(0, 8)))
    ]
    return " ".join(step for turn in turns for step in turn)


@st.composite
def interleaved(draw: st.DrawFn) -> str:
    """A schedule of some transactions at the same time."""
    left = {who: draw(steps(who)) for who in range(1, 1 + draw(st.integers(2, 4)))}
    turns = draw(st.permutations([who for who, each in left.items() for _ in each]))
    return " ".join(left[who].pop() for who in turns)


@st.composite
def tampered(draw: st.DrawFn) -> list[Transaction]:
    """A history of transactions at the same time, one of which has perhaps seen something else."""
    history = play(draw(interleaved()))
    n = draw(st.integers(0, len(history) - 1))
    values = [op.value for each in history for op in each.ops if isinstance(op, Append)]
    ops = list(history[n].ops)
    for m, op in enumerate(ops):
        if isinstance(op, Read) and draw(st.booleans()):
            seen = st.permutations(op.values) | st.lists(st.sampled_from([*values, 1000]), max_size=4)
            ops[m] = Read(op.key, tuple(draw(seen)))
    history[n] = evolve(history[n], ops=tuple(ops))
    return history


def explains(order: Sequence[Transaction]) -> bool:
    """Would these transactions, one after the other, have seen what they saw?"""
    lists: dict[str, Values] = defaultdict(tuple)
    for op in (op for each in order for op in each.ops):
        if isinstance(op, Append):
            lists[op.key] += (op.value,)
        elif lists[op.key] != op.values:
            return False
    return True


@given(serial(), st.randoms(use_true_random=False))
def test_a_serial_history_has_no_anomaly_however_it_is_sorted(schedule: str, random: Random) -> None:
    history = play(schedule)
    random.shuffle(history)

    assert anomalies(history) == []


@pytest.mark.parametrize("planted", PLANTED)
@given(before=serial(10), after=serial(20))
def test_a_schedule_planted_between_serial_ones_is_named(planted: str, before: str, after: str) -> None:
    found = kinds(play(f"{before} {planted} {after}"))

    if planted.endswith("a1"):
        found -= {"incompatible order"}  # what was rolled back may be where something else is later
    assert found == PLANTED[planted]


@given(interleaved().map(play) | tampered())
def test_a_history_has_an_anomaly_exactly_if_no_serial_order_explains_it(history: list[Transaction]) -> None:
    if any(map(explains, permutations(history))):
        assert kinds(history) <= {"lost append"}  # which is about time: a read came later and saw an earlier state
    else:
        assert anomalies(history)


X, Y = Append("x", 1), Append("y", 2)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([Transaction((X, Read("x")))], {"internal"}),
        ([Transaction((Read("x", (1,)), X))], {"internal"}),
        ([Transaction((X,)), Transaction((Read("x", (1, 1)),))], {"duplicate"}),
        ([Transaction((X,)), Transaction((Read("x", (2,)),))], {"unwritten"}),
        ([Transaction((X, Append("x", 2))), Transaction((Read("x", (2, 1)),))], {"incompatible order"}),
        (
            [
                Transaction((X,)),
                Transaction((Append("x", 3),)),
                Transaction((Append("x", 4), Y)),
                Transaction((Read("x", (1, 4)), Read("y", (2,)))),
                Transaction((Read("x", (3,)), Read("y", (2,)))),
            ],
            {"incompatible order"},
        ),
        ([Transaction((X, Read("y", (2,)))), Transaction((Y, Read("x", (1,))))], {"G1c"}),
        ([Transaction((X,), ended=1), Transaction((Read("x"),), began=2)], {"lost append"}),
        (
            [Transaction((X,), ended=1), Transaction((Read("x", (1,)),), began=2), Transaction((Read("x"),), began=3)],
            set(),
        ),
        ([Transaction((X,), "aborted", ended=1), Transaction((Read("x"),), began=2)], set()),
        ([Transaction((X,), "unknown", ended=1), Transaction((Read("x"),), began=2)], set()),
        ([Transaction((X,), ended=3), Transaction((Read("x"),), began=2)], set()),
    ],
)
def test_a_history_without_a_last_read_is_judged_by_what_it_shows(
    history: list[Transaction], expected: set[Kind]
) -> None:
    assert kinds(history) == expected


def test_of_the_cycles_on_which_transactions_are_together_a_shortest_is_given_in_its_order() -> None:
    history = play("r1x r1a r2y r3z w1y w2z w3x w2a")  # 1, 3, 2 and, shorter, 1, 2

    [cycle] = anomalies(history)
    assert cycle.transactions == (history[1], history[0])


def test_one_cycle_is_found_among_ten_thousand_transactions() -> None:
    letters = Random(0).choices(ascii_lowercase, k=20_000)
    turns = [f"r{n}{letters[n]} w{n}{letters[-n]}" for n in range(10_000)]
    turns.insert(5_000, "r10001x r10002y w10001y w10002x")

    [cycle] = anomalies(play(" ".join(turns)))
    assert cycle.kind == "G2-item"
    assert len(cycle.transactions) == 2


def test_a_value_that_is_appended_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="append each value once"):
        anomalies([Transaction((X,)), Transaction((X,))])


class Lists:
    """A client of a table of lists."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def transaction(self, ops: Sequence[Op]) -> list[Values]:
        try:
            with self._connection.transaction():
                return [values for op in ops if (values := self._do(op)) is not None]
        except (SerializationFailure, DeadlockDetected, LockNotAvailable) as error:
            raise Aborted from error

    def _do(self, op: Op) -> Values | None:
        if isinstance(op, Read):
            return self._read(op.key)
        self._append(op)
        return None

    def _read(self, key: str) -> Values:
        [(items,)] = self._connection.execute("SELECT items FROM lists WHERE key = %s", (key,))
        return tuple(items)

    def _append(self, op: Append) -> None:
        self._connection.execute("UPDATE lists SET items = items || %s WHERE key = %s", ([op.value], op.key))


class WritesBack(Lists):
    """It appends by writing back what it has read, and one value more."""

    def _append(self, op: Append) -> None:
        items = [*self._read(op.key), op.value]
        self._connection.execute("UPDATE lists SET items = %s WHERE key = %s", (items, op.key))


class HearsNothing(Lists):
    """It never hears how the transactions end in which it appends."""

    def transaction(self, ops: Sequence[Op]) -> list[Values]:
        values = super().transaction(ops)
        if any(isinstance(op, Append) for op in ops):
            raise Unknown
        return values


@contextmanager
def lists(url: str, schema: str, level: IsolationLevel, client: type[Lists]) -> Iterator[Lists]:
    # Whoever waits in a circle is told so by a timeout that any role may set, and shorter than that of deadlocks.
    with psycopg.connect(url, autocommit=True, options=f"-c search_path={schema} -c lock_timeout=50") as connection:
        connection.isolation_level = level
        yield client(connection)


def observed(
    postgres: Postgres,
    level: IsolationLevel,
    *,
    seed: int = 0,
    sessions: int = 8,
    transactions: int = 100,
    client: type[Lists] = Lists,
) -> list[Transaction]:
    """What processes see that use a table of lists at the same time."""
    schema, keys = postgres.schema(), [f"k{n}" for n in range(12)]
    table = sql.Identifier(schema, "lists")
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        connection.execute(sql.SQL("CREATE TABLE {} (key text PRIMARY KEY, items bigint[] NOT NULL)").format(table))
        connection.execute(sql.SQL("INSERT INTO {} SELECT unnest(%s::text[]), '{{}}'").format(table), (keys,))
    session = partial(lists, postgres.url, schema, level, client)
    return run(sessions, transactions=transactions, keys=keys, seed=seed, session=session)


@pytest.mark.parametrize(
    ("level", "allowed"),
    [
        pytest.param(IsolationLevel.READ_COMMITTED, {"G-single", "G2-item"}, id="read committed"),
        pytest.param(IsolationLevel.REPEATABLE_READ, {"G2-item"}, id="repeatable read"),
    ],
)
def test_postgresql_shows_what_its_level_allows_and_nothing_else(
    postgres: Postgres, level: IsolationLevel, allowed: set[Kind]
) -> None:
    shown: set[Kind] = set()
    for seed in range(10):  # one does, as a rule
        shown |= kinds(observed(postgres, level, seed=seed))
        if shown >= allowed:
            break
    assert shown == allowed


def test_postgresql_shows_no_anomaly_when_it_is_serializable(postgres: Postgres) -> None:
    *history, last = observed(postgres, IsolationLevel.SERIALIZABLE)

    assert anomalies([*history, last]) == []
    appended = [
        op.value for each in history if each.outcome == "committed" for op in each.ops if isinstance(op, Append)
    ]
    assert sorted(appended) == sorted(value for op in last.ops if isinstance(op, Read) for value in op.values)
    assert len(appended) > 100


def test_an_append_that_another_one_overwrites_is_lost(postgres: Postgres) -> None:
    for seed in range(10):
        history = observed(postgres, IsolationLevel.READ_COMMITTED, seed=seed, sessions=3, client=WritesBack)
        if "lost append" in kinds(history):
            return
    pytest.fail("nothing was overwritten")


def test_what_was_committed_without_an_answer_is_no_anomaly(postgres: Postgres) -> None:
    history = observed(postgres, IsolationLevel.SERIALIZABLE, sessions=2, client=HearsNothing)

    assert anomalies(history) == []
    assert {each.outcome for each in history} >= {"committed", "unknown"}


class Nowhere:
    def transaction(self, ops: Sequence[Op]) -> list[Values]:
        raise Aborted


@contextmanager
def once(path: Path) -> Iterator[Nowhere]:
    path.touch(exist_ok=False)
    yield Nowhere()


def test_a_session_that_cannot_begin_ends_the_run_with_its_error(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        run(2, transactions=1, keys=["x"], seed=0, session=partial(once, tmp_path / "taken"))

"""Histories of transactions, and what is wrong with them: a store's isolation, tested from outside.

Sessions append values to lists and read them. No value is appended twice to a list, so what was read tells in which
order the appends took effect, and so which transaction comes before which. If these dependencies form a cycle, then no
serial order explains what was seen. This is the method of Elle (Kingsbury and Alvaro, VLDB 2020); the cycles have the
names that Adya gave them (1999).
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from itertools import chain, count, pairwise
from multiprocessing import get_context
from random import Random
from threading import Barrier, BrokenBarrierError
from typing import Literal, Protocol, TypeAlias

from attrs import frozen

Values: TypeAlias = tuple[int, ...]


@frozen
class Append:
    """Add a value to the end of a list."""

    key: str
    value: int


@frozen
class Read:
    """Read a list; `values` is what was seen, where that is known."""

    key: str
    values: Values = ()


Op: TypeAlias = Append | Read
Outcome: TypeAlias = Literal["committed", "aborted", "unknown"]


@frozen
class Transaction:
    """What one transaction did, how it ended, and when it began and ended, by one clock for all.

    What its reads saw is known only if it was committed.
    """

    ops: tuple[Op, ...]
    outcome: Outcome = "committed"
    began: int = 0
    ended: int = 0


Kind: TypeAlias = Literal[
    "G0",  # a cycle of appends only
    "G1a",  # a read of an append that was rolled back
    "G1b",  # a read of an append that its transaction followed by another one
    "G1c",  # a cycle of appends and of reads that saw them
    "G-single",  # a cycle with exactly one read that did not see an append
    "G2-item",  # a cycle with two such reads or more
    "internal",  # a transaction does not see its own appends, or sees them too early
    "incompatible order",  # two reads, neither of which begins the other; or a read, and its writer's own order
    "lost append",  # it was acknowledged, and no later read shows it
    "duplicate",  # a value is twice in a list
    "unwritten",  # a value that nobody has appended
]


@frozen
class Anomaly:
    """What no serial execution shows, and the transactions that show it; those of a cycle in its order."""

    kind: Kind
    transactions: tuple[Transaction, ...]


def anomalies(history: Sequence[Transaction]) -> list[Anomaly]:
    """Name what is wrong with a history, in whatever order its transactions are given; nothing if it is serializable.

    Of the cycles of each kind, a short one is given for each set of transactions that are on cycles together. An
    order of appends is known as far as it was read: let a last transaction read every list.

    Raises:
        ValueError: a value is appended twice to a list.
    """
    found = [Anomaly("internal", (each,)) for each in history if not _sees_itself(each)]
    dependencies: list[tuple[Edge, int, int]] = []
    for each in _lists(history):
        found += each.anomalies()
        dependencies += each.dependencies()
    graph: Graph = {n: {} for n in range(len(history))}
    for edge, before, after in sorted(dependencies, reverse=True):  # ww, then wr, then rw: the strongest reason stays
        if before != after:
            graph[before].setdefault(after, edge)
    for kind, first, others in CYCLES:
        found += [Anomaly(kind, tuple(history[n] for n in cycle)) for cycle in _cycles(graph, kind, first, others)]
    return list(dict.fromkeys(found))


Edge: TypeAlias = Literal["ww", "wr", "rw"]
"""Why a transaction comes before another: that one appended next (ww), read its append (wr), or appended what it had
not yet seen (rw)."""

Graph: TypeAlias = Mapping[int, dict[int, Edge]]
"""From each transaction, by its place in the history, to those that come after it."""

CYCLES: tuple[tuple[Kind, Edge, frozenset[Edge]], ...] = (
    ("G0", "ww", frozenset({"ww"})),
    ("G1c", "wr", frozenset({"ww", "wr"})),
    ("G-single", "rw", frozenset({"ww", "wr"})),
    ("G2-item", "rw", frozenset({"ww", "wr", "rw"})),
)
"""The name of a cycle, one edge that it must have, and the edges that its others may be."""

ENOUGH = 100
"""How many edges are tried for a shorter cycle, where there is one already."""


class _List:
    """What is known of one list."""

    def __init__(self, history: Sequence[Transaction]) -> None:
        self._history = history
        self.writers: dict[int, int] = {}
        """Who has appended each value; the values of one transaction in its order."""
        self.reads: list[tuple[int, Read]] = []
        """Who has seen what."""

    def anomalies(self) -> Iterator[Anomaly]:
        """What is wrong whatever the other lists show."""
        aborted = {value for value, writer in self.writers.items() if self._history[writer].outcome == "aborted"}
        finished = {writer: value for value, writer in self.writers.items()}
        longest, order = self._longest()
        turn = {value: n for n, value in enumerate(self.writers)}
        for before, after in pairwise(order):
            if self.writers[before] == self.writers[after] and turn[before] > turn[after]:
                yield Anomaly("incompatible order", (self._history[self.writers[after]], self._history[longest]))
        for n, read in self.reads:
            reader, values = self._history[n], set(read.values)
            if len(values) < len(read.values):
                yield Anomaly("duplicate", (reader,))
            if not values <= self.writers.keys():
                yield Anomaly("unwritten", (reader,))
            elif read.values != order[: len(read.values)]:
                yield Anomaly("incompatible order", (self._history[longest], reader))
            for value in sorted(values & aborted):
                yield Anomaly("G1a", (self._history[self.writers[value]], reader))
            writer = self._writer_seen(n, read)
            if writer is not None and finished[writer] not in values:
                yield Anomaly("G1b", (self._history[writer], reader))
        yield from self._lost()

    def dependencies(self) -> Iterator[tuple[Edge, int, int]]:
        """Which transaction comes before which, and why."""
        _, order = self._longest()
        for before, after in pairwise(order):
            yield "ww", self.writers[before], self.writers[after]
        for n, read in self.reads:
            writer = self._writer_seen(n, read)
            if writer is not None:
                yield "wr", writer, n
            if len(read.values) < len(order) and read.values == order[: len(read.values)]:
                yield "rw", n, self.writers[order[len(read.values)]]

    def _longest(self) -> tuple[int, Values]:
        """The read that shows most, and who has read it; values that nobody has appended have no place in an order."""
        known = ((n, read.values) for n, read in self.reads if self.writers.keys() >= set(read.values))
        return max(known, key=lambda each: len(each[1]), default=(-1, ()))

    def _writer_seen(self, reader: int, read: Read) -> int | None:
        """Who has appended the last value that was read, apart from the reader's own."""
        writers = (self.writers.get(value) for value in reversed(read.values))
        return next((writer for writer in writers if writer != reader), None)

    def _lost(self) -> Iterator[Anomaly]:
        reads = [(self._history[n].began, read.values) for n, read in self.reads]
        _, last = max(reads, default=(0, ()))
        for value in self.writers.keys() - set(last):  # few, if any
            writer = self._history[self.writers[value]]
            later = [values for each, values in reads if each > writer.ended]
            if writer.outcome == "committed" and later and not any(value in values for values in later):
                yield Anomaly("lost append", (writer,))


def _lists(history: Sequence[Transaction]) -> list[_List]:
    lists: dict[str, _List] = defaultdict(lambda: _List(history))
    for n, transaction in enumerate(history):
        for op in transaction.ops:
            if isinstance(op, Append):
                if op.value in lists[op.key].writers:
                    raise ValueError(f"{op.value} is appended twice to {op.key}; append each value once")
                lists[op.key].writers[op.value] = n
            elif transaction.outcome == "committed":
                lists[op.key].reads.append((n, op))
    return list(lists.values())


def _sees_itself(transaction: Transaction) -> bool:
    """Does each of its reads end with what it has appended before, and show no more of its own?"""
    if transaction.outcome != "committed":
        return True
    mine: dict[str, set[int]] = defaultdict(set)
    for op in transaction.ops:
        if isinstance(op, Append):
            mine[op.key].add(op.value)
    before: dict[str, Values] = defaultdict(tuple)
    for op in transaction.ops:
        if isinstance(op, Append):
            before[op.key] += (op.value,)
        else:
            end = len(op.values) - len(before[op.key])
            if op.values[end:] != before[op.key] or not mine[op.key].isdisjoint(op.values[:end]):
                return False
    return True


def _cycles(graph: Graph, kind: Kind, first: Edge, others: frozenset[Edge]) -> list[list[int]]:
    """A cycle from each component that has one of this kind, as short as `ENOUGH` tries make it."""
    inside = _components(_only(graph, others | {first}))
    rest = _only(graph, others)
    rank = _components(rest)
    best: dict[int, list[int]] = {}
    tries: Counter[int] = Counter()
    for before, edges in graph.items():
        component = inside[before]
        for after, edge in edges.items():
            if edge != first or inside[after] != component or (component in best and tries[component] >= ENOUGH):
                continue
            tries[component] += 1
            shorter_than = len(best[component]) if component in best else len(graph) + 1
            path = _path(rest, after, before, rank, shorter_than)
            if path and kind == "G2-item" and all(graph[a][b] != "rw" for a, b in pairwise(path)):
                continue  # it is a G-single
            if path:
                best[component] = path
    return list(best.values())


def _only(graph: Graph, edges: frozenset[Edge]) -> dict[int, list[int]]:
    return {node: [after for after, edge in every.items() if edge in edges] for node, every in graph.items()}


def _path(
    graph: Mapping[int, list[int]], start: int, goal: int, rank: Mapping[int, int], shorter_than: int
) -> list[int] | None:
    """The shortest path with fewer nodes than that; found quickly, for an edge never leads to a higher rank."""
    came_from = {start: start}
    reached = [start]
    for _ in range(shorter_than - 2):
        reached_now, reached = reached, []
        for node in reached_now:
            for each in graph[node]:
                if each not in came_from and rank[each] >= rank[goal]:
                    came_from[each] = node
                    reached.append(each)
        if goal in came_from:
            path = [goal]
            while path[-1] != start:
                path.append(came_from[path[-1]])
            return path[::-1]
        if not reached:
            return None
    return None


def _components(graph: Mapping[int, list[int]]) -> dict[int, int]:
    """The strongly connected component of each node, numbered so that no edge leads to a higher number (Tarjan)."""
    component: dict[int, int] = {}
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}
    following: dict[int, Iterator[int]] = {}
    waiting: list[int] = []
    for root in graph:
        path = [] if root in number else [root]
        while path:
            node = path[-1]
            if node not in number:
                number[node] = lowest[node] = len(number)
                following[node] = iter(graph[node])
                waiting.append(node)
            new = next((each for each in following[node] if each not in number), None)
            if new is not None:
                path.append(new)
                continue
            path.pop()
            lowest[node] = min(lowest[each] for each in (node, *graph[node]) if each not in component)
            if lowest[node] == number[node]:
                emitted = len(component)
                while node not in component:
                    component[waiting.pop()] = emitted
    return component


class Aborted(Exception):
    """The transaction has certainly not been committed."""


class Unknown(Exception):
    """Whether the transaction was committed is not known."""


class Client(Protocol):
    """One session of the store that is tested."""

    def transaction(self, ops: Sequence[Op]) -> Sequence[Sequence[int]]:
        """Do all that in one transaction, in this order, and give what each read saw: one list for each read.

        Raises:
            Aborted: it was rolled back.
            Unknown: whether it was committed is not known.
        """


HOT = 3
"""How many lists are in use at a time."""


def run(
    sessions: int,
    *,
    transactions: int,
    keys: Sequence[str],
    seed: int,
    session: Callable[[], AbstractContextManager[Client]],
) -> list[Transaction]:
    """The history of so many processes that use a store at the same time, each with so many random transactions.

    The keys are of lists that are empty. A few are in use at a time, so that the transactions meet, and each for a
    while only, so that no list gets long. One more transaction, after all others, reads every list. The seed decides
    what is tried, not what happens.

    `session` is called in each process, so it can be pickled: a function of a module, or a `partial` of one.
    """
    random, values = Random(seed), count(1)
    plans = [[_ops(random, _hot(keys, n / transactions), values) for n in range(transactions)] for _ in range(sessions)]
    spawn = get_context("spawn")
    with ProcessPoolExecutor(sessions, spawn, _set_start, (spawn.Barrier(sessions),)) as pool:
        parts = [pool.submit(_run, session, plan) for plan in plans]
    failures = [failure for part in parts if (failure := part.exception())]
    for failure in sorted(failures, key=lambda each: isinstance(each, BrokenBarrierError)):
        raise failure  # one that made the others wait in vain comes first
    with session() as client:
        last = _attempt(client, [Read(key) for key in keys])
    assert last.outcome == "committed", "it was alone, and yet refused"
    return [*chain.from_iterable(part.result() for part in parts), last]


def _hot(keys: Sequence[str], progress: float) -> Sequence[str]:
    first = int(progress * (len(keys) - HOT + 1))
    return keys[first : first + HOT]


def _ops(random: Random, keys: Sequence[str], values: Iterator[int]) -> list[Op]:
    chosen = random.choices(keys, k=random.randint(1, 4))
    return [Append(key, next(values)) if random.random() < 0.5 else Read(key) for key in chosen]


_start: Barrier
"""Where the processes wait for each other, so that all begin at once."""


def _set_start(start: Barrier) -> None:
    global _start  # noqa: PLW0603 - a barrier is only handed over while a process starts
    _start = start


def _run(session: Callable[[], AbstractContextManager[Client]], plan: Sequence[Sequence[Op]]) -> list[Transaction]:
    try:
        with session() as client:
            _start.wait()
            return [_attempt(client, ops) for ops in plan]
    except BaseException:
        _start.abort()
        raise


def _attempt(client: Client, ops: Sequence[Op]) -> Transaction:
    began = time.monotonic_ns()
    try:
        seen = client.transaction(ops)
    except Aborted:
        return Transaction(tuple(ops), "aborted", began, time.monotonic_ns())
    except Unknown:
        return Transaction(tuple(ops), "unknown", began, time.monotonic_ns())
    ended = time.monotonic_ns()
    reads = [n for n, op in enumerate(ops) if isinstance(op, Read)]
    done = list(ops)
    for n, values in zip(reads, seen, strict=True):
        done[n] = Read(ops[n].key, tuple(values))
    return Transaction(tuple(done), "committed", began, ended)

"""Complaints of many sorts, and a plain model of what filters and orders make of them.

The model reads records as Python values and knows nothing of columns, encodings or stores.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final
from unicodedata import normalize

from hypothesis import strategies as st

from servicecrm.complaints import Complaint
from servicecrm.complaints.lifecycle import LIFECYCLE
from servicecrm.kernel.filters import AllOf, AnyOf, Filter, search, where
from servicecrm.testing.contract.examples import AT, complaint

__all__ = ["POPULATION", "Asked", "asked", "ordered"]

WORDS: Final = (
    "water",
    "Water",
    "wäter",
    "",
    " ",
    "a'b",
    'a"b',
    "100%",
    "10_0",
    "?",
    "\\",
    "é",
    "e\u0301",
    "ﬁ",
    "𝄞",
    "\uffee",
)
TAGS: Final = ("a", "A", "b", "a'b", "%", "")
EAST: Final = timezone(timedelta(hours=9))
TIMES: Final = (
    AT,
    AT + timedelta(microseconds=1),
    (AT + timedelta(hours=3)).astimezone(EAST),
    datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
)


def _nth(values: tuple[Any, ...], n: int) -> Any:
    """One of these, or nothing, spread over the population."""
    return (None, *values)[n % (len(values) + 1)]


POPULATION: Final = tuple(
    complaint(
        f"{7 * n % 36:02}",
        subject=f"Subject {WORDS[n % len(WORDS)]}",
        complainant=_nth(("STRASSE", "straße", "İ", "C. Resident"), n),
        category=_nth(WORDS, n),
        handler=_nth(("water", "roads"), n),
        state=tuple(LIFECYCLE.states)[n % len(LIFECYCLE.states)],
        closed_at=_nth(TIMES, n // 2),
        received_at=TIMES[n % len(TIMES)],
        forwards=(0, 1, 2, 10, -1)[n % 5],
        tags=frozenset(TAGS[k] for k in range(len(TAGS)) if n >> k & 1),
    )
    for n in range(36)
)

Test = Callable[[Complaint], bool]
Asked = tuple[Filter, Test]
"""A filter, and the same question in Python."""


def _folded(complaint: Complaint) -> str:
    texts = (complaint.number, complaint.subject, complaint.text, complaint.complainant)
    return _plain("\n".join(text for text in texts if text))


def _plain(text: str) -> str:
    return normalize("NFKC", normalize("NFKC", text).casefold())


_FIELDS: Final[dict[str, tuple[Callable[[Complaint], Any], tuple[Any, ...]]]] = {
    "category": (lambda c: c.category, WORDS),
    "handler": (lambda c: c.handler, ("water", "roads", "nobody")),
    "state": (lambda c: c.state, tuple(LIFECYCLE.states)),
    "closed_at": (lambda c: c.closed_at, TIMES),
    "received_at": (lambda c: c.received_at, (*TIMES, AT + timedelta(hours=1))),
    "forwards": (lambda c: c.forwards, (-1, 0, 1, 5, 2**63 - 1, -(2**63))),
    "open": (lambda c: c.closed_at is None, (True, False)),
}


def _comparison(name: str, operator: str, right: Any) -> Asked:
    of, field = _FIELDS[name][0], where(name)
    if operator == "==":
        return field == right, lambda c: of(c) == right
    if operator == "!=":
        return field != right, lambda c: of(c) != right

    def present(test: Callable[[Any], bool]) -> Test:
        return lambda c: of(c) is not None and test(of(c))

    return {
        "<": (field < right, present(lambda left: bool(left < right))),
        "<=": (field <= right, present(lambda left: bool(left <= right))),
        ">": (field > right, present(lambda left: bool(left > right))),
        ">=": (field >= right, present(lambda left: bool(left >= right))),
    }[operator]


@st.composite
def _leaves(draw: st.DrawFn) -> Asked:
    sort = draw(st.sampled_from(["comparison", "comparison", "missing", "one_of", "has", "search", "constant"]))
    name = draw(st.sampled_from(sorted(_FIELDS)))
    of, values = _FIELDS[name]
    if sort == "comparison":
        operator = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
        return _comparison(name, operator, draw(st.sampled_from(values)))
    if sort == "missing":
        return where(name) == None, lambda c: of(c) is None  # noqa: E711 - a filter
    if sort == "one_of":
        some = draw(st.lists(st.sampled_from(values), max_size=3))
        return where(name).one_of(some), lambda c: of(c) in some
    if sort == "has":
        tag = draw(st.sampled_from((*TAGS, "zzz")))
        return where("tags").has(tag), lambda c: tag in c.tags
    if sort == "search":
        text = draw(st.sampled_from((*WORDS, "SUBJECT", "strasse", "i", "ss", "t\nc", "%", "_")))
        return search(text), lambda c: _plain(text) in _folded(c)
    constants: list[Asked] = [(AllOf(()), lambda _: True), (AnyOf(()), lambda _: False)]
    return draw(st.sampled_from(constants))


def _combined(inner: st.SearchStrategy[Asked]) -> st.SearchStrategy[Asked]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        inner.map(lambda one: (~one[0], lambda c: not one[1](c))),
        pairs.map(lambda two: (two[0][0] & two[1][0], lambda c: two[0][1](c) and two[1][1](c))),
        pairs.map(lambda two: (two[0][0] | two[1][0], lambda c: two[0][1](c) or two[1][1](c))),
    )


def asked() -> st.SearchStrategy[Asked]:
    """Random filters, each with the same question in Python."""
    return st.recursive(_leaves(), _combined, max_leaves=8)


def ordered() -> dict[str, Callable[[bool], list[str]]]:
    """The ids of the population in the order of a column; the argument says whether downwards."""
    everyone = [decision.after for decision in POPULATION]

    def order(of: Callable[[Complaint], Any]) -> Callable[[bool], list[str]]:
        def ids(down: bool) -> list[str]:  # noqa: FBT001 - there is nothing else to say
            present = [c for c in everyone if of(c) is not None]
            missing = [c for c in everyone if of(c) is None]
            found = sorted(present, key=lambda c: (of(c), c.id), reverse=down)
            found += sorted(missing, key=lambda c: c.id, reverse=down)
            return [c.id for c in found]

        return ids

    return {name: order(of) for name, (of, _) in _FIELDS.items()} | {"id": order(lambda c: c.id)}

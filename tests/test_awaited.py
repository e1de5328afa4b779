"""The awaited façades are what the tool makes of their classes now, and hand on every call as it is."""

import asyncio
import inspect
import runpy
import shutil
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from pkgutil import resolve_name
from types import SimpleNamespace
from typing import Any, assert_type

import pytest

from servicecrm.complaints import Complaint, ComplaintPolicy
from servicecrm.complaints.policy import DEFAULT
from servicecrm.desk import Desk
from servicecrm.desk import awaited as at_the_desk
from servicecrm.desk.awaited import AsyncComplaints, AsyncPolicies
from servicecrm.errors import InvalidValue, NotFound
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.filters import where
from servicecrm.kernel.policies import PolicyBook
from servicecrm.storage import MemoryStore, Page, Unit
from servicecrm.storage.awaited import AsyncUnit
from servicecrm.storage.ports import Program
from servicecrm.storage.store import EngineUnit
from servicecrm.surveys import Evaluation
from servicecrm.testing import FixedClock, SeededIds

ROOT = Path(__file__).parent.parent

PAIRS: list[tuple[type, type]] = [
    (resolve_name(f"{module}.{facade.name}"), resolve_name(facade.source))
    for module, target in runpy.run_path(str(ROOT / "tools" / "awaited.py"))["TARGETS"].items()
    for facade in target.facades
]
"""Every façade, with its class."""


def public(cls: type) -> dict[str, Callable[..., Any]]:
    return {name: method for name, method in inspect.getmembers(cls, inspect.isfunction) if name[0] != "_"}


METHODS = [
    pytest.param(facade, source, name, id=f"{facade.__name__}.{name}")
    for facade, source in PAIRS
    for name in public(source)
]


# -- the tool ------------------------------------------------------------------------------------


def test_the_facades_are_what_the_tool_writes_now() -> None:
    pytest.importorskip("ruff")
    command = [sys.executable, str(ROOT / "tools" / "awaited.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stderr


class Copy:
    """A copy of the project, to change."""

    def __init__(self, root: Path) -> None:
        pytest.importorskip("ruff")
        for folder in ("src", "tools"):
            shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", root)
        self.source: Path = root / "src" / "servicecrm"
        self.run: Callable[[list[str]], None] = runpy.run_path(str(root / "tools" / "awaited.py"))["main"]

    def change(self, file: str, *changes: tuple[str, str]) -> None:
        text = self.read(file)
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (self.source / file).write_text(text, encoding="utf-8")

    def read(self, file: str = "desk/awaited.py") -> str:
        return (self.source / file).read_text(encoding="utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("desk/tickets.py", "    def resume(self, id: str", "    def go_on(self, id: str", "+    async def go_on("),
        ("desk/tickets.py", "side: Side | str,\n        klass", "side: Side,\n        klass", "+        side: Side,"),
        ("desk/complaints.py", '"""Confirm receipt. ', '"""Say that it came. ', '+        """Say that it came. '),
    ],
)
def test_a_class_that_changed_is_told_until_its_facade_is_written_again(
    copy: Copy, file: str, old: str, new: str, told: str
) -> None:
    copy.run([])
    copy.run(["--check"])
    before = copy.read()
    copy.change(file, (old, new))
    with pytest.raises(SystemExit, match="out of date") as found:
        copy.run(["--check"])

    assert told in str(found.value)
    assert copy.read() == before
    copy.run([])
    assert told[1:] in copy.read()
    copy.run(["--check"])


def test_a_facade_that_was_edited_by_hand_or_lost_is_told(copy: Copy) -> None:
    copy.change("desk/awaited.py", ("class AsyncPolicies:", "class AsyncPolicies:  # changed"))
    with pytest.raises(SystemExit, match=r"-class AsyncPolicies:  # changed\n\+class AsyncPolicies:\n"):
        copy.run(["--check"])
    (copy.source / "desk" / "awaited.py").unlink()
    with pytest.raises(SystemExit, match=r"\+class AsyncPolicies:\n"):
        copy.run(["--check"])


def test_every_shape_of_signature_is_written_as_it_is(copy: Copy) -> None:
    copy.change(
        "desk/outbox.py",
        ("import TYPE_CHECKING", "import TYPE_CHECKING, Literal, overload"),
        ("from servicecrm.storage", "import decimal as numbers\nfrom servicecrm.storage"),
        ("    from servicecrm.desk.desk import Desk", TYPES),
        ("    def counts(self)", SOURCE + "\n    def counts(self)"),
    )
    copy.run([])

    assert MADE in copy.read()
    running, _, typing = copy.read().partition("__all__")[0].partition("\nif TYPE_CHECKING:\n")
    assert "from typing import TYPE_CHECKING, Generic, Literal, ParamSpec, TypeVar, Unpack, cast, overload\n" in running
    assert "\nimport decimal as numbers\n" in running
    assert "    from fractions import Fraction as Part\n" in typing
    assert "    from pathlib import Path as Place\n" in typing
    assert "import sys" not in running + typing


TYPES = """    import sys
    from fractions import Fraction as Part
    from pathlib import Path as Place
    from servicecrm.desk.desk import Desk"""

SOURCE = '''    @overload
    def at(self, place: "Place", /, *rest: str) -> "Part": ...
    @overload
    def at(self, place: None = None, /) -> None: ...
    def at(
        self, place: "Place | None" = None, /, *rest: str, how: Literal["sys", "no name"] = "sys", **other: int
    ) -> "Part | None":
        """Words.

        More words.
        """
        sys.exit()

    def nothing(self, by: numbers.Decimal) -> None:
        def inside() -> Program[None]:
            yield from ()
        return self._desk.perform(inside)
'''

MADE = '''    @overload
    async def at(self, place: "Place", /, *rest: str) -> "Part": ...

    @overload
    async def at(self, place: None = None, /) -> None: ...

    async def at(
        self, place: "Place | None" = None, /, *rest: str, how: Literal["sys", "no name"] = "sys", **other: int
    ) -> "Part | None":
        """Words.

        More words.
        """
        return await _awaitable(self._awaited.at)(place, *rest, how=how, **other)

    async def nothing(self, by: numbers.Decimal) -> None:
        return await _awaitable(self._awaited.nothing)(by)
'''


def test_an_attribute_is_read_as_it_is_and_a_class_has_the_first_word_about_itself(copy: Copy) -> None:
    attribute = "        self.outcome: Outcome | None = None\n"
    method = "    def get(self, record: type[R], id: str) -> R:\n"
    more = "        self.spare: Decision[Any] | None = None\n        self._hidden: Settings | None = None\n"
    copy.change(
        "storage/store.py", (attribute, attribute + more), (method, f'{method}        """The class\'s own word."""\n')
    )
    copy.change("storage/ports.py", ("    outcome: Outcome | None\n", "    spare: int\n    outcome: Outcome | None\n"))
    copy.run([])

    text = copy.read("storage/awaited.py")
    assert "    def spare(self) -> Decision[Any] | None:\n        return self._awaited.spare\n" in text
    assert "hidden" not in text
    assert "Settings" not in text
    assert f'    async {method.strip()}\n        """The class\'s own word."""\n' in text


@pytest.mark.parametrize("decorator", ["property", "staticmethod", "classmethod"])
def test_what_cannot_be_awaited_is_refused(copy: Copy, decorator: str) -> None:
    copy.change("desk/outbox.py", ("    def counts(self)", f"    @{decorator}\n    def counts(self)"))
    with pytest.raises(TypeError, match=r"Outbox\.counts: only plain methods"):
        copy.run([])


# -- names, arguments and words ------------------------------------------------------------------


@pytest.mark.parametrize(("facade", "source", "name"), METHODS)
def test_a_facade_has_every_method_with_its_arguments_and_words(facade: type, source: type, name: str) -> None:
    method, made = public(source)[name], public(facade)[name]
    expected, given = inspect.signature(method), inspect.signature(made)
    if inspect.isgeneratorfunction(method):
        assert inspect.isasyncgenfunction(made)
        assert str(given.return_annotation) == str(expected.return_annotation).replace(".Iterator", ".AsyncIterator")
        expected = expected.replace(return_annotation=given.return_annotation)
    else:
        assert inspect.iscoroutinefunction(made)
    assert given == expected
    assert made.__doc__ == method.__doc__ or method.__doc__ is None


@pytest.mark.parametrize(("facade", "source"), PAIRS)
def test_a_facade_has_nothing_else(facade: type, source: type) -> None:
    assert public(facade).keys() == public(source).keys()
    assert facade.__doc__ == source.__doc__


def test_a_unit_says_what_the_protocol_of_units_says() -> None:
    for name, method in public(Unit).items():
        assert getattr(AsyncUnit, name).__doc__ == method.__doc__
    assert AsyncUnit.outcome.__doc__


# -- calls ---------------------------------------------------------------------------------------


def arguments(method: Callable[..., Any], *, every: bool) -> inspect.BoundArguments:
    """Arguments for a method, each different from all others: for every parameter, or for those that it needs."""
    signature = inspect.signature(method)
    told: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            told[name] = (f"a {name}", f"another {name}")
        elif parameter.kind is parameter.VAR_KEYWORD:
            told[name] = {"another": f"more {name}"}
        elif every or parameter.default is parameter.empty:
            told[name] = None if name == "self" else [name]
    return inspect.BoundArguments(signature, OrderedDict(told))


def but_generators(pairs: Iterable[tuple[type, type]]) -> list[Any]:
    return [
        pytest.param(facade, name, method, id=f"{facade.__name__}.{name}")
        for facade, source in pairs
        for name, method in public(source).items()
        if not inspect.isgeneratorfunction(method)
    ]


@pytest.mark.parametrize(("facade", "name", "method"), but_generators(PAIRS))
def test_every_argument_is_handed_on_under_its_own_name(facade: type, name: str, method: Callable[..., Any]) -> None:
    told = arguments(method, every=True)
    calls: list[inspect.BoundArguments] = []

    async def called(*positional: object, **named: object) -> str:
        calls.append(told.signature.bind(None, *positional, **named))
        return "its result"

    made: Any = object.__new__(facade)
    made._awaited = SimpleNamespace(**{name: called})
    assert asyncio.run(getattr(made, name)(*told.args[1:], **told.kwargs)) == "its result"
    assert calls == [told]


DESK_PAIRS = [
    (facade, source)
    for facade, source in PAIRS
    if facade.__module__.startswith("servicecrm.desk.") and not getattr(source, "__parameters__", ())
]
"""Those of the desk; what is only there to derive from is tried with what derives from it."""

LOOKED_AT = {
    "policy": DEFAULT,
    "of": ComplaintPolicy,
    "name": "Mia",
    "link": "https://city.example/{token}",
    "decisions": (),
    "resolutions": (),
    "rows": (),
    "rules": (),
    "given": {},
    "owners": "Mia",
    "status": "done",
    "period": "2026-Q1",
    "n": 1,
    "first": date(2026, 1, 1),
    "end": date(2026, 4, 1),
    "at": datetime(2026, 1, 1, tzinfo=UTC),
    "evaluation": Evaluation.__new__(Evaluation),
}
"""What a desk looks at before it makes a program."""


@pytest.mark.parametrize(("facade", "name", "method"), but_generators(DESK_PAIRS))
def test_a_method_at_the_desk_gives_what_performing_gives(facade: type, name: str, method: Callable[..., Any]) -> None:
    """Else it would take a coroutine apart at an async desk."""
    result = object()
    desk = SimpleNamespace(
        perform=lambda *_, **__: result,
        store=MemoryStore(),
        actor=Actor(id="ann@city.example"),
        clock=FixedClock(),
        ids=SeededIds(),
        house=None,
    )
    told = arguments(method, every=False)
    told.arguments.update((name, value) for name, value in LOOKED_AT.items() if name in told.arguments)
    source = dict(DESK_PAIRS)[facade]
    assert getattr(source(desk), name)(*told.args[1:], **told.kwargs) is result


# -- at work -------------------------------------------------------------------------------------


class Awaiting(Desk):
    """A desk that performs every program as a coroutine, as an async desk does."""

    def perform(self, program: Any, **how: Any) -> Any:
        async def performed() -> Any:
            return self.store.perform(program, **how)

        return performed()


@pytest.fixture
def desk() -> Any:
    return Awaiting(MemoryStore(), actor="ann@city.example", clock=FixedClock(), ids=SeededIds())


def test_what_is_awaited_is_what_a_desk_gives(desk: Any) -> None:
    complaints, policies = AsyncComplaints(desk), AsyncPolicies(desk)
    crm = Desk(desk.store, actor="ann@city.example")

    async def work() -> None:
        complaint = await complaints.record(subject="No water", channel="phone", tags=["street"], command="1")
        assert_type(complaint, Complaint)
        assert complaint == crm.complaints.get(complaint.id)
        assert await complaints.record(subject="No water", channel="phone", tags=["street"], command="1") == complaint
        assert await complaints.get(str(complaint.number)) == complaint
        assert await complaints.messages(complaint.id) == ()
        assert await complaints.count(where("state") == "recorded") == 1
        assert await complaints.search("WATER") == (complaint,)
        assert await complaints.search("water", where("state") == "closed") == ()
        page = await complaints.page(order="-id", limit=1)
        assert_type(page, Page[Complaint])
        assert page == crm.complaints.page(order="-id", limit=1)
        assert await complaints.worklist("north") == crm.worklist("north")
        with pytest.raises(NotFound):
            await complaints.get("no-such")

        assert await policies.in_force(ComplaintPolicy) == DEFAULT
        strict = ComplaintPolicy(categories=("water",))
        book = await policies.publish(strict, effective=desk.clock() + timedelta(days=1))
        assert_type(book, PolicyBook[ComplaintPolicy])
        assert await policies.book(ComplaintPolicy) == book == crm.policies.book(ComplaintPolicy)
        assert await policies.in_force(ComplaintPolicy) == DEFAULT
        assert await policies.in_force(ComplaintPolicy, at=desk.clock() + timedelta(days=1)) == strict

    asyncio.run(work())


@pytest.mark.parametrize(("limit", "found"), [(0, 0), (2, 2), (3, 3), (4, 4), (7, 7), (99, 7), (None, 7)])
def test_find_reads_page_by_page_up_to_its_limit(
    desk: Any, monkeypatch: pytest.MonkeyPatch, limit: int | None, found: int
) -> None:
    monkeypatch.setattr(at_the_desk, "PAGE", 3)
    complaints = AsyncComplaints(desk)

    async def work() -> None:
        ids = [(await complaints.record(subject=str(n), channel="web")).id for n in range(7)]
        assert [each.id async for each in complaints.find(order="-id", limit=limit)] == ids[::-1][:found]
        assert [each async for each in complaints.find(where("state") == "closed")] == []
        with pytest.raises(InvalidValue, match="limit"):
            await anext(complaints.find(limit=-1))

    asyncio.run(work())


def test_a_unit_is_awaited(desk: Any) -> None:
    crm = Desk(desk.store, actor="ann@city.example")
    complaint = crm.complaints.record(subject="No water", channel="phone")

    async def work(unit: EngineUnit) -> None:
        async def run(program: Program[Any]) -> Any:
            return unit._run(program)

        awaiting: Any = EngineUnit(unit._work, run)  # type: ignore[arg-type]  # as an async store makes it
        made = AsyncUnit(awaiting)
        assert_type(await made.get(Complaint, complaint.id), Complaint)
        assert await made.get(Complaint, complaint.id) == complaint
        assert (await made.find(Complaint, where("state") == "recorded")).items == (complaint,)
        assert await made.count(Complaint) == 1
        assert made.outcome is None
        awaiting.outcome = "what it did"
        assert made.outcome == "what it did"

    with desk.store.unit() as unit:
        asyncio.run(work(unit))

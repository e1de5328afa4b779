"""Writes the awaited façades: `python tools/awaited.py`, or `--check` to see whether they are up to date.

A method at the desk makes a program and gives what performing it gives: the result, or on an async desk a coroutine.
So one class does the work of both. Its façade only says what a type checker and a reader have to know: the same names
and arguments, awaited. It is made from the text of the class; nothing of the library is imported.
"""

import argparse
import ast
import builtins
import difflib
import itertools
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent


class Facade(NamedTuple):
    """A class to write, and the one that it stands before."""

    name: str
    source: str
    help: str | None = None
    """The class that says what the source does not say: the protocol that it fulfils."""


class Target(NamedTuple):
    """A module to write."""

    doc: str
    init: str
    """How a façade is made: `{source}` is the class that it stands before, held as `_awaited`."""
    facades: tuple[Facade, ...]
    """A base comes before what derives from it."""
    typing: tuple[str, ...] = ()
    """Imports of `init` for types alone."""
    bases: tuple[tuple[str, str], ...] = ()
    """Classes whose façades stand in other modules: the name of the class, and the import of its façade."""


def at_the_desk(doc: str, *classes: str, bases: tuple[str, ...] = ("Commands",)) -> Target:
    """Parts of the desk, each by its module and class; `bases` are classes of `desk.awaited` that they derive from."""
    return Target(
        doc=doc,
        init='def __init__(self, desk: "AsyncDesk") -> None: self._awaited: {source} = {source}(cast("Desk", desk))',
        facades=tuple(Facade(f"Async{each.rpartition('.')[2]}", f"servicecrm.desk.{each}") for each in classes),
        typing=("from servicecrm.desk.adesk import AsyncDesk", "from servicecrm.desk.desk import Desk"),
        bases=tuple((each, f"from servicecrm.desk.awaited import Async{each}") for each in bases),
    )


# Several modules, because names of one slice mean something else in another one.
TARGETS: Final = {
    "servicecrm.storage.awaited": Target(
        doc="A unit of work that is awaited.",
        init="def __init__(self, unit: {source}) -> None: self._awaited: {source} = unit",
        facades=(Facade("AsyncUnit", "servicecrm.storage.store.EngineUnit", help="servicecrm.storage.ports.Unit"),),
    ),
    "servicecrm.desk.awaited": at_the_desk(
        "The parts of an async desk: those of a desk, awaited.",
        "register.Register",
        "commands.Commands",
        "tickets.Tickets",
        "complaint_decisions.ComplaintDecisions",
        "complaint_links.ComplaintLinks",
        "complaints.Complaints",
        "policies.Policies",
        "outbox.Outbox",
        bases=(),
    ),
    "servicecrm.desk.awaited_numbers": at_the_desk(
        "Key figures at an async desk.",
        "numbers.Numbers",
        bases=(),
    ),
    "servicecrm.desk.awaited_cases": at_the_desk(
        "Cases and action items at an async desk.",
        "case_intake.CaseIntake",
        "cases.Cases",
        "actions.ActionItems",
        bases=("Commands", "Tickets"),
    ),
    "servicecrm.desk.awaited_portfolio": at_the_desk(
        "Customers, prospects, partners and interactions at an async desk.",
        "customer_links.CustomerLinks",
        "customer_details.CustomerDetails",
        "customers.Customers",
        "interactions.Interactions",
        "privacy.Privacy",
        "prospects.Prospects",
        "partners.Partners",
        "portfolio_snapshots.PortfolioSnapshots",
    ),
    "servicecrm.desk.awaited_agreements": at_the_desk(
        "Services and agreements at an async desk.",
        "services.Services",
        "agreement_terms.AgreementTerms",
        "agreements.Agreements",
        "general_agreements.GeneralAgreements",
    ),
    "servicecrm.desk.awaited_reviews": at_the_desk(
        "Meetings, reviews, needs, reports and improvements at an async desk.",
        "meetings.Meetings",
        "service_reviews.ServiceReviews",
        "review_schedules.Schedules",
        "needs.Needs",
        "report_specs.ReportSpecs",
        "improvements.Improvements",
    ),
    "servicecrm.desk.awaited_evaluations": at_the_desk(
        "Evaluations of surveys at an async desk.",
        "evaluations.Evaluations",
    ),
    "servicecrm.desk.awaited_surveys": at_the_desk(
        "Surveys at an async desk.",
        "surveys.Questionnaires",
        "surveys.Campaigns",
        "invitations.Invitations",
        "ballots.Ballots",
        "responses.Responses",
    ),
}

IMPORTS: Final = (
    "from collections.abc import AsyncIterator, Awaitable, Callable",
    "from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast",
)
"""What a written module may need of its own; what it does not use is taken out at the end."""

AWAITABLE: Final = '''
_P = ParamSpec("_P")
_T = TypeVar("_T")

def _awaitable(method: Callable[_P, _T]) -> Callable[_P, Awaitable[_T]]:
    """A method as it is where programs are performed as coroutines, of which its own type does not know."""
    return cast(Callable[_P, Awaitable[_T]], method)
'''


def main(arguments: list[str] | None = None) -> None:
    """Write every module, or tell how it differs from what would be written."""
    parser = argparse.ArgumentParser(description="Write the awaited façades.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something would change")
    check = parser.parse_args(arguments).check
    changes: list[str] = []
    for name, target in TARGETS.items():
        file, new = path(name), written(name, target)
        if check:
            old = file.read_text(encoding="utf-8") if file.exists() else ""
            lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
            changes += difflib.unified_diff(*lines, str(file.relative_to(ROOT)), "what would be written")
        else:
            file.write_text(new, encoding="utf-8", newline="\n")
    if changes:
        sys.exit("".join([*changes, "\nout of date; run: python tools/awaited.py"]))


def path(module: str) -> Path:
    """The file of a module."""
    return ROOT.joinpath("src", *module.split(".")).with_suffix(".py")


def written(name: str, target: Target) -> str:
    """The text of a module of façades."""
    imports, typing = {*IMPORTS}, {*target.typing}
    known = {cls: line.rpartition(" ")[2] for cls, line in target.bases}
    imports |= {line for _, line in target.bases}
    made: dict[str, str] = {}
    classes: list[str] = []
    for each in target.facades:
        module, source = found(each.source)
        for needed in needs(source) - {*dir(builtins)}:
            if needed in module.typing:
                typing.add(module.typing[needed])
            else:
                imports.add(module.imports[needed])
        classes.append(ast.unparse(facade(each, source, target.init, known)))
        made[source.name] = known[source.name] = each.name
    notice = f"Generated by `python tools/awaited.py` from {', '.join(made)}; do not edit."
    lines = [
        *textwrap.wrap(notice, 120, initial_indent="# ", subsequent_indent="# "),
        f'"""{target.doc}"""',
        *imports,
        *(["if TYPE_CHECKING:", *(f"    {line}" for line in typing)] if typing else ()),
        f"\n__all__ = {sorted(made.values())}",
        AWAITABLE,
        *classes,
    ]
    return tidy("\n".join(lines), path(name))


def tidy(text: str, file: Path) -> str:
    """The text as the rules of the project want it, without imports that nothing uses."""
    for command in (["check", "--fix", "--select=F401,I"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--quiet", f"--stdin-filename={file}", "-"]
        text = subprocess.run(ruff, cwd=ROOT, input=text, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    return text


# -- what there is -------------------------------------------------------------------------------


class Module:
    """The text of a module, and the line by which another module imports each of its names."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.body: list[ast.stmt] = ast.parse(path(name).read_text(encoding="utf-8")).body
        self.imports: dict[str, str] = {}
        self.typing: dict[str, str] = {}
        for node in self.body:
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                for each in node.body:
                    self.typing |= self._bound(each)
            else:
                self.imports |= self._bound(node)

    def _bound(self, node: ast.stmt) -> dict[str, str]:
        match node:
            case ast.Import(names=names):
                return {each.asname or each.name.split(".")[0]: f"import {ast.unparse(each)}" for each in names}
            case ast.ImportFrom(module=module, names=names):
                return {each.asname or each.name: f"from {module} import {ast.unparse(each)}" for each in names}
            case (
                ast.ClassDef(name=name)
                | ast.FunctionDef(name=name)
                | ast.Assign(targets=[ast.Name(id=name)])
                | ast.AnnAssign(target=ast.Name(id=name))
            ):
                return {name: f"from {self.name} import {name}"}
        return {}


def found(cls: str) -> tuple[Module, ast.ClassDef]:
    """A class by its full name, and the module where it is."""
    home, _, name = cls.rpartition(".")
    module = Module(home)
    return module, next(node for node in module.body if isinstance(node, ast.ClassDef) and node.name == name)


def methods(cls: ast.ClassDef) -> list[ast.FunctionDef]:
    """The public methods of a class, in its order."""
    public = [node for node in cls.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    for method in public:
        if any(ast.unparse(each) != "overload" for each in method.decorator_list):
            raise TypeError(f"{cls.name}.{method.name}: only plain methods can be awaited")
    return public


def attributes(cls: ast.ClassDef) -> dict[str, ast.expr]:
    """The public attributes that a class makes, with their types."""
    made = [node for node in ast.walk(cls) if isinstance(node, ast.AnnAssign)]
    named = {ast.unparse(node.target): node.annotation for node in made}
    return {name[5:]: kind for name, kind in named.items() if name.startswith("self.") and name[5] != "_"}


def help_of(cls: ast.ClassDef) -> dict[str, list[ast.stmt]]:
    """What a class says about its methods and attributes."""
    said = {each.name: each.body[:1] for each in methods(cls) if ast.get_docstring(each)}
    for node, following in itertools.pairwise(cls.body):
        if isinstance(node, ast.AnnAssign) and isinstance(following, ast.Expr):
            said[ast.unparse(node.target)] = [following]
    return said


def is_generator(node: ast.AST) -> bool:
    """Whether a function yields by itself; a function inside it may well do."""
    return any(
        isinstance(child, ast.Yield | ast.YieldFrom)
        or (not isinstance(child, ast.FunctionDef | ast.Lambda) and is_generator(child))
        for child in ast.iter_child_nodes(node)
    )


def names(node: ast.AST, *, quoted: bool = False) -> set[str]:
    """The names that a piece of code reads; in a type also those that stand in quotes."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            return {name}
        case ast.arg(annotation=ast.expr() as kind):
            return names(kind, quoted=True)
        case ast.Constant(value=str(text)) if quoted:
            return names(ast.parse(text, mode="eval"), quoted=True)
        case ast.Subscript(value=ast.Name(id="Literal")):
            return {"Literal"}  # what it holds are values
    return {name for child in ast.iter_child_nodes(node) for name in names(child, quoted=quoted)}


def needs(cls: ast.ClassDef) -> set[str]:
    """The names that a class and its façade both need."""
    needed = {cls.name} | {name for base in cls.bases for name in names(base)}
    for kind in attributes(cls).values():
        needed |= names(kind, quoted=True)
    for method in methods(cls):
        needed |= names(method.args)
        for node in [*([method.returns] if method.returns else ()), *method.decorator_list]:
            needed |= names(node, quoted=True)
        if is_generator(method):
            nodes = list(ast.walk(method))
            own = {node.arg for node in nodes if isinstance(node, ast.arg)}
            own |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
            needed |= {name for node in method.body for name in names(node)} - own
    return needed


# -- what is written -----------------------------------------------------------------------------


def facade(each: Facade, source: ast.ClassDef, init: str, known: dict[str, str]) -> ast.ClassDef:
    """A façade; a base of its class has to have one too. One for any kind of records is only there to derive from."""
    said = help_of(source)
    if each.help:
        said = help_of(found(each.help)[1]) | said
    bases = [Renamed(known).visit(ast.parse(ast.unparse(base), mode="eval").body) for base in source.bases]
    members: list[ast.stmt] = []
    if parameters := [name for base in source.bases for name in sorted(names(base)) if len(name) == 1]:
        members += ast.parse(f"_awaited: {source.name}[{', '.join(parameters)}]").body
    else:
        members.append(function(init.format(source=source.name)))
    for name, kind in attributes(source).items():
        read = function(f"@property\ndef {name}(self) -> {ast.unparse(kind)}: return self._awaited.{name}")
        read.body[:0] = said.get(name, [])
        members.append(read)
    members += [awaited(method, said.get(method.name, [])) for method in methods(source)]
    doc = source.body[:1] if ast.get_docstring(source) else []
    return ast.ClassDef(name=each.name, bases=bases, keywords=[], body=[*doc, *members], decorator_list=[])


class Renamed(ast.NodeTransformer):
    """Gives classes the names of their façades."""

    def __init__(self, known: dict[str, str]) -> None:
        self._known = known

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._known.get(node.id, node.id))


def awaited(method: ast.FunctionDef, doc: list[ast.stmt]) -> ast.stmt:
    """The method of a façade: it awaits that of its class, or yields as that does."""
    assert method.returns, f"{method.name} does not say what it returns"
    returns = ast.unparse(method.returns)
    arguments = method.args
    if is_generator(method):
        returns = f"Async{returns}"
        body = [Awaited().visit(node) for node in method.body]
    elif method.decorator_list:  # an overload is only a signature
        body = method.body
    else:
        passed = [each.arg for each in [*arguments.posonlyargs, *arguments.args][1:]]
        passed += [f"*{arguments.vararg.arg}"] if arguments.vararg else []
        passed += [f"{each.arg}={each.arg}" for each in arguments.kwonlyargs]
        passed += [f"**{arguments.kwarg.arg}"] if arguments.kwarg else []
        call = f"return await _awaitable(self._awaited.{method.name})({', '.join(passed)})"
        body = [*doc, *ast.parse(call).body]
    made = function(f"async def {method.name}({ast.unparse(arguments)}) -> {returns}: ...")
    made.body, made.decorator_list = body, method.decorator_list
    return made


class Awaited(ast.NodeTransformer):
    """Makes the body of a generator that of an async one: it awaits the façade's own methods."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        return ast.Await(node) if ast.unparse(node.func).startswith("self.") else node

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        self.generic_visit(node)
        if isinstance(node.value, ast.YieldFrom):
            return ast.parse(f"for each in {ast.unparse(node.value.value)}: yield each").body[0]
        return node


def function(code: str) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """A function by its text."""
    (node,) = ast.parse(code).body
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return node


if __name__ == "__main__":
    main()

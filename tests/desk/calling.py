"""What can be called at a desk, found by looking at it, and arguments with which each call is taken."""

import inspect
from collections.abc import Mapping
from operator import attrgetter
from typing import Any, Final, NamedTuple, get_args

from servicecrm.desk import Desk
from servicecrm.desk.commands import Commands
from servicecrm.desk.evaluations import Evaluations
from servicecrm.desk.invitations import Invited
from servicecrm.desk.numbers import Numbers
from servicecrm.desk.register import Register
from servicecrm.desk.tracked import TRACKED
from servicecrm.kernel.lifecycle import Lifecycle
from servicecrm.kernel.records import field_names
from servicecrm.testing.makers import MONDAY
from tests.desk.calls import agreements, portfolio, reviews, surveys
from tests.desk.calls import complaints as handling
from tests.desk.calls.complaints import FIRST, STRICT
from tests.desk.calls.words import Told, looked_up

__all__ = [
    "ABOUT",
    "ALSO",
    "FIRST",
    "LIFECYCLES",
    "MAKES",
    "REGISTERS",
    "SLICES",
    "STRICT",
    "WAYS",
    "WITH_CLOCKS",
    "Call",
    "arguments_of",
    "bring",
    "call_of",
    "looked_up",
    "made",
    "named_by",
    "public",
    "slices_of",
]


def public(of: object) -> set[str]:
    """The names of a class that are for everybody."""
    return {name for name in dir(of) if not name.startswith("_")}


LAZY: Final[Mapping[object, object]] = {"Numbers": Numbers, "Evaluations": Evaluations}
"""Parts that are loaded only when they are asked for."""


def slices_of(desk: type[Desk]) -> dict[str, type]:
    """The parts of a desk, by the names of the properties that give them."""
    found: dict[str, type] = {}
    for name in public(desk):
        given = getattr(desk, name)
        if isinstance(given, property) and given.fget is not None:
            part = inspect.get_annotations(given.fget)["return"]
            part = LAZY.get(part, part)
            if isinstance(part, type) and part.__module__.startswith("servicecrm.desk."):
                found[name] = part
    return found


SLICES: Final = slices_of(Desk)
REGISTERS: Final[Mapping[str, type[Register[Any]]]] = {
    name: part for name, part in sorted(SLICES.items()) if issubclass(part, Register)
}
"""The slices that are all alike: each is about the records of one kind."""

LIFECYCLES: Final[Mapping[str, Lifecycle[Any]]] = {
    name: part._lifecycle
    for name, part in REGISTERS.items()
    if issubclass(part, Commands) and "state" in field_names(part._kind.schema.record)
}
"""Those of records that have states; what is kept as it is has none."""
WITH_CLOCKS: Final = [name for name, part in REGISTERS.items() if part._kind.schema.record in TRACKED]


# -- arguments -----------------------------------------------------------------------------------

GROUPS: Final = (handling, portfolio, agreements, surveys, reviews)

MAKES: Final[Mapping[str, str]] = {part: method for group in GROUPS for part, method in group.MAKES.items()}
"""The method of each that makes a record."""
TOLD: Final[Mapping[str, Told]] = {part: group.TOLD for group in GROUPS for part in group.MAKES}
"""What is told at a part wherever an argument of this name is needed."""
ONLY: Final[Mapping[str, Told]] = {name: told for group in GROUPS for name, told in group.ONLY.items()}
"""What only one call is told: what means something else there, or what a guard asks for."""
STATES: Final[Mapping[str, str]] = {name: state for group in GROUPS for name, state in group.STATES.items()}
"""The state from which a call is taken, where that is not the first one from which the lifecycle allows it."""
WAYS: Final = {part: ways for group in GROUPS for part, ways in group.WAYS.items()}
"""How a record of each slice comes to a state, or to a value that stands beside the states, such as waiting."""
FIELDS: Final = {**handling.FIELDS, **agreements.FIELDS}
"""What a record needs to come to a state."""

ALSO: Final = {"general_agreements.end": "abandon"}
"""The action that a command takes where the one of its name is not allowed."""

ABOUT: Final[Mapping[str, str | None]] = {
    "agreement": None,
    "campaign": "campaigns",
    "case": "cases",
    "complaint": "complaints",
    "complaints": "complaints",
    "customer": "customers",
    "earlier": "portfolio_snapshots",
    "id": None,
    "interaction": "interactions",
    "invitation": "invitations",
    "item": "actions",
    "kept": "evaluations",
    "meeting": "meetings",
    "need": "needs",
    "partner": "partners",
    "proposal": "improvements",
    "prospect": "prospects",
    "questionnaire": "questionnaires",
    "response": "responses",
    "review": "service_reviews",
    "schedule": "review_schedules",
    "service": "services",
    "spec": "report_specs",
    "token": "invitations",
}
"""How the argument for a record is named, and of which part the record is; None stands for the part that is called."""


class Call(NamedTuple):
    """A call that is taken: of which record, if it is about one, in which state, and what else it is told."""

    about: str | None
    """The name of the argument for the record."""
    part: str
    """The part that keeps it."""
    state: str | None
    told: Told


def arguments_of(name: str) -> dict[str, object]:
    """The types of what a call takes, by name; filters apart."""
    part, _, method = name.rpartition(".")
    found: dict[str, object] = {}
    for parameter in inspect.signature(getattr(SLICES.get(part, Desk), method)).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            (changes,) = get_args(parameter.annotation)
            found |= changes.__annotations__
        elif parameter.kind is not parameter.VAR_POSITIONAL and parameter.name != "self":
            found[parameter.name] = parameter.annotation
    return found


def call_of(name: str) -> Call:
    """How a call is taken: `call_of("cases.close")`, or `call_of("timers")` of the desk itself."""
    part, _, method = name.rpartition(".")
    parameters = inspect.signature(getattr(SLICES.get(part, Desk), method)).parameters.values()
    needed = [
        p.name
        for p in parameters
        if p.name != "self" and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) and p.default is p.empty
    ]
    only, usual = ONLY.get(name, {}), {**handling.TOLD, **TOLD.get(part, {})}
    about = next((each for each in needed if each in ABOUT and each not in only), None)
    untold = [argument for argument in needed if argument != about and argument not in only]
    unknown = [argument for argument in untold if argument not in usual]
    assert not unknown, f"say in {GROUPS[0].__package__} what {name} is told as {', '.join(unknown)}"
    told = {argument: usual[argument] for argument in untold} | dict(only)
    kept_by = (None if about is None else ABOUT[about]) or part or "complaints"
    return Call(about, kept_by, None if about is None else _state(part, method, kept_by), told)


def _state(part: str, method: str, kept_by: str) -> str:
    if kept_by not in LIFECYCLES:
        return str(next(iter(WAYS[kept_by])))
    first: str | None = None
    if kept_by == part:
        first = next((move.from_[0] for move in LIFECYCLES[part].moves if move.action == method), None)
    return STATES.get(f"{part}.{method}") or first or LIFECYCLES[kept_by].initial


# -- records in every state ----------------------------------------------------------------------


def bring(crm: Desk, part: str, state: str, **fields: object) -> Any:
    """A new record of a slice that has come to a state, with fields as a test needs them.

    A remedy was proposed by Bob, so that somebody else can approve it. A complaint is merged into the first one.
    """
    fields = {**FIELDS.get(part, {}).get(state, {}), **fields}
    if state == "proposed" and part == "complaints":
        if crm.policies.in_force(type(STRICT), at=MONDAY) != STRICT:
            crm.policies.publish(STRICT, effective=MONDAY)
        crm = crm.acting_as("bob@city.example")
    record = made(crm, part, **fields)
    for step in WAYS[part][state]:
        record = step(crm, record)
    return record


def made(crm: Desk, part: str, **fields: object) -> Any:
    """A new record of a slice, and what it is about, if it has to be there."""
    about, kept_by, state, told = call_of(f"{part}.{MAKES[part]}")
    if about is not None and about not in fields:
        fields[about] = named_by(about, bring(crm, kept_by, str(state)))
    given = attrgetter(f"{part}.{MAKES[part]}")(crm)(**looked_up(crm, {**told, **fields}))
    return given.invitations[0] if isinstance(given, Invited) else given


def named_by(argument: str, record: Any) -> Any:
    """What an argument of this name is told for a record."""
    return record.token if argument == "token" else [record.id] if argument == "complaints" else record.id

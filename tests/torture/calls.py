"""Every call of a desk as it is taken, at a store that has what it needs."""

import io
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from inspect import isfunction
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Final

from servicecrm import Desk
from servicecrm.cases import RequestType
from servicecrm.errors import ServiceCRMError
from servicecrm.interop import COMPLAINT_WORDS, LogMap, read_log
from servicecrm.storage import Notice
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import Ladder, Rung, Targets, usual
from tests.desk.calling import (
    MAKES,
    REGISTERS,
    SLICES,
    WITH_CLOCKS,
    bring,
    call_of,
    looked_up,
    made,
    named_by,
    public,
)

__all__ = ["CALLS", "WHOLE", "Call", "furnish", "outcome", "prepared"]

Call = Callable[[], object]

APART: Final = {"backup", "close", "committed", "perform", "rolled_back", "save", "unit"}
"""Calls that have tests of their own, are about units of a host's, or end the desk."""


def _known(part: str, name: str) -> bool:
    """Is it written down how this call is taken, and is it one that its kind of record takes?"""
    if part not in REGISTERS:
        return True
    searched = REGISTERS[part]._kind.search is not None
    return part in MAKES and (name != "worklist" or part in WITH_CLOCKS) and (name != "search" or searched)


CALLS: Final = [
    *sorted(name for name in public(Desk) - APART if isfunction(getattr(Desk, name))),
    *sorted(
        f"{part}.{name}"
        for part, of in SLICES.items()
        for name in public(of)
        if isfunction(getattr(of, name)) and _known(part, name)
    ),
]

DEMO: Final = Path(str(files("servicecrm"))) / "demo"
LOG_MAP: Final = LogMap.from_toml((DEMO / "water_utility.toml").read_text("utf-8"), COMPLAINT_WORDS)
LOG: Final = tuple(islice(read_log(DEMO / "water_utility.csv", LOG_MAP), 20))


def move(crm: Desk) -> int:
    """Everything of a tenant becomes another's."""
    text = io.StringIO()
    crm.export(text)
    text.seek(0)
    return crm.tenant("south").import_(text)


WHOLE: Final[Mapping[str, Callable[[Desk], object]]] = {
    "export": lambda crm: crm.export(io.StringIO()),
    "import_": move,
    "replay": lambda crm: crm.replay(LOG, LOG_MAP, batch=7),
}
"""Calls that are about a whole store."""


def furnish(crm: Desk) -> None:
    """What has to be there before anything is asked for."""
    crm.policies.publish(RequestType(code="leak"), effective=MONDAY)
    ladder = Ladder(rungs=(Rung(at="due", to="chief"),))
    crm.policies.publish(
        Targets(targets=(usual("resolution", "10 business days", ladder=ladder),)), name="complaint", effective=MONDAY
    )
    for part in ("complaints", *MAKES):
        made(crm, part)
    crm.store.atomically(
        lambda unit: unit.save(notices=[Notice(key="n-dead", topic="t", recipient="r", kind="complaint", id="c")])
    )
    with crm.store.unit(claiming=True) as unit:
        unit.settle(unit.claim("w", now=MONDAY), delivered=False, dead=True)


def prepared(crm: Desk, name: str) -> Call:
    """A call, about a record that is made for it."""
    if name in WHOLE:
        return lambda: WHOLE[name](crm)
    about, part, state, told = call_of(name)
    id = ""
    if about is not None:
        record = bring(crm, part, str(state))
        told, id = {**told, about: named_by(about, record)}, record.id
    told = looked_up(crm, told, id)

    def call() -> object:
        given = attrgetter(name)(crm)(**told)
        return list(given) if isinstance(given, Iterator) else given

    return call


def outcome(call: Call) -> Exception | None:
    """How a call ends."""
    try:
        call()
    except ServiceCRMError as error:
        return error
    return None

"""Who does what, and who answers for it?

A matrix has a row for each activity and a letter for each role that has a part in it: R does it, A answers for it, C is
asked, I is told.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from html import escape
from typing import Any, Final

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.lifecycle import ANYONE, Lifecycle
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import Code, filled
from servicecrm.tracking import TEXTS

__all__ = [
    "SP3",
    "Duty",
    "Finding",
    "Flaw",
    "Part",
    "Responsibilities",
    "Role",
    "duty_name",
    "from_lifecycle",
]


class Part(Code):
    """The part of a role in an activity. Nobody else may stand beside A but R: who answers for it may do it, too."""

    RESPONSIBLE = "R"
    ACCOUNTABLE = "A"
    CONSULTED = "C"
    INFORMED = "I"
    BOTH = "AR"

    @property
    def does(self) -> bool:
        """Does the role do the activity?"""
        return "R" in self.value

    @property
    def answers(self) -> bool:
        """Does it answer for the activity?"""
        return "A" in self.value


@record
class Role:
    """Somebody who has a part in activities. With `per` there is exactly one holder for each: one per customer."""

    name: str = attrs.field(validator=filled)
    per: str | None = attrs.field(default=None, validator=filled)


def _parts(of: Mapping[str, Part | str] | Iterable[tuple[str, Part]]) -> tuple[tuple[str, Part], ...]:
    items = of.items() if isinstance(of, Mapping) else of
    return tuple((role, Part(letters)) for role, letters in items)


@attrs.frozen
class Duty:
    """A row of the matrix: an activity, and the part that roles have in it: `Duty("survey", {"manager": "AR"})`.

    `source` is what the activity is called where the matrix comes from, such as SP3.6.
    """

    activity: str = attrs.field(validator=filled)
    parts: tuple[tuple[str, Part], ...] = attrs.field(converter=_parts)
    source: str | None = None

    def part(self, role: str) -> Part | None:
        """The part of a role, if it has one."""
        return dict(self.parts).get(role)


class Flaw(Code):
    """What can be wrong with a matrix, or with how its roles are filled."""

    NOBODY_ANSWERS = "nobody_answers"
    SEVERAL_ANSWER = "several_answer"
    NOBODY_DOES = "nobody_does"
    UNKNOWN_ROLE = "unknown_role"
    NO_HOLDER = "no_holder"
    SEVERAL_HOLDERS = "several_holders"


SAYS: Final = {
    Flaw.NOBODY_ANSWERS: "nobody answers for it (A)",
    Flaw.SEVERAL_ANSWER: "only one may answer for it (A), not {who}",
    Flaw.NOBODY_DOES: "nobody does it (R or A)",
    Flaw.UNKNOWN_ROLE: "unknown role {who}",
    Flaw.NO_HOLDER: "nobody has the role for {who}",
    Flaw.SEVERAL_HOLDERS: "only one may have the role for {who}",
}


@record
class Finding:
    """One flaw: of an activity, or of a role and those for whom it is not filled as it should be."""

    flaw: Flaw
    where: str
    who: tuple[str, ...] = ()

    def words(self, *, language: str) -> str:
        """What is wrong, in a language.

        Source: C093.
        """
        key = f"flaw.{self.flaw}"
        who = ", ".join(duty_name(name, language=language) for name in self.who)
        says = TEXTS.get(key, language=language, who=who)
        return f"{duty_name(self.where, language=language)}: {says}"

    def __str__(self) -> str:
        return f"{self.where}: {SAYS[self.flaw].format(who=', '.join(self.who))}"


@record
class Responsibilities:
    """The matrix: activities by roles. It may have flaws, which `check` finds; a house can look at it while it is made.

    Raises:
        InvalidValue: an activity has two rows, or a role is there twice.

    Source: C005.
    """

    duties: tuple[Duty, ...] = attrs.field(converter=tuple)
    roles: tuple[Role, ...] = attrs.field(converter=tuple)

    def __attrs_post_init__(self) -> None:
        names = {"activities": [duty.activity for duty in self.duties], "roles": [role.name for role in self.roles]}
        for what, found in names.items():
            twice = sorted({name for name in found if found.count(name) > 1})
            if twice:
                raise InvalidValue(f"Responsibilities.{what}", f"there twice: {', '.join(twice)}")

    def check(self, held: Mapping[str, Mapping[str, Collection[str]]] | None = None) -> tuple[Finding, ...]:
        """Everything that is wrong with the matrix; nothing if it is sound.

        `held` says who has a role, for each whom it is there for: `{"crm_manager": {"c-1": ["ann"], "c-2": []}}`. Then
        a role of which there is to be exactly one is looked at as well.

        Source: C005.
        """
        known = {role.name for role in self.roles}
        found = [finding for duty in self.duties for finding in _flaws(duty, known)]
        if held is not None:
            found += [Finding(flaw=Flaw.UNKNOWN_ROLE, where=name, who=(name,)) for name in held if name not in known]
            for role in self.roles:
                if role.per is not None:
                    found += _ill_filled(role, held.get(role.name, {}))
        return tuple(found)

    def may(self, role: str, activity: str) -> bool:
        """Is it for this role, or for anyone, to do this activity, or to answer for it?

        Raises:
            InvalidValue: the matrix has no such activity; names those that it has.

        Source: C005.
        """
        parts = (self._duty(activity).part(name) for name in (role, ANYONE))
        return any(part is not None and (part.does or part.answers) for part in parts)

    def of(self, role: str) -> dict[str, Part]:
        """The part of a role in each activity that it has to do with."""
        parts = ((duty.activity, duty.part(role)) for duty in self.duties)
        return {activity: part for activity, part in parts if part is not None}

    def with_duties(self, *duties: Duty, roles: Iterable[Role] = ()) -> "Responsibilities":
        """This matrix with more rows and roles; one with the same name takes the place of the one that is there."""
        rows = {duty.activity: duty for duty in (*self.duties, *duties)}
        named = {role.name: role for role in (*self.roles, *roles)}
        return Responsibilities(duties=tuple(rows.values()), roles=tuple(named.values()))

    # -- showing ---------------------------------------------------------------------------------

    def rows(self, *, language: str = "en") -> tuple[tuple[str, ...], ...]:
        """The matrix for people: the first row has the roles, each other one an activity and the letters.

        Source: C093.
        """
        names = [role.name for role in self.roles]
        head, *labels = (duty_name(name, language=language) for name in ("activity", *names))
        return (
            (head, *labels),
            *((duty_name(duty.activity, language=language), *(duty.part(name) or "" for name in names))
              for duty in self.duties),
        )  # fmt: skip

    def table(self, *, language: str = "en") -> str:
        """The matrix as a Markdown table."""
        head, *rows = ([_cell(cell) for cell in row] for row in self.rows(language=language))
        lines = (head, ["---"] * len(head), *rows)
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        head, *rows = ([_cell(cell) for cell in row] for row in self.rows())
        body = "".join(f"<tr><th>{first}</th>{_wrapped('td', cells)}</tr>\n" for first, *cells in rows)
        return f"<table>\n<thead><tr>{_wrapped('th', head)}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"

    def _duty(self, activity: str) -> Duty:
        for duty in self.duties:
            if duty.activity == activity:
                return duty
        known = ", ".join(duty.activity for duty in self.duties)
        raise InvalidValue("activity", f"the matrix has no such row; it has: {known}")


def from_lifecycle(*lifecycles: Lifecycle[Any], accountable: str | None = None) -> Responsibilities:
    """The matrix that lifecycles imply: `complaint.close` and so on, done by the role of each move.

    That role answers for it as well, unless `accountable` names one that does so for all of them, and so may do them.

    Source: C003, C005.
    """
    duties = []
    for lifecycle in lifecycles:
        for action, roles in lifecycle.matrix().items():
            alone = Part.BOTH if accountable is None else Part.RESPONSIBLE
            parts = {role: Part.RESPONSIBLE if role == ANYONE else alone for role in roles}
            if accountable is not None:
                parts[accountable] = Part.BOTH if accountable in roles else Part.ACCOUNTABLE
            duties.append(Duty(f"{lifecycle.name}.{action}", parts))
    names = dict.fromkeys(role for duty in duties for role, _ in duty.parts)
    return Responsibilities(duties=tuple(duties), roles=tuple(Role(name=name) for name in names))


def duty_name(code: str, *, language: str) -> str:
    """What an activity or a role of the shipped matrix is called; one of a house's own is called what it is there.

    Source: C093.
    """
    key = f"duty.{code}"
    return TEXTS.get(key, language=language) if key in TEXTS.keys("en") else code


# -- inside --------------------------------------------------------------------------------------


def _flaws(duty: Duty, known: Collection[str]) -> Iterator[Finding]:
    answering = tuple(role for role, part in duty.parts if part.answers)
    if not answering:
        yield Finding(flaw=Flaw.NOBODY_ANSWERS, where=duty.activity)
    if len(answering) > 1:
        yield Finding(flaw=Flaw.SEVERAL_ANSWER, where=duty.activity, who=answering)
    if not any(part.does or part.answers for _, part in duty.parts):
        yield Finding(flaw=Flaw.NOBODY_DOES, where=duty.activity)
    unknown = tuple(role for role, _ in duty.parts if role not in known)
    if unknown:
        yield Finding(flaw=Flaw.UNKNOWN_ROLE, where=duty.activity, who=unknown)


def _ill_filled(role: Role, holders: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    people = {whom: {names} if isinstance(names, str) else set(names) for whom, names in holders.items()}
    for flaw, wrong in {
        Flaw.NO_HOLDER: tuple(whom for whom, names in people.items() if not names),
        Flaw.SEVERAL_HOLDERS: tuple(whom for whom, names in people.items() if len(names) > 1),
    }.items():
        if wrong:
            yield Finding(flaw=flaw, where=role.name, who=wrong)


def _cell(text: str) -> str:
    """A name as it is, whatever characters it holds: in Markdown and in HTML."""
    return escape(" ".join(text.split())).replace("|", "&#124;")


def _wrapped(tag: str, cells: Iterable[str]) -> str:
    return "".join(f"<{tag}>{cell}</{tag}>" for cell in cells)


# -- what is shipped -----------------------------------------------------------------------------

CUSTOMER: Final = "customer"
CRM_MANAGER: Final = "crm_manager"

SP3: Final = Responsibilities(
    duties=(
        Duty("find_customers",      {CRM_MANAGER: "AR"},                source="SP3.1"),
        Duty("settle_agreements",   {CUSTOMER: "R", CRM_MANAGER: "AR"}, source="SP3.2"),
        Duty("handle_complaints",   {CRM_MANAGER: "AR"},                source="SP3.3"),
        Duty("monitor_complaints",  {CRM_MANAGER: "AR"},                source="SP3.4"),
        Duty("meet_customers",      {CUSTOMER: "R", CRM_MANAGER: "AR"}, source="SP3.5"),
        Duty("survey_satisfaction", {CUSTOMER: "R", CRM_MANAGER: "AR"}, source="SP3.6"),
    ),
    roles=(Role(name=CUSTOMER), Role(name=CRM_MANAGER, per=CUSTOMER)),
)  # fmt: skip
"""Who looks after customers, as a house may begin: it follows the structure of YaSM SP3, in our own words.

One customer relationship manager for each customer comes from FitSM.

Source: C005.
"""

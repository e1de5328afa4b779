"""Writes `reference/words.md` from the code: `python docs/words.py`. A test compares the two."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from inspect import cleandoc, getdoc
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import attrs

import servicecrm.desk  # noqa: F401  # loads every slice, so that every event is known
from servicecrm import errors
from servicecrm.complaints import (
    COMPLAINT,
    DEFAULT,
    LIFECYCLE,
    TEXTS,
    Channel,
    Complaint,
    MomentKind,
    Priority,
    Severity,
    Waiting,
    WaitingFor,
)
from servicecrm.kernel.decisions import Event
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.records import field_names, personal_fields
from servicecrm.kernel.shapes import Code
from servicecrm.kernel.values import Attachment, ContactKind, ContactPoint
from servicecrm.tracking import MESSAGE, Message, MessageClass, Moment, Side

PAGE: Final = Path(__file__).parent / "reference" / "words.md"

CODES: Final[dict[type[Code], str]] = {
    Channel: "channel",
    Severity: "severity",
    Priority: "priority",
    WaitingFor: "waiting",
    Side: "",
    MessageClass: "",
    ContactKind: "",
    MomentKind: "",
}
"""Every list of codes, with the first part of the keys of its texts, if it has any."""

MEANINGS: Final = {
    Side.OUTSIDE: "the customer or the complainant, or whoever speaks for them",
    Side.INSIDE: "we",
    MessageClass.SUBSTANTIVE: "says something about the matter",
    MessageClass.COURTESY: "polite words only",
    MessageClass.AUTO_REPLY: "sent by a machine",
    MessageClass.BOUNCE: "could not be delivered",
    MessageClass.OWN_NOTICE: "a notice that we sent",
    MessageClass.INTERNAL_NOTE: "for ourselves; made by `note` only",
    MessageClass.FINAL_RESPONSE: "the answer; made by `answer` only",
}
"""What is meant by codes that have no text and whose name does not say it."""

FIELDS: Final[dict[type, dict[str, str]]] = {
    Complaint: {
        "id": "Its id, which never changes.",
        "number": "Its number for people, such as `CMP-2026-000001`.",
        "revision": "How often it was saved; 0 is never. No part of the value.",
        "state": "Where its handling stands: a [state](#states).",
        "customer": "Your id of the customer.",
        "complainant": "The name of whoever complains.",
        "contact": "Where the complainant can be reached.",
        "on_behalf_of": "Your id of whoever the complainant speaks for.",
        "subject": "What it is about, in one line.",
        "text": "The complaint in full.",
        "remedy_sought": "What the complainant asks for.",
        "language": "The language of the complainant, such as `de` or `de-AT`.",
        "channel": "How it reached us.",
        "service": "Your id of the service that it is about.",
        "agreement": "Your id of the agreement that applies.",
        "category": "Its category; the policy may list those that there are.",
        "tags": "Words to find it by.",
        "severity": "How bad it is.",
        "impact": "On how many, and for how long.",
        "safety": "Is anybody in danger? Then the priority is `p1`.",
        "computed_priority": "What the policy makes of severity, impact and safety.",
        "priority": "The priority in force.",
        "handler": "Your id of the person or team that handles it.",
        "handler_since": "Since when this handler has it.",
        "forwards": "How often it went on to another handler.",
        "waiting": "For whom it waits, if it does.",
        "received_at": "When it reached us.",
        "recorded_at": "When it was entered.",
        "acknowledged_at": "When receipt was confirmed.",
        "promised_by": "When the complainant was told to expect an answer.",
        "due_at": "A target that you name; closed at or before it is on time.",
        "answered_at": "When the final response was given; empty again once it is reopened.",
        "closed_at": "When it was closed; empty again once it is reopened.",
        "closing_code": "How it ended; empty again once it is reopened.",
        "reopenings": "How often it was taken up again.",
        "policy": "The number of the policy that it started under; 0 is the one that is shipped.",
        "moments": "What happened when, for clocks.",
        "extra": "Fields of yours, by name.",
    },
    Waiting: {
        "for_": "Whose turn it is.",
        "reason": "Why.",
        "since": "Since when.",
        "until": "Until when at most.",
    },
    Message: {
        "id": "Its id, which never changes.",
        "revision": "How often it was saved; 0 is never. No part of the value.",
        "about_kind": "The kind of record that it belongs to, such as `complaint`.",
        "about": "The id of that record.",
        "side": "From which side it comes.",
        "klass": "What it is worth.",
        "channel": "How it came or went.",
        "text": "What was said.",
        "language": "The language of the text.",
        "attachments": "References to files.",
        "author": "Your id of whoever said it.",
        "occurred_at": "When it was said.",
        "recorded_at": "When it was entered.",
        "extra": "Fields of yours, by name.",
    },
    Moment: {
        "n": "Its number, from 1 in the order of recording.",
        "kind": "What happened.",
        "occurred_at": "When it happened.",
        "recorded_at": "When it was entered.",
        "side": "Who acted.",
        "code": "What tells it apart further, such as the class of a message.",
        "voids": "The number of the moment that it takes back.",
    },
    ContactPoint: {
        "kind": "How it is reached.",
        "value": "The number or the address.",
    },
    Attachment: {
        "name": "The name of the file.",
        "media_type": "Such as `image/png`.",
        "size": "How many bytes it has.",
        "digest": "The SHA-256 of its content, in lower-case hex.",
        "location": "Your key to it, which is never opened.",
    },
}
"""What each field of a record is."""

PLAIN: Final[dict[object, str]] = {
    NoneType: "None",
    str: "text",
    int: "integer",
    bool: "boolean",
    datetime: "time",
    frozenset: "set",
    FrozenMap: "mapping",
}

INTRO: Final = """\
<!-- Written by docs/words.py. -->

# Words

Every word that you type, or that you read in a result: codes, states, actions, events, errors, fields and columns. A
code is what is stored and compared; its text is for people, here in English. This page is written from the code.
"""


def page() -> str:
    """The whole page."""
    parts = [INTRO, *_codes(), *_process(), *_events(), *_errors(), *_fields(), *_columns(), *_texts()]
    return "\n".join(parts)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    lines.insert(1, ("---",) * len(lines[0]))
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def code(word: object) -> str:
    """A word as it is typed."""
    return f"`{word}`"


def text(key: str) -> str:
    """The English text of a key, if there is one."""
    return TEXTS.get(key, language="en") if key in TEXTS.keys("en") else ""


def first_sentence(of: object) -> str:
    """What a docstring says first."""
    return cleandoc(getdoc(of) or "").partition("\n")[0]


# -- the parts -----------------------------------------------------------------------------------


def _codes() -> Iterator[str]:
    ours = {each for each in Code.__subclasses__() if each.__module__.startswith("servicecrm.")}
    assert ours == CODES.keys(), "CODES does not have every list of codes"
    yield "## Codes\n"
    yield 'Wherever a code is asked for, its text form will do: `Channel.PHONE` and `"phone"` are the same.\n'
    for codes, prefix in CODES.items():
        yield f"### {codes.__name__}\n\n{first_sentence(codes)}\n"
        words = {str(each): text(f"{prefix}.{each}") if prefix else MEANINGS.get(each, "") for each in codes}
        if any(words.values()):
            yield table(("code", "text"), ((code(word), says) for word, says in words.items()))
        else:
            yield f"{', '.join(map(code, words))}\n"
    yield "### Closing codes\n\nA house lists its own, in its policy. Those of the policy that is shipped:\n"
    yield f"{', '.join(map(code, DEFAULT.closing_codes))}\n"


def _process() -> Iterator[str]:
    yield "## States\n"
    kinds = {**dict.fromkeys(LIFECYCLE.resting, "resting"), **dict.fromkeys(LIFECYCLE.final, "final")}
    states = ((code(state), text(f"state.{state}"), kinds.get(state, "open")) for state in LIFECYCLE.states)
    yield table(("state", "text", "it is"), states)
    yield "## Actions\n"
    yield (
        "Each is a command of this name. From which state it starts, and what has to be there, is told with\n"
        "[the lifecycle](../concepts/lifecycle.md). `record` makes the complaint; `adopt` is for importers only.\n"
    )
    who = LIFECYCLE.matrix()
    actions = (
        (code(action), text(f"action.{action}"), ", ".join(text(f"role.{role}") for role in who.get(action, ())))
        for action in ("record", *LIFECYCLE.actions)
    )
    yield table(("action", "text", "who"), actions)
    yield "### Guards\n\nWhat an action may still need. The names stand in `GuardNotMet.guards`.\n"
    guards = {name: None for move in LIFECYCLE.moves for name in (*(g.name for g in move.guards), *move.demands)}
    yield table(("guard", "text"), ((code(name), text(f"guard.{name}")) for name in guards))


def _events() -> Iterator[str]:
    yield "## Events\n"
    yield "For `crm.on(...)`; `entry.type` of a history. Every event has `by`, `occurred_at` and `recorded_at`.\n"
    events = {event.type: event for event in Event.__subclasses__() if event.__module__.startswith("servicecrm.")}
    common = set(field_names(Event))
    rows = (
        (
            code(type),
            text(f"event.{type}") or first_sentence(event),
            ", ".join(code(name) for name in field_names(event) if name not in common),
        )
        for type, event in sorted(events.items())
    )
    yield table(("type", "text", "also holds"), rows)


def _errors() -> Iterator[str]:
    yield "## Errors\n"
    yield "The `code` of an error stays what it is. Catch a class, and you catch those that are below it too.\n"
    classes: list[type[errors.ServiceCRMError]] = [getattr(errors, name) for name in errors.__all__]
    root = errors.ServiceCRMError
    classes.sort(key=lambda each: [one.__name__ for one in reversed(each.__mro__) if issubclass(one, root)])
    rows = ((code(each.code), code(each.__name__), first_sentence(each)) for each in classes)
    yield table(("code", "class", "means"), rows)


def _fields() -> Iterator[str]:
    yield "## Fields\n"
    yield (
        "The fields of the records, in their order. *Personal* ones stay out of `repr`, logs and errors.\n"
        "Where None may stand, there need not be a value.\n"
    )
    for record, says in FIELDS.items():
        yield f"### {record.__name__}\n"
        fields = attrs.fields(record)
        assert list(says) == [a.name for a in fields], f"{record.__name__}: the fields are {[a.name for a in fields]}"
        personal = personal_fields(record)
        rows = ((code(a.name), type_name(a.type), says[a.name] + " *Personal.*" * (a.name in personal)) for a in fields)
        yield table(("field", "type", "is"), rows)


def _columns() -> Iterator[str]:
    yield "## Columns\n"
    yield (
        "What `where(...)` and `order` can compare. One with an index is found without reading everything.\n"
        '`where("tags").has("water")` asks for a term.\n'
    )
    kinds: tuple[Kind[Any], ...] = (COMPLAINT, MESSAGE)
    for kind in kinds:
        yield f"### Of a {kind.name}\n"
        firsts = {index[0] for index in kind.indexes} | ({"number"} if kind.prefix else set())
        rows = [
            (code(column.name), column.type.value, "yes" if column.name in firsts else "") for column in kind.columns
        ]
        rows += [(code(term.name), "term", "yes") for term in kind.terms]
        yield table(("column", "type", "index"), rows)
    yield "`search(...)` looks into number, subject, text and complainant of a complaint, whatever the case.\n"


def _texts() -> Iterator[str]:
    yield "## Keys of texts\n"
    yield '`TEXTS.get("state.closed", language="de")` gives the text of a key; `TEXTS` is in `servicecrm.complaints`.\n'
    examples: dict[str, str] = {}
    for key in sorted(TEXTS.keys("en")):
        examples.setdefault(key.rpartition(".")[0], key)
    rows = ((code(f"{start}.<word>"), code(key), text(key)) for start, key in examples.items())
    yield table(("pattern", "such as", "text"), rows)


# -- helpers -------------------------------------------------------------------------------------


def type_name(annotation: Any) -> str:
    """A type as a reader would write it, with a link to the codes or fields that it has."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation in CODES or annotation in FIELDS:
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    if origin is Annotated:
        return type_name(parts[0])
    if origin in (Union, UnionType):
        return " or ".join(type_name(part) for part in parts)
    if origin is not None:
        return f"{PLAIN.get(origin, origin.__name__)} of {type_name(parts[0])}"
    while hasattr(annotation, "__supertype__"):
        annotation = annotation.__supertype__
    return PLAIN[annotation]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")

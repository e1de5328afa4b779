"""Writes `reference/words.md` from the code: `python docs/words.py`. A test compares the two."""

import tomllib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from inspect import cleandoc, getdoc
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

import attrs

import servicecrm.desk  # loads what it keeps, so that every event is known
import servicecrm.surveys.evaluations  # noqa: F401  # and what is evaluated is loaded when first asked for
from servicecrm import agreements, cases, complaints, errors, improvements, portfolio, reviews, surveys
from servicecrm.agreements.lifecycle import GENERAL as GENERAL_LIFECYCLE
from servicecrm.agreements.lifecycle import SERVICE as SERVICE_LIFECYCLE
from servicecrm.calendars import Cadence
from servicecrm.cases import Case
from servicecrm.complaints import Complaint
from servicecrm.kernel.decisions import Actor, Event
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.lifecycle import Lifecycle
from servicecrm.kernel.moves import given
from servicecrm.kernel.records import field_names, personal_fields
from servicecrm.kernel.shapes import Code
from servicecrm.kernel.texts import Texts
from servicecrm.kernel.values import Attachment, ContactKind, ContactPoint, Money
from servicecrm.notifications import MATRIX, Party
from servicecrm.notifications.delivery import NotDelivered, Undeliverable
from servicecrm.notifications.templates import TEXTS as NOTICES
from servicecrm.notifications.templates import BadTemplates
from servicecrm.portfolio import interactions, partners, prospects
from servicecrm.reviews import meetings, needs, report_specs, schedules, service_reviews
from servicecrm.storage.kinds import SHIPPED
from servicecrm.surveys.campaign_model import Reservation
from servicecrm.surveys.evaluation_lines import About
from servicecrm.surveys.evaluation_model import Conclusion, Handling
from servicecrm.surveys.invitations import News
from servicecrm.tracking import (
    TEXTS,
    ActionItem,
    ActionMomentKind,
    BornLate,
    Clock,
    Fired,
    Message,
    MessageClass,
    Moment,
    OnChange,
    Reading,
    Side,
    Targets,
    TimerState,
    action_items,
)
from servicecrm.tracking.checklists import Level
from servicecrm.tracking.clock_model import Escalated
from servicecrm.tracking.responsibility import Flaw, Part
from servicecrm.tracking.signatures import Signature

DOCS: Final = Path(__file__).parent
PAGE: Final = DOCS / "reference" / "words.md"


class Codes(NamedTuple):
    """How a list of codes is headed, and where its texts are, if it has any."""

    title: str
    texts: Texts = TEXTS
    keys: str = ""


CODES: Final[dict[type[Code], Codes]] = {
    complaints.Channel: Codes("Channel", complaints.TEXTS, "channel"),
    complaints.Priority: Codes("Priority", complaints.TEXTS, "priority"),
    complaints.WaitingFor: Codes("WaitingFor", complaints.TEXTS, "waiting"),
    complaints.Severity: Codes("Severity", complaints.TEXTS, "severity"),
    complaints.Feedback: Codes("Feedback", complaints.TEXTS, "feedback"),
    complaints.Verdict: Codes("Verdict", complaints.TEXTS, "verdict"),
    complaints.RemedyKind: Codes("RemedyKind", complaints.TEXTS, "remedy"),
    complaints.RemedyStatus: Codes("RemedyStatus", complaints.TEXTS, "remedy_status"),
    complaints.ResponseKind: Codes("ResponseKind", complaints.TEXTS, "response"),
    complaints.LinkKind: Codes("LinkKind of a complaint", complaints.TEXTS, "link"),
    complaints.Vulnerability: Codes("Vulnerability", complaints.TEXTS, "vulnerability"),
    complaints.AccessNeed: Codes("AccessNeed", complaints.TEXTS, "access"),
    complaints.ChangeOf: Codes("ChangeOf", complaints.TEXTS, "change_of"),
    complaints.MomentKind: Codes("MomentKind of a complaint"),
    cases.ContactOutcome: Codes("ContactOutcome", cases.TEXTS, "contact"),
    cases.Asker: Codes("Asker", cases.TEXTS, "asker"),
    cases.ForwardClock: Codes("ForwardClock", cases.TEXTS, "clock"),
    cases.LinkKind: Codes("LinkKind of a case", cases.TEXTS, "link"),
    cases.PartnerStatus: Codes("PartnerStatus", cases.TEXTS, "partner"),
    cases.Evidence: Codes("Evidence", cases.TEXTS, "evidence"),
    cases.Datatype: Codes("Datatype", cases.TEXTS, "datatype"),
    cases.MomentKind: Codes("MomentKind of a case"),
    ActionMomentKind: Codes("MomentKind of an action item"),
    Side: Codes("Side"),
    MessageClass: Codes("MessageClass"),
    TimerState: Codes("TimerState", TEXTS, "state.timer"),
    OnChange: Codes("OnChange", TEXTS, "on_change.timer"),
    BornLate: Codes("BornLate", TEXTS, "born_late.timer"),
    Level: Codes("Level of a checklist's line", TEXTS, "level"),
    Part: Codes("Part in an activity", TEXTS, "part"),
    Flaw: Codes("Flaw of a matrix", TEXTS, "flaw"),
    Party: Codes("Party"),
    ContactKind: Codes("ContactKind"),
    portfolio.CustomerKind: Codes("CustomerKind", portfolio.TEXTS, "customer_kind"),
    portfolio.Purpose: Codes("Purpose of a contact or a channel", portfolio.TEXTS, "purpose"),
    portfolio.ContactRole: Codes("ContactRole", portfolio.TEXTS, "contact_role"),
    portfolio.InteractionKind: Codes("InteractionKind", portfolio.TEXTS, "interaction"),
    portfolio.Direction: Codes("Direction of an interaction", portfolio.TEXTS, "direction"),
    portfolio.RemovalMode: Codes("RemovalMode", portfolio.TEXTS, "removal"),
    portfolio.OfferAnswer: Codes("OfferAnswer", portfolio.TEXTS, "offer"),
    portfolio.PartnerRole: Codes("PartnerRole", portfolio.TEXTS, "partner_role"),
    portfolio.ValueClass: Codes("ValueClass", portfolio.TEXTS, "class"),
    portfolio.Datatype: Codes("Datatype of a profile", portfolio.TEXTS, "datatype"),
    agreements.Party: Codes("Party to an agreement", agreements.TEXTS, "party"),
    agreements.Aspect: Codes("Aspect of a service", agreements.TEXTS, "aspect"),
    agreements.ContactPurpose: Codes("ContactPurpose in an agreement", agreements.TEXTS, "contact_purpose"),
    agreements.EndOf: Codes("EndOf", agreements.TEXTS, "end_of"),
    agreements.TargetSource: Codes("TargetSource", agreements.TEXTS, "target_source"),
    agreements.Outcome: Codes("Outcome of a target", agreements.TEXTS, "outcome"),
    agreements.ReviewDecision: Codes("ReviewDecision", agreements.TEXTS, "review_decision"),
    surveys.ItemKind: Codes("ItemKind", surveys.TEXTS, "kind"),
    surveys.Polarity: Codes("Polarity", surveys.TEXTS, "polarity"),
    surveys.Apart: Codes("Apart", surveys.TEXTS, "status"),
    surveys.Status: Codes("Status of an answer", surveys.TEXTS, "status"),
    surveys.Method: Codes("Method", surveys.TEXTS, "method"),
    surveys.Mode: Codes("Mode of a campaign", surveys.TEXTS, "mode"),
    surveys.SampleKind: Codes("SampleKind", surveys.TEXTS, "sample"),
    surveys.Exclusion: Codes("Exclusion", surveys.TEXTS, "exclusion"),
    surveys.Hindrance: Codes("Hindrance", surveys.TEXTS, "hindrance"),
    News: Codes("News", surveys.TEXTS, "state.invitation"),
    surveys.Extent: Codes("Extent of a response", surveys.TEXTS, "extent"),
    surveys.Source: Codes("Source of a response", surveys.TEXTS, "source"),
    surveys.Comparability: Codes("Comparability", surveys.TEXTS, "comparability"),
    surveys.Difference: Codes("Difference between versions", surveys.TEXTS, "difference"),
    About: Codes("About of a figure", surveys.TEXTS, "evaluation.about"),
    surveys.Saying: Codes("Saying", surveys.TEXTS, "evaluation.saying"),
    reviews.ResolutionKind: Codes("ResolutionKind", reviews.TEXTS, "resolution_kind"),
    reviews.PackSource: Codes("PackSource", reviews.TEXTS, "pack_source"),
    reviews.Achievement: Codes("Achievement", reviews.TEXTS, "achievement"),
    reviews.NeedKind: Codes("NeedKind", reviews.TEXTS, "need_kind"),
    reviews.Route: Codes("Route of a need", reviews.TEXTS, "route"),
    reviews.DueStatus: Codes("DueStatus", reviews.TEXTS, "due_status"),
    reviews.ReportStatus: Codes("ReportStatus", reviews.TEXTS, "report_status"),
    improvements.ProposalKind: Codes("ProposalKind", improvements.TEXTS, "proposal_kind"),
    improvements.HandedTo: Codes("HandedTo", improvements.TEXTS, "handed_to"),
}
"""Every list of codes that a command takes or a record holds."""

MEANINGS: Final = {
    Side.OUTSIDE: "whoever the record is about, or whoever speaks for them",
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

RECORDS: Final[dict[type, str]] = {
    Complaint: "Complaint",
    complaints.Waiting: "Waiting",
    complaints.Needs: "Needs",
    complaints.Judgement: "Judgement",
    complaints.HandlingStep: "HandlingStep",
    complaints.Investigation: "Investigation",
    complaints.Finding: "Finding",
    complaints.Remedy: "Remedy",
    complaints.Response: "Response",
    complaints.Referral: "Referral of a complaint",
    complaints.Link: "Link of a complaint",
    Case: "Case",
    cases.Place: "Place",
    cases.Holder: "Holder",
    cases.Promise: "Promise",
    cases.Extension: "Extension",
    cases.UpdateRequest: "UpdateRequest",
    cases.Link: "Link of a case",
    cases.Referral: "Referral of a case",
    portfolio.Customer: "Customer",
    portfolio.Contact: "Contact",
    portfolio.Tenure: "Tenure",
    portfolio.Channel: "Channel of a customer",
    portfolio.Observation: "Observation",
    portfolio.Consent: "Consent",
    portfolio.Assignment: "Assignment",
    portfolio.ExternalScore: "ExternalScore",
    portfolio.Hold: "Hold",
    portfolio.Served: "Served",
    portfolio.TakenIn: "TakenIn",
    portfolio.Interaction: "Interaction",
    portfolio.Prospect: "Prospect",
    portfolio.Offer: "Offer",
    portfolio.Partner: "Partner",
    portfolio.Evaluation: "Evaluation of a partner",
    portfolio.Criterion: "Criterion",
    portfolio.PortfolioSnapshot: "PortfolioSnapshot",
    portfolio.SnapshotLine: "SnapshotLine",
    portfolio.Gap: "Gap in the portfolio",
    agreements.Service: "Service",
    agreements.ServiceDefinition: "ServiceDefinition",
    agreements.Warranty: "Warranty",
    agreements.Price: "Price",
    agreements.Support: "Support",
    agreements.ServiceVersion: "ServiceVersion",
    agreements.ServiceLevels: "ServiceLevels",
    agreements.TimeTarget: "TimeTarget",
    agreements.LevelTarget: "LevelTarget",
    agreements.Agreement: "Agreement",
    agreements.Line: "Line of an agreement",
    agreements.Attached: "Attached",
    agreements.Duty: "Duty",
    agreements.AgreementContact: "AgreementContact",
    agreements.Termination: "Termination",
    agreements.Round: "Round",
    agreements.Spell: "Spell",
    agreements.GivenNotice: "GivenNotice",
    agreements.AgreementReview: "AgreementReview",
    agreements.GeneralAgreement: "GeneralAgreement",
    agreements.Violation: "Violation",
    surveys.Questionnaire: "Questionnaire",
    surveys.Item: "Item",
    surveys.Scale: "Scale",
    surveys.Label: "Label",
    surveys.Option: "Option",
    surveys.Row: "Row of a matrix",
    surveys.Campaign: "Campaign",
    surveys.Sampling: "Sampling",
    surveys.Stratum: "Stratum",
    surveys.ContactRules: "ContactRules",
    surveys.Reminders: "Reminders",
    surveys.Quota: "Quota",
    Reservation: "Reservation",
    surveys.Invitation: "Invitation",
    surveys.Response: "Response to a survey",
    surveys.Answer: "Answer",
    surveys.SurveyEvaluation: "SurveyEvaluation",
    surveys.LowScore: "LowScore",
    Handling: "Handling",
    Conclusion: "Conclusion",
    reviews.Meeting: "Meeting",
    reviews.Topic: "Topic",
    reviews.Attendee: "Attendee",
    reviews.Resolution: "Resolution",
    reviews.Addendum: "Addendum",
    reviews.ServiceReview: "ServiceReview",
    reviews.DataPack: "DataPack",
    reviews.Achieved: "Achieved",
    reviews.PackEntry: "PackEntry",
    reviews.Measured: "Measured",
    reviews.OpenAction: "OpenAction",
    reviews.Followed: "Followed",
    reviews.Need: "Need",
    reviews.Schedule: "Schedule",
    reviews.ReportSpec: "ReportSpec",
    reviews.ProducedReport: "ProducedReport",
    improvements.Proposal: "Proposal",
    improvements.Origin: "Origin",
    ActionItem: "ActionItem",
    Message: "Message",
    Moment: "Moment",
    Clock: "Clock",
    Reading: "Reading",
    Fired: "Fired",
    Escalated: "Escalated",
    Actor: "Actor",
    ContactPoint: "ContactPoint",
    Money: "Money",
    Attachment: "Attachment",
    Signature: "Signature",
    Cadence: "Cadence",
}
"""How each record is headed, here and in `fields.toml`, which says what its fields are."""


class Process(NamedTuple):
    """A kind of record that has a lifecycle: its texts, the end of their keys, and the action that makes a record."""

    of: str
    lifecycle: Lifecycle[Any]
    texts: Texts
    keys: str
    makes: str


PROCESSES: Final = (
    Process("a complaint", complaints.LIFECYCLE, complaints.TEXTS, "", "record"),
    Process("a case", cases.LIFECYCLE, cases.TEXTS, "", "open"),
    Process("an action item", action_items.LIFECYCLE, TEXTS, ".action_item", "open"),
    Process("a customer", portfolio.LIFECYCLE, portfolio.TEXTS, "", "add"),
    Process("a prospect", prospects.LIFECYCLE, portfolio.TEXTS, "", "add"),
    Process("a partner", partners.LIFECYCLE, portfolio.TEXTS, "", "add"),
    Process("an interaction", interactions.LIFECYCLE, portfolio.TEXTS, "", "record"),
    Process("a service", SERVICE_LIFECYCLE, agreements.TEXTS, "", "define"),
    Process("an agreement", agreements.LIFECYCLE, agreements.TEXTS, "", "draft"),
    Process("a general agreement", GENERAL_LIFECYCLE, agreements.TEXTS, "", "draft"),
    Process("a questionnaire", surveys.LIFECYCLE, surveys.TEXTS, "", "draft"),
    Process("a campaign", surveys.CAMPAIGN_LIFECYCLE, surveys.TEXTS, ".campaign", "plan"),
    Process("an invitation", surveys.INVITATION_LIFECYCLE, surveys.TEXTS, ".invitation", "invite"),
    Process("a response", surveys.RESPONSE_LIFECYCLE, surveys.TEXTS, ".response", "record"),
    Process("an evaluation", surveys.EVALUATION_LIFECYCLE, surveys.TEXTS, "", "draft"),
    Process("a schedule", schedules.LIFECYCLE, reviews.TEXTS, "", "start"),
    Process("a meeting", meetings.LIFECYCLE, reviews.TEXTS, "", "plan"),
    Process("a service review", service_reviews.LIFECYCLE, reviews.TEXTS, "", "plan"),
    Process("a need", needs.LIFECYCLE, reviews.TEXTS, "", "capture"),
    Process("a regular report", report_specs.LIFECYCLE, reviews.TEXTS, "", "specify"),
    Process("a proposal", improvements.LIFECYCLE, improvements.TEXTS, "", "propose"),
)

OTHERWISE: Final = (
    (
        "a complaint",
        "`approve`, `settle`, `provide`",
        "`approve_remedy` or `refuse_remedy`; `accept_remedy` or `decline_remedy`; `provide_remedy`",
    ),
    ("a complaint", "`refer_part`, `take_in`", "`refer`, `merge`"),
    ("a complaint", "`finish_step`, `drop_step`, `reopen_step`", "what becomes of the action that the step is"),
    ("an action item", "`reopen`", "`verify`, where what was done has not worked"),
    ("a customer", "`score`", "`take_score`"),
    ("a customer", "`archive`, `erase`", "`remove`"),
    ("a customer", "`take_in`, `give_back`", "`merge`, `unmerge`"),
    ("an agreement", "`conclude`", "the second `sign`"),
    ("an agreement", "`start`, `end`, `extend`, `expire`", "`advance`, when the day has come"),
    ("a general agreement", "`conclude`, `abandon`", "the second `sign`; `end` before it"),
    ("a campaign", "`reserve`, `take`, `release_place`", "`reserve`, `take` and `release` of `surveys.quotas`"),
    ("an invitation", "`deliver`, `open`, `bounce`", "`mark`"),
    ("an invitation", "`break_off`, `answer_partly`, `answer`", "`take_part`"),
    ("a meeting", "`conclude`", "`approve` for the second side"),
)
"""The actions that have another command than the one of their name, or none of their own."""

EVERY_TEXT: Final = {
    "servicecrm.complaints": complaints.TEXTS,
    "servicecrm.cases": cases.TEXTS,
    "servicecrm.tracking": TEXTS,
    "servicecrm.portfolio": portfolio.TEXTS,
    "servicecrm.agreements": agreements.TEXTS,
    "servicecrm.surveys": surveys.TEXTS,
    "servicecrm.reviews": reviews.TEXTS,
    "servicecrm.improvements": improvements.TEXTS,
}

OPEN: Final = (
    *("action", "condition", "least", "link", "most", "n", "name", "outcome", "question", "r2", "reason", "row"),
    *("threshold", "title", "until", "value", "wave"),
)
SHOWN: Final = {
    **{name: f"{{{name}}}" for name in OPEN},
    "agreement": "AGR-2026-000001",
    "number": "CAS-2026-000001",
    "proposal": "IMP-2026-000001",
    "target": "availability",
    "timer": "resolution",
    "who": "manager",
}
"""What texts are filled with: an example, or the placeholder itself."""

PLAIN: Final[dict[object, str]] = {
    NoneType: "None",
    str: "text",
    int: "integer",
    Targets: "targets",
    float: "number",
    bool: "boolean",
    datetime: "time",
    date: "day",
    Decimal: "decimal",
    timedelta: "duration",
    frozenset: "set",
    FrozenMap: "mapping",
}

INTRO: Final = """\
<!-- Written by docs/words.py. -->

# Words

Every word that you type, or that you read in a result: codes, states, actions, timers, notices, events, errors, fields
and columns. A code is what is stored and compared; its text is for people, here in English. This page is written from
the code.
"""


def page() -> str:
    """The whole page."""
    parts = (_codes, _processes, _timers, _notices, _events, _errors, _fields, _columns, _texts)
    return "\n".join([INTRO, *(text for part in parts for text in part())])


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    lines.insert(1, ("---",) * len(lines[0]))
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def code(word: object) -> str:
    """A word as it is typed."""
    return f"`{word}`"


def text(texts: Texts, key: str) -> str:
    """The English text of a key, if there is one."""
    return texts.get(key, language="en", **SHOWN) if key in texts.keys("en") else ""


def said(process: Process, of: str, name: str) -> str:
    """What a word of a process is called: its own text, or that which the slice has for all of its processes."""
    return text(process.texts, f"{of}{process.keys}.{name}") or text(process.texts, f"{of}.{name}")


def first_sentence(of: object) -> str:
    """What a docstring says first."""
    return cleandoc(getdoc(of) or "").partition("\n")[0]


# -- the parts -----------------------------------------------------------------------------------


def _codes() -> Iterator[str]:
    # What other systems understand by a word, and what only reports have, is told where they are.
    slices = ("complaints", "cases", "portfolio", "agreements", "surveys", "reviews", "improvements")
    starts = tuple(f"servicecrm.{package}." for package in (*slices, "tracking", "notifications", "kernel"))
    ours = {each for each in Code.__subclasses__() if each.__module__.startswith(starts)}
    assert ours == CODES.keys(), f"CODES does not have every list of codes: {ours ^ CODES.keys()}"
    yield "## Codes\n"
    yield 'Wherever a code is asked for, its text form will do: `Channel.PHONE` and `"phone"` are the same.\n'
    for codes, (title, texts, keys) in CODES.items():
        yield f"### {title}\n\n{first_sentence(codes)}\n"
        words = {str(each): text(texts, f"{keys}.{each}") if keys else MEANINGS.get(each, "") for each in codes}
        if any(words.values()):
            yield table(("code", "text"), ((code(word), says) for word, says in words.items()))
        else:
            yield f"{', '.join(map(code, words))}\n"
    yield "### Closing codes\n\nA house lists its own, in its policies. Those of the policies that are shipped:\n"
    yield f"- of a complaint: {', '.join(map(code, complaints.DEFAULT.closing_codes))}"
    yield f"- of a case: {', '.join(code(closing.code) for closing in cases.DEFAULT.closing)}\n"


def _processes() -> Iterator[str]:
    yield "## States\n"
    for each in PROCESSES:
        lifecycle = each.lifecycle
        yield f"### States of {each.of}\n"
        kinds = {**dict.fromkeys(lifecycle.resting, "resting"), **dict.fromkeys(lifecycle.final, "final")}
        rows = ((code(s), said(each, "state", s), kinds.get(s, "open")) for s in lifecycle.states)
        yield table(("state", "text", "it is"), rows)
    yield "## Actions\n"
    yield (
        "Each is a command of this name, except for those in the first table. From which state an action starts, and\n"
        "what has to be there, is told by the lifecycle, such as that of a [complaint](../concepts/lifecycle.md). The\n"
        "first one makes the record; `adopt` is for importers only.\n"
    )
    yield table(("of", "action", "is taken by"), OTHERWISE)
    for each in PROCESSES:
        yield f"### Actions on {each.of}\n"
        who = each.lifecycle.matrix()
        names = (each.makes, *each.lifecycle.actions)
        rows = (
            (code(a), said(each, "action", a), ", ".join(said(each, "role", role) for role in who.get(a, ())))
            for a in names
        )
        yield table(("action", "text", "who"), rows)
    yield "## Guards\n\nWhat an action may still need. The names stand in `GuardNotMet.guards`.\n"
    for each in PROCESSES:
        moves = each.lifecycle.moves
        guards = {guard.name: guard.says for move in moves for guard in (*move.guards, *map(given, move.demands))}
        if guards:
            yield f"### Guards of {each.of}\n"
            yield table(
                ("guard", "text"), ((code(name), said(each, "guard", name) or says) for name, says in guards.items())
            )


def _timers() -> Iterator[str]:
    yield "## Timers\n\nThe names of `usual(...)`. A house may have others.\n"
    names = sorted(key.removeprefix("timer.") for key in TEXTS.keys("en") if key.startswith("timer."))
    yield table(("timer", "text"), ((code(name), text(TEXTS, f"timer.{name}")) for name in names))


def _notices() -> Iterator[str]:
    yield "## Notices\n"
    yield "The `topic` of a notice of the standard matrix is the name of its template. `print(MATRIX)` shows when.\n"
    told: dict[str, dict[str, None]] = {}
    for entry in MATRIX.entries:
        told.setdefault(entry.template, {})[str(entry.party)] = None
    rows = (
        (code(topic), ", ".join(map(code, parties)), text(NOTICES, f"{topic}.subject"))
        for topic, parties in sorted(told.items())
    )
    yield table(("topic", "is told", "the subject"), rows)


def _events() -> Iterator[str]:
    yield "## Events\n"
    yield "For `crm.on(...)`, and `entry.type` of a history. Every event has `by`, `occurred_at` and `recorded_at`.\n"
    events = {event.type: event for event in Event.__subclasses__() if event.__module__.startswith("servicecrm.")}
    common = set(field_names(Event))
    rows = (
        (
            code(type),
            next(filter(None, (text(texts, f"event.{type}") for texts in EVERY_TEXT.values())), first_sentence(event)),
            ", ".join(code(name) for name in field_names(event) if name not in common),
        )
        for type, event in sorted(events.items())
    )
    yield table(("type", "text", "also holds"), rows)


def _errors() -> Iterator[str]:
    yield "## Errors\n"
    yield "The `code` of an error stays what it is. Catch a class, and you catch those that are below it too.\n"
    classes: list[type[errors.ServiceCRMError]] = [getattr(errors, name) for name in errors.__all__]
    classes += [BadTemplates, NotDelivered, Undeliverable]
    root = errors.ServiceCRMError
    classes.sort(key=lambda each: [one.__name__ for one in reversed(each.__mro__) if issubclass(one, root)])
    rows = ((code(each.code), code(each.__name__), first_sentence(each)) for each in classes)
    yield table(("code", "class", "means"), rows)


def _fields() -> Iterator[str]:
    yield "## Fields\n"
    yield (
        "The fields of the records that the desk keeps, in their order. *Personal* ones stay out of `repr`, logs and\n"
        "errors. Where None may stand, there need not be a value.\n"
    )
    says = tomllib.loads((DOCS / "fields.toml").read_text(encoding="utf-8"))
    assert list(says) == list(RECORDS.values()), "fields.toml has other records, or another order"
    for record, title in RECORDS.items():
        yield f"### {title}\n"
        fields = attrs.fields(record)
        assert list(says[title]) == [a.name for a in fields], f"{title}: the fields are {[a.name for a in fields]}"
        hidden = personal_fields(record)
        rows = (
            (code(a.name), type_name(a.type), says[title][a.name] + " *Personal.*" * (a.name in hidden)) for a in fields
        )
        yield table(("field", "type", "is"), rows)


def _columns() -> Iterator[str]:
    yield "## Columns\n"
    yield (
        "What `where(...)` and `order` can compare. One with an index is found without reading everything.\n"
        '`where("tags").has("water")` asks for a term.\n'
    )
    for kind in (kind for kind in SHIPPED if kind.columns):
        yield f"### Of {'an' if kind.name[0] == 'a' else 'a'} {kind.name.replace('_', ' ')}\n"
        firsts = {index[0] for index in kind.indexes} | ({"number"} if kind.prefix else set())
        rows = [
            (code(column.name), column.type.value, "yes" if column.name in firsts else "") for column in kind.columns
        ]
        rows += [(code(term.name), "term", "yes") for term in kind.terms]
        yield table(("column", "type", "index"), rows)
    yield (
        "`search(...)` looks into number, subject and text, whatever the case; also into the complainant of a\n"
        "complaint, and the requester's name and the address of a case. Of an action it is number, title and text.\n"
    )


def _texts() -> Iterator[str]:
    yield "## Keys of texts\n"
    yield '`TEXTS.get("state.closed", language="de")` gives the text of a key; every slice has a `TEXTS` of its own.\n'
    for home, texts in EVERY_TEXT.items():
        yield f"### In {home}\n"
        examples: dict[str, str] = {}
        for key in sorted(texts.keys("en")):
            examples.setdefault(key.rpartition(".")[0], key)
        rows = (
            (code(f"{start}.<word>" if start else key), code(key), text(texts, key)) for start, key in examples.items()
        )
        yield table(("pattern", "such as", "text"), rows)


# -- inside --------------------------------------------------------------------------------------


def type_name(annotation: Any) -> str:
    """A type as a reader would write it, with a link to the codes or fields that it has."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation in CODES or annotation in RECORDS:
        title = CODES[annotation].title if annotation in CODES else RECORDS[annotation]
        return f"[{annotation.__name__}](#{title.lower().replace(' ', '-')})"
    if origin is Annotated:
        return type_name(parts[0])
    if origin in (Union, UnionType):
        return " or ".join(type_name(part) for part in parts)
    if origin is Literal:
        return " or ".join(map(code, parts))
    if origin is not None:
        return f"{PLAIN.get(origin, origin.__name__)} of {type_name(parts[0])}"
    while hasattr(annotation, "__supertype__"):
        annotation = annotation.__supertype__
    return PLAIN[annotation]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")

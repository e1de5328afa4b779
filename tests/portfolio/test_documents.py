"""What is stored of the portfolio survives it, and what was stored by any version is read for ever."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from servicecrm import portfolio
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.documents import from_text, to_text
from servicecrm.kernel.filters import Comparison, encoded, where
from servicecrm.kernel.kinds import Kind, folded
from servicecrm.kernel.records import field_names
from servicecrm.kernel.values import ContactKind, ContactPoint, Money
from servicecrm.portfolio import (
    CUSTOMER,
    INTERACTION,
    PARTNER,
    PROSPECT,
    SNAPSHOT,
    Channel,
    ClassRule,
    Condition,
    Criterion,
    Datatype,
    Gap,
    PortfolioPolicy,
    ProfileField,
    Purpose,
    ValueClass,
    interactions,
    partners,
    prospects,
)
from servicecrm.portfolio.policy import PortfolioPolicies
from servicecrm.portfolio.schema import POLICIES
from servicecrm.testing.makers import MONDAY
from tests.portfolio.making import (
    BY,
    DAY,
    a_contact,
    a_customer,
    a_line,
    a_partner,
    a_prospect,
    a_snapshot,
    an_interaction,
)

GOLDEN = Path(__file__).parents[1] / "golden"
LATER: dict[str, Any] = {"by": "ann", "at": MONDAY + 10 * DAY}
MAIL = ContactPoint(kind=ContactKind.EMAIL, value="mia@cafe.example")


def the_first_policies() -> PortfolioPolicies:
    """As version 1 wrote them."""
    rule = ClassRule(name="big", value_class=ValueClass.HIGH_VALUE, conditions=[Condition(fact="revenue", least=1)])  # type: ignore[arg-type]
    policy = PortfolioPolicy(
        verified_within=timedelta(days=90),
        channels=[Channel(purpose=Purpose.ORDERING, points=(MAIL,), consent="news")],  # type: ignore[arg-type]
        fields=[ProfileField(name="size", datatype=Datatype.NUMBER)],  # type: ignore[arg-type]
        trusted=["register"],  # type: ignore[arg-type]
        rules=[rule],  # type: ignore[arg-type]
    )
    return PortfolioPolicies().publish(policy, effective=MONDAY)


def the_first_customer() -> portfolio.Customer:
    """As version 1 wrote it: with something in every field."""
    policy = the_first_policies().versions[0].policy
    mia = a_contact(
        function="Owner", points=[MAIL], language="de", primary={"escalation"}, since=MONDAY, until=MONDAY + 99 * DAY
    )
    customer = a_customer(
        number="CUS-2026-000001",
        contacts=[mia, a_contact("tom", role="user_group")],
        deputy="bob",
        parent="c-0",
        origin="p-1",
        language="de-AT",
        services=["catering"],
        references=["erp:1"],
        tags=["vip"],
        verified=True,
        extra={"ward": 4},
    )
    customer = portfolio.assign_manager(customer, "bob", reason="a move", **LATER).after
    customer = portfolio.set_channel(customer, "ordering", [MAIL], needs="news", **LATER).after
    customer = portfolio.consent(customer, "news", given=True, source="form", person="mia", **LATER).after
    customer = portfolio.collect(
        customer, "size", "12", source="register", confidence=0.5, policy=policy, **LATER
    ).after
    customer = portfolio.take_score(customer, 7.5, source="agency", worst=10, best=0, **LATER).after
    classified = portfolio.classify(customer, {"revenue": 2}, policy=policy, **LATER)
    assert classified is not None
    customer = portfolio.overrule(classified.after, "standard", "a pilot", until=MONDAY + 99 * DAY, **LATER).after
    customer = portfolio.hold(customer, "court", reason="a case", **LATER).after
    customer = portfolio.merge(a_customer("drop", contacts=[a_contact("new")]), customer, parts=["d-1"], **LATER)[
        1
    ].after
    customer = portfolio.end(customer, "price", **LATER).after
    return portfolio.merge(customer, a_customer("keep"), **LATER)[0].after


def the_first_interaction() -> portfolio.Interaction:
    """As version 1 wrote it."""
    met = an_interaction(
        contact="mia",
        participants=["ann", "tom"],
        summary="She agreed.",
        outcome="agreed",
        links=["CMP-1"],
        minutes=4,
        extra={"call": 7},
    )
    return interactions.repoint(met, portfolio.merge(a_customer(), a_customer("keep"), **LATER)[1].after, **LATER).after


def the_first_prospect() -> portfolio.Prospect:
    """As version 1 wrote it."""
    prospect = a_prospect(
        number="PRO-2026-000001",
        language="de",
        contacts=[a_contact()],
        source="fair",
        campaign="spring",
        brand="ours",
        interests=["catering"],
        tags=["local"],
        extra={"ward": 4},
    )
    price = Money(amount=Decimal("90.50"), currency="EUR")
    prospect = prospects.present(prospect, "Catering", id="o-1", service="catering", price=price, to="mia", **BY).after
    prospect = prospects.answer(prospect, "o-1", "declined", **LATER).after
    return prospects.park(prospect, until=MONDAY + 99 * DAY, **LATER).after


def the_first_partner() -> portfolio.Partner:
    """As version 1 wrote it."""
    channel = Channel(purpose=Purpose.ORDERING, points=(MAIL,))
    partner = a_partner(
        number="PAR-2026-000001",
        customer="c-1",
        manager="ann",
        channels=[channel],
        services=["catering"],
        tags=["local"],
        extra={"ward": 4},
    )
    criteria = [Criterion(name="speed", score=80, weight=3, remark="Good."), Criterion(name="new", score=None)]
    day = MONDAY.date()
    partner = partners.activate(partner, **BY).after
    return partners.evaluate(partner, criteria, first=day, last=day, summary="Fine.", actions=["a-1"], **LATER).after


def the_first_snapshot() -> portfolio.PortfolioSnapshot:
    """As version 1 wrote it."""
    line = a_line(
        number="CUS-2026-000001",
        deputy="bob",
        value_class="high_value",
        services=("catering",),
        agreements=1,
        open_complaints=2,
        satisfaction=8.5,
        heard_at=MONDAY,
        next_review=(MONDAY + 9 * DAY).date(),
        verified_at=MONDAY,
    )
    gaps = [Gap(customer="c-1", code="channel", purpose="ordering"), Gap(customer="c-1", code="contact")]
    return a_snapshot(line, a_line("c-2"), manager="ann", gaps=gaps)


FIRST: list[tuple[Kind[Any], Any]] = [
    (CUSTOMER, the_first_customer()),
    (INTERACTION, the_first_interaction()),
    (PROSPECT, the_first_prospect()),
    (PARTNER, the_first_partner()),
    (SNAPSHOT, the_first_snapshot()),
    (POLICIES, the_first_policies()),
]
BY_KIND = pytest.mark.parametrize(("kind", "record"), FIRST, ids=[kind.name for kind, _ in FIRST])


@BY_KIND
def test_what_version_1_wrote_is_read_for_ever(kind: Kind[Any], record: Any) -> None:  # C127
    document = from_text((GOLDEN / kind.name / "v1.json").read_text("utf-8"))

    assert kind.schema.load(document, version=1) == record
    assert kind.schema.current == 1  # raise it, add an upcast and a golden file, and leave this one as it is
    assert to_text(kind.schema.dump(record)) == to_text(document)


@pytest.mark.parametrize("record", [record for _, record in FIRST], ids=[kind.name for kind, _ in FIRST])
def test_the_example_has_something_in_every_field(record: Any) -> None:
    optional = {"number", "handover_at", "ended_at", "lost_reason", "customer", "partner", "prospect"}
    empty = {name for name in field_names(type(record)) if getattr(record, name) in (None, (), frozenset(), {}, "")}

    assert empty <= optional


@BY_KIND
def test_every_record_can_be_indexed_and_asked_for_by_every_column(kind: Kind[Any], record: Any) -> None:
    index = kind.index_of(record)

    assert set(index) == {column.name for column in kind.columns} | ({"search"} if kind.search else set())
    for column in kind.columns:
        assert isinstance(encoded(where(column.name) == None, kind), Comparison)  # noqa: E711
    if kind.search is not None:
        assert folded(getattr(record, "name", None) or record.subject) in str(index["search"])
    for name, values in (("tags", getattr(record, "tags", ())), ("services", getattr(record, "services", ()))):
        assert {value for field, value in kind.terms_of(record) if field == name} == set(values)


def test_a_customer_is_found_by_everybody_who_has_to_do_with_it() -> None:
    terms = CUSTOMER.terms_of(the_first_customer())

    assert {value for field, value in terms if field == "managers"} == {"ann", "bob"}
    assert {value for field, value in terms if field == "contacts"} == {"mia", "tom", "new"}


def test_the_changes_of_the_facts_add_up_to_the_record() -> None:  # C004
    decision: Decision[Any] = portfolio.add(id="c-1", name="Cafe", contacts=[a_contact()], account_manager="ann", **BY)
    decision = decision.then(portfolio.end, "price", **LATER)
    told: dict[str, Any] = {}
    for step in decision.steps:
        told |= step.changes
        for name, tail in step.appended.items():
            told[name] = (*told[name], *tail)

    assert type(decision.after)(**told) == decision.after

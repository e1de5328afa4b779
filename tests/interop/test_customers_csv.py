"""Customers as CSV: out in two modes, in by a map, and from a real table."""

import io
from pathlib import Path
from typing import Any

import pytest

from servicecrm.errors import ImportProblem, InvalidValue
from servicecrm.interop.customer_import import CustomerMap, CustomersRead, import_customers
from servicecrm.interop.customers import read_back, write_customers
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.portfolio import Datatype, PortfolioPolicy, ProfileField, actions, known
from servicecrm.testing.makers import MONDAY
from tests.portfolio.making import BY, DAY, a_contact, a_customer

PHONE = ContactPoint(kind=ContactKind.PHONE, value="+49 30 1234")

FIELDS = PortfolioPolicy(
    fields=(
        ProfileField(name="tenure", datatype=Datatype.NUMBER),
        ProfileField(name="contract", datatype=Datatype.CHOICE, choices=("Month-to-month", "One year", "Two year")),
        ProfileField(name="total", datatype=Datatype.NUMBER),
    )
)

MAP = CustomerMap(
    source="erp",
    columns={
        "reference": "Key",
        "name": "Company",
        "kind": "Kind",
        "language": "Lang",
        "account_manager": "Manager",
        "tags": "Tags",
        "contact": "Person",
        "function": "Job",
        "phone": "Phones",
        "email": "Mail",
    },
    profile={"total": "Total", "contract": "Contract"},
)
HEAD = "Key,Company,Kind,Lang,Manager,Tags,Person,Job,Phones,Mail,Total,Contract"


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read(*lines: str, by_map: CustomerMap = MAP) -> CustomersRead:
        (tmp_path / "customers.csv").write_text("\n".join(lines), "utf-8")
        return import_customers(tmp_path / "customers.csv", by_map, by="import", at=MONDAY, policy=FIELDS)

    return read


def told(found: CustomersRead) -> list[tuple[int | None, str | None]]:
    return [(problem.row, problem.column) for problem in found.problems]


# -- out -----------------------------------------------------------------------------------------


def test_a_spreadsheet_has_what_people_look_for_and_times_in_utc() -> None:  # C009
    customer = a_customer(
        name="Harbour Cafe",
        number="CUS-1",
        contacts=[a_contact(points=[PHONE]), a_contact("ben")],
        tags={"vip", "north"},
        deputy="bob",
        verified=True,
    )
    text = io.StringIO(newline="")
    assert write_customers([customer], text, mode="spreadsheet") == 1

    head, row = text.getvalue().splitlines()
    cells = dict(zip(head.split(","), row.split(","), strict=True))
    assert cells['"number"'] == '"CUS-1"'
    assert cells['"contacts"'] == '"Mia Holt; Ben Holt"'
    assert cells['"phones"'] == '''"'+49 30 1234"'''
    assert cells['"tags"'] == '"north; vip"'
    assert cells['"deputy"'] == '"bob"'
    assert cells['"verified_at"'] == '"2026-03-02 09:00"'
    assert cells['"ended_at"'] == '""'


def test_an_interchange_gives_the_same_customers_whatever_became_of_them(tmp_path: Path) -> None:
    left = actions.end(a_customer(id="c-2"), "price", by="ann", at=MONDAY + DAY).after
    customers = [a_customer(contacts=[a_contact(points=[PHONE])], extra={"n": [1, None]}), left]
    with (tmp_path / "c.csv").open("w", encoding="utf-8", newline="") as file:
        assert write_customers(customers, file, mode="interchange") == 2

    assert list(read_back(tmp_path / "c.csv")) == customers


def test_another_mode_is_refused() -> None:
    with pytest.raises(InvalidValue, match="spreadsheet, interchange"):
        write_customers([], io.StringIO(), mode="both")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace("id,number", "id,no"), "row 1"),
        (lambda text: text.replace('"c-1"', "c-1").replace("active", "").replace("c-1,", "c-1"), "row 2"),
        (lambda text: text.replace("[]", "[", 1), "row 2.*JSON"),
        (lambda text: text.replace("external", "extern"), "row 2.*kind"),
    ],
)
def test_a_changed_interchange_is_a_named_error(tmp_path: Path, change: Any, says: str) -> None:
    text = io.StringIO(newline="")
    write_customers([a_customer()], text, mode="interchange")
    (tmp_path / "c.csv").write_text(change(text.getvalue()), "utf-8", newline="")

    with pytest.raises(ImportProblem, match=says):
        list(read_back(tmp_path / "c.csv"))


# -- in ------------------------------------------------------------------------------------------


def test_a_row_becomes_a_customer_with_a_contact_and_what_is_known_of_it(read: Any) -> None:  # C009, C018, S0-I1
    found = read(HEAD, "7,Harbour Cafe,external,de,ann,a; b,Mia Holt,Owner,1;2,mia@cafe.example,12.5,One year")

    assert found.problems == ()
    (customer,) = (decision.after for decision in found.decisions)
    assert (customer.id, customer.name, customer.state) == ("erp:7", "Harbour Cafe", "active")
    assert (customer.language, customer.tags, customer.references) == ("de", {"a", "b"}, {"erp:7"})
    (mia,) = customer.contacts
    assert (mia.id, mia.name, mia.function) == ("erp:7:contact", "Mia Holt", "Owner")
    assert [(point.kind, point.value) for point in mia.points] == [
        ("phone", "1"),
        ("phone", "2"),
        ("email", "mia@cafe.example"),
    ]
    total = known(customer, "total", policy=FIELDS)
    assert total is not None
    assert (total.value, total.of.source, total.of.at) == (12.5, "erp", MONDAY)


def test_a_number_or_an_address_of_nobody_is_that_of_the_customer(read: Any) -> None:  # C009, S0-I1
    columns = {"reference": "Key", "name": "Company", "email": "Mail", "function": "Job", "account_manager": "Manager"}
    by_map = CustomerMap(source="erp", columns=columns)
    found = read(
        "Key,Company,Mail,Job,Manager",
        "1,Harbour Cafe,info@cafe.example,,ann",
        "2,Mill,,Miller,ann",
        "3,Kiosk,,,ann",
        by_map=by_map,
    )

    assert found.problems == ()
    cafe, mill, kiosk = (decision.after for decision in found.decisions)
    assert [(each.id, each.name, each.points[0].value) for each in cafe.contacts] == [
        ("erp:1:contact", "Harbour Cafe", "info@cafe.example")
    ]
    assert [(each.name, each.function) for each in mill.contacts] == [("Mill", "Miller")]
    assert (cafe.state, kiosk.contacts, kiosk.state) == ("active", (), "prospect")


def test_a_wrong_address_is_left_out_and_told_and_nothing_else_with_it(read: Any) -> None:  # C009
    found = read(
        HEAD,
        "1,Mia's,,,,,Mia,,1,nowhere; mia@cafe.example,1,One year",
        "2,Nobody's,,,,,,,,nowhere,1,One year",
    )

    assert [str(each) for each in found.problems] == [
        "row 2, column 'Mail': an e-mail address is something@something",
        "row 3, column 'Mail': an e-mail address is something@something",
    ]
    mias, nobodys = (decision.after for decision in found.decisions)
    assert [point.value for point in mias.contacts[0].points] == ["1", "mia@cafe.example"]
    assert nobodys.contacts == ()


def test_what_is_wrong_is_told_by_row_and_column_and_the_others_are_taken_in(read: Any) -> None:
    found = read(
        HEAD,
        ",No Key,,,,,,,,,1,One year",
        "2,Wrong Kind,extern,,,,,,,,1,One year",
        "3,Wrong Mail,,,,,Mia,,,nowhere,1,One year",
        "4,Blank And Wrong,,,,,,,,,,Three years",
        "4,Twice,,,,,,,,,1,One year",
        "5,Short",
        "6,Fine,,,,,,,,,1,One year",
    )
    assert told(found) == [(2, "Key"), (3, None), (4, "Mail"), (5, "Total"), (5, "Contract"), (6, "Key"), (7, None)]
    assert [decision.after.id for decision in found.decisions] == ["erp:3", "erp:4", "erp:6"]
    assert not any("nowhere" in str(problem) or "Three" in str(problem) for problem in found.problems)


def test_a_row_that_cannot_be_split_says_why(read: Any) -> None:
    (problem,) = read(HEAD, "1,Nul\0,,,,,,,,,1,One year", "2,Fine,,,,,,,,,1,One year").problems
    assert (problem.row, problem.says) == (2, "holds the character NUL")


def test_without_a_manager_or_a_contact_it_stays_a_prospect(read: Any) -> None:  # C009
    found = read(
        "Key,Company",
        "1,Harbour Cafe",
        by_map=CustomerMap(source="erp", columns={"reference": "Key", "name": "Company"}),
    )
    assert found.decisions[0].after.state == "prospect"


def test_a_map_names_what_the_library_and_the_file_have(read: Any) -> None:
    with pytest.raises(InvalidValue, match="no field colour"):
        CustomerMap(source="erp", columns={"reference": "Key", "name": "Company", "colour": "Colour"})
    with pytest.raises(InvalidValue, match="column of the name"):
        CustomerMap(source="erp", columns={"reference": "Key"})
    with pytest.raises(ImportProblem, match="Company"):
        read("Key,Kind", "1,external")
    with pytest.raises(ImportProblem, match="no header"):
        read("")


# -- a real table --------------------------------------------------------------------------------


def test_the_telco_table_imports_as_a_portfolio_with_its_11_blanks_told(shared: Path) -> None:  # C009, C018
    columns = {"reference": "customerID", "name": "customerID"}
    profile = {"tenure": "tenure", "contract": "Contract", "total": "TotalCharges"}
    by_map = CustomerMap(source="telco", columns=columns, profile=profile)

    found = import_customers(shared / "data" / "customers" / "telco_churn.csv", by_map, **BY, policy=FIELDS)

    assert len(found.decisions) == 7043
    assert len({decision.after.id for decision in found.decisions}) == 7043
    assert [problem.column for problem in found.problems] == ["TotalCharges"] * 11
    assert all("is empty" in str(problem) for problem in found.problems)
    without = [decision.after for decision in found.decisions if known(decision.after, "total", policy=FIELDS) is None]
    assert len(without) == 11
    tenures = (known(customer, "tenure", policy=FIELDS) for customer in without)
    assert {tenure.value for tenure in tenures if tenure} == {0.0}  # they have just come, so nothing was charged yet

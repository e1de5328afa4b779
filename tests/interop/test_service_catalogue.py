"""Service catalogues of the EOSC profile come in as services to propose."""

import json
from pathlib import Path
from typing import Any

import pytest

from servicecrm.agreements import catalogue, services
from servicecrm.errors import ImportProblem
from servicecrm.interop import service_catalogue
from servicecrm.interop.service_catalogue import CatalogueRead, read_catalogue
from servicecrm.testing.makers import MONDAY

BY: dict[str, Any] = {"by": "ann", "at": MONDAY}


def an_entry(**changes: Any) -> dict[str, Any]:
    service = {"id": "s-1", "name": "Archive", "description": "Keeps your data.", **changes}
    return {"id": service["id"], "service": service}


def read(*entries: object, **more: Any) -> CatalogueRead:
    return read_catalogue(json.dumps(entries), owner="data services", **BY, **more)


def test_an_entry_becomes_a_service_that_is_proposed_under_its_own_id() -> None:  # C025
    found = read(
        an_entry(targetUsers=["target_user-students"], accessPolicy="https://a.example", tags=["cloud"]),
        language="nl",
        catalogue="research",
    )
    assert found.problems == ()
    (service,) = (decision.after for decision in found.decisions)
    assert (service.id, service.state, service.owner) == ("s-1", "proposed", "data services")
    assert dict(service.definition.name) == {"nl": "Archive"}
    assert dict(service.definition.utility) == {"nl": "Keeps your data."}
    assert dict(service.definition.requesting) == {"nl": "https://a.example"}
    assert service.definition.audience == {"students"}
    assert service.definition.catalogues == {"research"}
    assert service.extra["eosc"] == {"tags": ("cloud",)}


def test_a_service_without_its_bundle_and_one_alone_will_do() -> None:
    alone = read_catalogue(json.dumps(an_entry()["service"]), owner="a", **BY)
    assert [decision.after.id for decision in alone.decisions] == ["s-1"]


def test_addresses_of_people_and_unknown_fields_are_told_and_left_out() -> None:
    found = read(an_entry(helpdeskEmail="mia@a.example", colour="red"))
    assert [(problem.row, problem.column) for problem in found.problems] == [(1, "helpdeskEmail"), (1, "colour")]
    assert "mia@" not in str(found)


@pytest.mark.parametrize(
    ("entry", "column"),
    [
        ("text", None),
        ({"id": "s-1", "service": []}, None),
        (an_entry(name=" "), "name"),
        (an_entry(description=7), "description"),
        (an_entry(id="x" * 201), "id"),
        (an_entry(targetUsers="students"), "targetUsers"),
        (an_entry(accessPolicy=7), "accessPolicy"),
    ],
)
def test_a_wrong_entry_is_told_by_its_place_and_the_next_one_is_read(entry: object, column: str | None) -> None:
    found = read(entry, an_entry(id="s-2"))
    assert [decision.after.id for decision in found.decisions] == ["s-2"]
    assert [(problem.row, problem.column) for problem in found.problems] == [(1, column)]


def test_an_id_that_stands_twice_is_taken_once() -> None:
    found = read(an_entry(), an_entry(name="Other"))
    assert [decision.after.title() for decision in found.decisions] == ["Archive"]
    assert [(problem.row, problem.column) for problem in found.problems] == [(2, "id")]


@pytest.mark.parametrize("content", ["{", "7", '{"a": 1, "a": 2}', "[" * 100_000])
def test_what_is_no_catalogue_is_a_named_error(content: str) -> None:
    with pytest.raises(ImportProblem):
        read_catalogue(content, owner="a", **BY)


def test_a_file_beyond_all_measure_is_a_named_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_catalogue, "MAX_BYTES", 10)
    with pytest.raises(ImportProblem, match="10 bytes"):
        read(an_entry())


def test_the_55_services_of_a_real_catalogue_import_and_are_offered_when_they_are_released(
    shared: Path,
) -> None:  # C026
    content = (shared / "data" / "customers" / "surf-services-all-v3.json").read_bytes()
    found = read_catalogue(content, owner="surf", **BY)

    assert len(found.decisions) == 55
    assert {problem.column for problem in found.problems} == {"helpdeskEmail", "securityContactEmail"}
    assert len(found.problems) == 110
    live = [decision.then(services.plan, **BY).then(services.release, **BY).after for decision in found.decisions]
    assert len(catalogue(live, at=MONDAY)) == 55
    researchers = catalogue(live, audience={"researchers"}, at=MONDAY)
    raw = [entry["service"] for entry in json.loads(content)]
    assert {offer.service for offer in researchers} == {
        service["id"] for service in raw if "target_user-researchers" in service["targetUsers"]
    }
    for decision, entry in zip(found.decisions, raw, strict=True):
        kept = json.loads(json.dumps(decision.after.extra["eosc"], default=dict))
        assert kept == {name: entry[name] for name in kept}
        assert decision.after.definition.name["en"] == entry["name"]

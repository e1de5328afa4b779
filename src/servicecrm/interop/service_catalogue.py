"""A service catalogue in the EOSC profile: JSON in, services to propose out.

```python
from datetime import UTC, datetime

from servicecrm.interop.service_catalogue import read_catalogue

found = read_catalogue(
    '[{"id": "surf:archive", "service": {"id": "surf:archive", "name": "Archive", "description": "Keeps your data."}}]',
    owner="data services",
    by="ann",
    at=datetime(2026, 3, 2, 9, tzinfo=UTC),
)
[decision.after.title() for decision in found.decisions]
```
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import attrs

from servicecrm.agreements import Service, ServiceDefinition, services
from servicecrm.errors import ImportProblem, InvalidValue, MalformedDocument
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.documents import from_text
from servicecrm.kernel.frozen import FrozenMap

__all__ = ["CatalogueRead", "read_catalogue"]

MAX_BYTES: Final = 2**26
MAX_ID: Final = 200
"""Characters that the id of a service may have."""

TARGET_USER: Final = "target_user-"
"""How the code of a target user begins."""

_TEXTS: Final = ("id", "name", "description", "accessPolicy")
_KEPT: Final = frozenset(
    {
        "abbreviation",
        "accessMode",
        "alternativeIdentifiers",
        "categories",
        "languageAvailabilities",
        "logo",
        "orderType",
        "privacyPolicy",
        "scientificDomains",
        "tagline",
        "tags",
        "termsOfUse",
        "trl",
        "userManual",
        "webpage",
    }
)
"""What a definition has no field for; it stays as it is in the `extra` of the service, under `eosc`."""
_PEOPLE: Final = ("helpdeskEmail", "securityContactEmail")


@attrs.frozen(kw_only=True)
class CatalogueRead:
    """What became of a catalogue: services to save, and what was not taken over, by its place and field.

    The first service of the list is row 1.
    """

    decisions: tuple[Decision[Service], ...]
    problems: tuple[ImportProblem, ...]


def read_catalogue(
    content: bytes | str,
    *,
    owner: str,
    language: str = "en",
    catalogue: str | None = None,
    by: Actor | str,
    at: datetime,
) -> CatalogueRead:
    """Propose the services of a catalogue, each under its own id; `owner` is who looks after them here.

    The texts are in a `language` that the profile does not tell. Target users become the audience. With `catalogue`,
    they stand in that one only. Addresses of people are left out and told, as a definition holds nothing about anybody.
    A service that lacks its id, its name or its description is left out.

    Raises:
        ImportProblem: the file is too large, or no list of services.

    Source: C025, C026; EOSC service catalogue, profile version 3.
    """
    decisions: dict[str, Decision[Service]] = {}
    problems: list[ImportProblem] = []
    for row, entry in enumerate(_entries(content), 1):
        try:
            told = _told(row, entry)
            definition = ServiceDefinition(
                name=FrozenMap({language: told["name"]}),
                utility=FrozenMap({language: told["description"]}),
                requesting=FrozenMap({language: told["accessPolicy"]} if "accessPolicy" in told else {}),
                audience=_audience(row, told),
                catalogues=frozenset(filter(None, [catalogue])),
            )
            id = str(told["id"])
            if id in decisions:
                raise ImportProblem("that id stands above already", row=row, column="id")
            kept = {"eosc": {name: value for name, value in told.items() if name in _KEPT}}
            decisions[id] = services.define(definition, id=id, owner=owner, extra=kept, by=by, at=at)
            problems += _left_out(row, told)
        except ImportProblem as problem:
            problems.append(problem)
        except InvalidValue as error:
            problems.append(ImportProblem(error.says, row=row))
    return CatalogueRead(decisions=tuple(decisions.values()), problems=tuple(problems))


def _entries(content: bytes | str) -> list[object]:
    if len(content) > MAX_BYTES:
        raise ImportProblem(f"the file has more than {MAX_BYTES:,} bytes; take it apart first")
    try:
        found = from_text(content, "service catalogue")
    except MalformedDocument as error:
        raise ImportProblem(f"the file is no JSON: {'; '.join(error.problems)}") from None
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise ImportProblem("expected a list of services")
    return found


def _told(row: int, entry: object) -> Mapping[str, object]:
    """What an entry says of its service, with or without a bundle around it."""
    service = entry.get("service", entry) if isinstance(entry, dict) else None
    if not isinstance(service, dict):
        raise ImportProblem("is no service", row=row)
    for name in _TEXTS:
        value = service.get(name)
        if name == "accessPolicy" and value is None:
            continue
        if not isinstance(value, str) or not value.strip():
            raise ImportProblem("a text has to be here", row=row, column=name)
    if len(service["id"]) > MAX_ID:
        raise ImportProblem(f"longer than the {MAX_ID} characters that an id may have", row=row, column="id")
    return FrozenMap(service)


def _audience(row: int, told: Mapping[str, object]) -> frozenset[str]:
    users = told.get("targetUsers", ())
    if not isinstance(users, tuple) or not all(isinstance(user, str) for user in users):
        raise ImportProblem("a list of texts has to be here", row=row, column="targetUsers")
    return frozenset(str(user).strip().removeprefix(TARGET_USER) for user in users)


def _left_out(row: int, told: Mapping[str, object]) -> list[ImportProblem]:
    people = "not taken over: a definition holds nothing about people; keep the address with the owner"
    known = {*_TEXTS, *_KEPT, *_PEOPLE, "targetUsers"}
    found = [ImportProblem(people, row=row, column=name) for name in _PEOPLE if name in told]
    return found + [
        ImportProblem("not taken over: the profile has no such field", row=row, column=name[:40])
        for name in sorted(told.keys() - known)
    ]

"""Responses as CSV, one row for each response or one for each answer, and as our JSON."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import IO, Any, Final, Protocol

from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.kernel.documents import from_text, to_text
from servicecrm.kernel.spreadsheet import neutral
from servicecrm.surveys.answers import Answer, Status
from servicecrm.surveys.items import ItemKind
from servicecrm.surveys.model import Questionnaire
from servicecrm.surveys.schema import QUESTIONNAIRE

__all__ = ["Answered", "read_json", "write_json", "write_long", "write_wide"]

SEPARATOR: Final = ";"
_LONG: Final = ("item", "row", "status", "value")
_KIND: Final = "survey"


class Answered(Protocol):
    """A response, such as the ones that a desk keeps."""

    @property
    def answers(self) -> tuple[Answer, ...]: ...


def write_wide(
    questionnaire: Questionnaire, responses: Iterable[Answered], to: IO[str], *, beside: Sequence[str] = ()
) -> int:
    """Write a row for each response to a file that was opened with `newline=""`; tells how many.

    A column has the key of its answer, such as `overall` or `aspects/price`, and `surveys.importing.read_rows` reads
    what is written here. Several choices are separated by semicolons; what is missing, invalid or was not shown is
    blank. `beside` names attributes of the responses that stand before the answers, such as `day`. A text, a code or a
    name that a spreadsheet would take for a formula begins with an apostrophe, which `read_rows` takes off again.

    Raises:
        InvalidValue: a response has no such attribute, or a code has a semicolon in it.

    Source: C077.
    """
    keys = [item.id if part is None else f"{item.id}/{part}" for item in questionnaire.items for part in item.parts]
    if any(SEPARATOR in code for item in questionnaire.items for code in item.codes):
        raise InvalidValue(
            "options", f"a code has a {SEPARATOR}, which stands between several of them; write long rows"
        )

    def rows() -> Iterator[list[str]]:
        for response in responses:
            cells = {answer.key: _cell(answer) for answer in response.answers}
            yield [*_attributes(response, beside), *(cells.get(key, "") for key in keys)]

    return _written(to, [*beside, *keys], rows())


def write_long(responses: Iterable[Answered], to: IO[str], *, beside: Sequence[str] = ()) -> int:
    """Write a row for each answer, and one for each option that was chosen, by its item, row, status and value.

    `response` counts the responses from 1. All else is as `write_wide` has it; tells how many rows.

    Raises:
        InvalidValue: a response has no such attribute.

    Source: C077.
    """

    def rows() -> Iterator[list[str]]:
        for n, response in enumerate(responses, 1):
            told = [f"{n}", *_attributes(response, beside)]
            for answer in response.answers:
                codes = map(neutral, answer.codes) if answer.codes else None
                for value in codes or (_cell(answer) if answer.status is Status.ANSWERED else "",):
                    yield [*told, neutral(answer.item), neutral(answer.row or ""), answer.status.value, value]

    return _written(to, ["response", *beside, *_LONG], rows())


def _written(to: IO[str], header: Sequence[str], rows: Iterator[Sequence[str]]) -> int:
    """Writes a table; tells how many rows. What is refused of the first one is refused before anything is written."""
    first = list(islice(rows, 1))
    writer = csv.writer(to)
    writer.writerow(map(neutral, header))
    count = 0
    for row in chain(first, rows):
        writer.writerow(row)
        count += 1
    return count


def write_json(questionnaire: Questionnaire, responses: Iterable[Answered] = ()) -> str:
    """A questionnaire as our own document, with what was answered by item: `Questionnaire.read` takes each response."""
    kinds, schema = {item.id: item.kind for item in questionnaire.items}, QUESTIONNAIRE.schema
    given = [_given(response.answers, kinds) for response in responses]
    return to_text({"schema": schema.current, "questionnaire": schema.dump(questionnaire), "responses": given})


def read_json(text: str | bytes) -> tuple[Questionnaire, list[Mapping[str, object]]]:
    """The questionnaire and the responses that `write_json` wrote.

    Raises:
        MalformedDocument: it is something else; every problem, with its path.
        SchemaTooNew: a newer servicecrm wrote it.
    """
    found = from_text(text, _KIND)
    match found:
        case {"schema": int() as version, "questionnaire": dict() as document, "responses": list() as responses}:
            if problems := [f"$.responses[{n}]: {says}" for n, each in enumerate(responses) if (says := _flaw(each))]:
                raise MalformedDocument(_KIND, tuple(problems))
            return QUESTIONNAIRE.schema.load(document, version=version), responses
    raise MalformedDocument(_KIND, ("$: expected a schema, a questionnaire and responses",))


def _flaw(response: object) -> str | None:
    if not isinstance(response, dict):
        return "expected an object"
    try:
        to_text(response).encode()
    except ValueError:
        return "holds a number or a text that cannot be kept"
    return None


def _given(answers: Iterable[Answer], kinds: Mapping[str, ItemKind]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for answer in answers:
        if answer.status not in _BLANK:
            value = _value(answer)
            single = len(answer.codes) == 1 and kinds[answer.item] not in (ItemKind.MULTIPLE, ItemKind.RANKING)
            said = answer.codes[0] if single else value
            if answer.row is None:
                found[answer.item] = said
            else:
                found.setdefault(answer.item, {})[answer.row] = said
    return found


_BLANK: Final = (Status.MISSING, Status.NOT_SHOWN, Status.INVALID)


def _value(answer: Answer) -> Any:
    """What was said, as `Questionnaire.read` takes it; a code for what was said instead of an answer."""
    if answer.status is not Status.ANSWERED:
        return answer.status.value
    if answer.number is not None:
        return int(answer.number) if answer.number.is_integer() else answer.number
    return answer.text or (answer.day.isoformat() if answer.day is not None else answer.codes)


def _cell(answer: Answer) -> str:
    if answer.status in _BLANK:
        return ""
    if answer.text is not None:
        return neutral(answer.text)
    return neutral(SEPARATOR.join(answer.codes)) or f"{_value(answer)}"


def _attributes(response: object, names: Sequence[str]) -> Iterator[str]:
    of = getattr(response, "unnamed", response)  # of a confidential one, nothing that leads to the person
    for name in names:
        if not hasattr(of, name):
            raise InvalidValue("beside", f"a response has no {name!r}")
        value = getattr(of, name)
        yield "" if value is None else neutral(value) if isinstance(value, str) else f"{value}"

"""Open311 GeoReport v2, in and out: nothing is lost, nothing is guessed, and nobody sees who asked."""  # C129

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue, MalformedDocument, NaiveDatetime, NotFound, PolicyViolation
from servicecrm.interop import open311
from servicecrm.interop.open311 import Service, ServiceDefinition, ServiceRequest, Status
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import evolve

AT = datetime(2026, 3, 31, 12, tzinfo=UTC)

MINIMAL: dict[str, Any] = {
    "service_request_id": "R-1",
    "status": "open",
    "service_code": "006",
    "requested_datetime": "2026-03-02T09:00:00Z",
}

DEFINITION: dict[str, Any] = {
    "service_code": "pothole",
    "attributes": [
        {
            "variable": True,
            "code": "WHERE",
            "datatype": "singlevaluelist",
            "required": True,
            "order": 1,
            "description": "Where is it?",
            "values": [{"key": "1", "name": "On the road"}, {"key": "2", "name": "On the pavement"}],
        },
        {"variable": False, "code": "HINT", "datatype": "text", "required": False, "order": 2},
    ],
}


def read(**fields: Any) -> ServiceRequest:
    (request,) = open311.read_requests([{**MINIMAL, **fields}])
    return request


def made(at: datetime, number: str = "R-1", **fields: Any) -> ServiceRequest:
    return ServiceRequest(
        **{"service_request_id": number, "status": Status.OPEN, "service_code": "006", **fields}, requested_datetime=at
    )


def problems(read: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(MalformedDocument) as refused:
        read()
    return refused.value.problems


# -- strategies ----------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=20).filter(
    lambda text: text == text.strip() != ""
)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=offsets)
plain = st.dictionaries(texts, texts | st.integers(-9, 9) | st.booleans() | st.lists(texts, max_size=2), max_size=3)


@st.composite
def requests(draw: st.DrawFn) -> ServiceRequest:
    names = (
        *("status_notes", "service_name", "description", "agency_responsible", "service_notice"),
        *("address", "address_id", "zipcode", "media_url"),
    )
    lat, long = draw(st.just((None, None)) | st.tuples(st.floats(-90, 90), st.floats(-180, 180)))
    return ServiceRequest(
        service_request_id=draw(texts),
        service_code=draw(texts),
        status=draw(st.sampled_from(Status)),
        requested_datetime=draw(times),
        updated_datetime=draw(st.none() | times),
        expected_datetime=draw(st.none() | times),
        lat=lat,
        long=long,
        attributes=FrozenMap(draw(plain)),
        extra=FrozenMap({f"x_{key}": value for key, value in draw(plain).items()}),
        **{name: draw(st.none() | texts) for name in names},
    )


# -- there and back ------------------------------------------------------------------------------


@given(st.lists(requests(), max_size=3))
def test_requests_come_back_from_json_as_they_were(found: list[ServiceRequest]) -> None:
    text = json.dumps([open311.to_dict(request) for request in found])

    assert list(open311.read_requests(text)) == found
    assert list(open311.read_requests(text.encode())) == found


@given(st.lists(requests(), max_size=3))
def test_requests_come_back_from_xml_without_what_the_standard_does_not_name(found: list[ServiceRequest]) -> None:
    document = open311.to_xml(found, of=ServiceRequest)

    assert document.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    assert list(open311.read_requests(document)) == [evolve(each, attributes=EMPTY, extra=EMPTY) for each in found]


@given(st.dictionaries(st.sampled_from([*sorted(MINIMAL), "lat", "ward"]), st.none() | st.integers() | plain))
def test_whatever_a_server_sends_is_read_or_refused_by_name(sent: dict[str, Any]) -> None:
    told: tuple[str, ...] = ()
    found: tuple[ServiceRequest, ...] = ()
    try:
        found = open311.read_requests([{**MINIMAL, **sent}])
    except MalformedDocument as refused:
        told = refused.problems

    assert found or told
    assert all(problem.startswith("$[0]") for problem in told)
    assert open311.read_requests([open311.to_dict(request) for request in found]) == found


def test_the_requests_of_chicago_come_back_equal(shared: Path) -> None:
    body = (shared / "data" / "cases" / "open311_chicago.json").read_bytes()
    found = open311.read_requests(body)

    assert [open311.to_dict(request) for request in found] == json.loads(body)
    assert len(found) == 50
    assert sum(len(request.extra["notes"]) for request in found) == 276  # type: ignore[arg-type,misc]
    assert sum(request.status is Status.CLOSED for request in found) == 49


def test_times_keep_the_zone_that_they_were_told_in() -> None:
    request = read(requested_datetime="2026-03-02T09:00:00+02:00", updated_datetime="2026-03-02T09:00:00+00:00")

    assert open311.to_dict(request)["requested_datetime"] == "2026-03-02T09:00:00+02:00"
    assert open311.to_dict(request)["updated_datetime"] == "2026-03-02T09:00:00Z"


def test_blanks_around_texts_and_a_byte_order_mark_say_nothing() -> None:
    assert read(media_url=" http://city.example/1.jpg\n", status=" OPEN ") == read(
        media_url="http://city.example/1.jpg"
    )
    for mark in ("", "\n ", "\ufeff"):
        document = f"{mark}{SIDEWALK_XML.partition('?>')[2].strip()}".encode()
        assert open311.read_requests(document) == open311.read_requests(SIDEWALK_XML)


def test_a_field_of_the_standard_comes_from_the_record_alone() -> None:
    assert open311.to_dict(made(AT, extra=FrozenMap({"status": "closed", "ward": None}))) == {
        **MINIMAL,
        "requested_datetime": "2026-03-31T12:00:00Z",
        "ward": None,
    }


def test_what_xml_cannot_hold_becomes_a_question_mark() -> None:
    document = open311.to_xml([made(AT, description="bell \x07 & <b>")], of=ServiceRequest)

    assert open311.read_requests(document)[0].description == "bell ? & <b>"


# -- the examples of the standard ----------------------------------------------------------------

SIDEWALK_XML = """\
<?xml version="1.0" encoding="utf-8"?>
<service_requests>
    <request>
        <service_request_id>638344</service_request_id>
        <status>closed</status>
        <status_notes>Duplicate request.</status_notes>
        <service_name>Sidewalk and Curb Issues</service_name>
        <service_code>006</service_code>
        <description></description>
        <agency_responsible/>
        <requested_datetime>2010-04-14T06:37:38-08:00</requested_datetime>
        <updated_datetime>2010-04-14T06:37:38-08:00</updated_datetime>
        <expected_datetime>2010-04-15T06:37:38-08:00</expected_datetime>
        <address>8TH AVE and JUDAH ST</address>
        <address_id>545483</address_id>
        <zipcode>94122</zipcode>
        <lat>37.762221815</lat>
        <long>-122.4651145</long>
        <media_url>http://city.example/638344.jpg </media_url>
    </request>
    <request>
        <service_request_id>638349</service_request_id>
        <status>open</status>
        <status_notes></status_notes>
        <service_code>006</service_code>
        <requested_datetime>2010-04-19T06:37:38-08:00</requested_datetime>
    </request>
</service_requests>
"""


def test_the_example_requests_of_the_standard_mean_the_same_in_xml_and_in_json() -> None:
    from_xml = open311.read_requests(SIDEWALK_XML)
    # In the JSON of the standard, ids are numbers, and what is not there is null.
    numbers = {"service_request_id": 638344, "address_id": 545483, "zipcode": 94122, "description": None}
    first, second = [open311.to_dict(request) for request in from_xml]

    assert open311.read_requests([{**first, **numbers}, {**second, "service_request_id": 638349}]) == from_xml
    assert (first["lat"], first["long"], first["media_url"]) == (
        37.762221815,
        -122.4651145,
        "http://city.example/638344.jpg",
    )
    assert (first["status"], first["status_notes"]) == ("closed", "Duplicate request.")
    assert sorted(second) == ["requested_datetime", "service_code", "service_request_id", "status"]


def test_a_definition_comes_back_from_both_forms() -> None:  # C068
    definition = open311.read_definition(json.dumps(DEFINITION))

    assert open311.to_dict(definition) == DEFINITION
    assert open311.read_definition(open311.to_xml([definition], of=ServiceDefinition)) == definition
    assert [value.key for value in definition.attributes[0].values] == ["1", "2"]
    asks_nothing = "<service_definition><service_code>1</service_code><attributes/></service_definition>"
    assert open311.read_definition(asks_nothing).attributes == ()


def test_services_come_back_from_both_forms() -> None:
    listed = [
        {"service_code": "001", "service_name": "Cans", "metadata": True, "type": "batch", "keywords": "bin, can"},
        {"service_code": "002", "metadata": False, "type": "realtime", "group": "street"},
    ]
    services = open311.read_services(json.dumps(listed))

    assert services[0].keywords == ("bin", "can")
    assert [open311.to_dict(service) for service in services] == listed
    document = open311.to_xml(services, of=Service)
    assert b"<metadata>true</metadata>" in document
    assert open311.read_services(document) == services


def test_what_a_city_adds_to_a_definition_stays_out_of_its_xml() -> None:
    attribute = {**DEFINITION["attributes"][0], "1st": {"x y": 1}}
    definition = open311.read_definition({**DEFINITION, "attributes": [attribute], "nota bene": 1})

    assert open311.to_dict(definition)["attributes"] == [attribute]
    again = open311.read_definition(open311.to_xml([definition], of=ServiceDefinition))
    assert (again.extra, again.attributes[0].extra) == (EMPTY, EMPTY)


def test_elements_that_the_standard_does_not_name_are_kept_as_they_are() -> None:
    notes = "".join(f"<note><text> {text} </text></note>" for text in "abc")
    document = SIDEWALK_XML.replace("<lat>", f"<ward> 7 </ward><area> </area><notes>{notes}</notes><lat>")

    (request, _) = open311.read_requests(document.replace("<service_requests>", '<service_requests xmlns="urn:x">'))
    assert request.extra == {
        "ward": "7",
        "area": None,
        "notes": {"note": ({"text": "a"}, {"text": "b"}, {"text": "c"})},
    }


# -- refusals ------------------------------------------------------------------------------------


def test_every_problem_of_every_request_is_told_at_once_and_no_value_is_shown() -> None:
    bad = {"service_request_id": None, "status": "secret", "requested_datetime": "secret", "lat": "secret"}

    told = problems(lambda: open311.read_requests([MINIMAL, {**MINIMAL, **bad}, "secret", {**MINIMAL, "long": 1}]))

    assert told == (
        "$[1].service_request_id: is missing",
        "$[1].status: expected one of open, closed",
        "$[1].requested_datetime: a time in ISO 8601 is needed, such as 2010-01-01T00:00:00Z",
        "$[1].lat: a number is needed",
        "$[2]: an object is needed",
        "$[3].lat: lat and long go together",
    )


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("service_code", "  ", "is missing"),
        ("service_code", True, "a text is needed"),
        ("description", ["a"], "a text is needed"),
        ("description", "a\0b", "text must not hold the character NUL"),
        ("status", 1, "expected one of open, closed"),
        ("lat", 91, "expected degrees from -90 to 90"),
        ("lat", "1e999", "a number is needed"),
        ("lat", False, "a number is needed"),
        ("attributes", "WHERE=1", "an object is needed"),
        ("requested_datetime", 7, "a time in ISO 8601 is needed, such as 2010-01-01T00:00:00Z"),
    ],
)
def test_a_value_of_another_kind_is_refused(field: str, value: object, says: str) -> None:
    sent = [{**MINIMAL, "long": 1, "lat": 1, field: value}]

    assert problems(lambda: open311.read_requests(sent)) == (f"$[0].{field}: {says}",)


def test_of_many_problems_the_first_are_told_and_how_many_more_there_are() -> None:
    told = problems(lambda: open311.read_requests([{} for _ in range(1_000)]))

    assert told[0] == "$[0].service_request_id: is missing"
    assert (len(told), told[-1]) == (21, "and 3,980 more")
    assert len(problems(lambda: open311.read_requests([{} for _ in range(5)]))) == 20


def test_a_time_without_a_zone_is_refused_unless_its_zone_is_named() -> None:
    sent = [{**MINIMAL, "requested_datetime": "2026-03-29T02:30:00"}]

    (told,) = problems(lambda: open311.read_requests(sent))
    assert told == "$[0].requested_datetime: a time needs a zone; say which one is meant where none is named"
    (request,) = open311.read_requests(sent, zone=ZoneInfo("Europe/Berlin"))  # clocks skip this half hour
    assert open311.to_dict(request)["requested_datetime"] == "2026-03-29T03:30:00+02:00"


def test_other_words_for_a_status_are_refused_unless_somebody_says_what_they_mean() -> None:
    sent = [{**MINIMAL, "status": "Fixed "}, {**MINIMAL, "status": "fixed", "status_notes": "Done."}]

    assert len(problems(lambda: open311.read_requests(sent))) == 2
    first, second = open311.read_requests(sent, statuses={"FIXED": "closed"})
    assert (first.status, first.status_notes) == (Status.CLOSED, "Fixed")
    assert (second.status, second.status_notes) == (Status.CLOSED, "Done.")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "not JSON"),
        ("{}", "$: a list is needed"),
        ('[{"a": 1, "a": 2}]', "not JSON: a key stands twice"),
        (b"\xff\xfe<", "the document is not UTF-8"),
        ("<services/>", "expected the element service_requests, got services"),
        ("<service_requests><request>", "not XML: line 1, column"),
        ("<a>\ud800</a>", "not XML: it holds lone surrogates"),
        ("<service_requests>&nbsp;</service_requests>", "not XML"),
        ("<a>" * 20, "nests deeper than 16 elements"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_such_document_is_refused(body: str | bytes, says: str) -> None:
    (told,) = problems(lambda: open311.read_requests(body))

    assert told.startswith(says)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE r SYSTEM "http://city.example/r.dtd">',
        '<!DOCTYPE r [<!ENTITY a "ha">'
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
        + "]>",
    ],
)
def test_no_document_type_is_read_and_no_entity_is_expanded(doctype: str) -> None:
    body = SIDEWALK_XML.replace("<service_requests>", f"{doctype}<service_requests>").replace("Duplicate", "&x;")

    (told,) = problems(lambda: open311.read_requests(body))
    assert told == "XML with a document type is refused; send it without <!DOCTYPE>"


def test_a_definition_tells_where_in_it_a_problem_is() -> None:
    attribute = {"code": "A", "datatype": "list", "order": 1.5, "required": "perhaps", "values": [{"name": "x"}]}

    assert problems(lambda: open311.read_definition({"attributes": [attribute]})) == (
        "$.service_code: is missing",
        "$.attributes[0].datatype: expected one of string, number, datetime, text, singlevaluelist, multivaluelist",
        "$.attributes[0].required: true or false is needed",
        "$.attributes[0].order: a whole number is needed",
        "$.attributes[0].values[0].key: is missing",
    )


def test_a_document_holds_one_definition() -> None:
    with pytest.raises(InvalidValue, match="one definition"):
        open311.to_xml([], of=ServiceDefinition)


# -- who asked -----------------------------------------------------------------------------------


def test_nobody_sees_who_made_a_request() -> None:
    who = {"email": "eva@home.example", "first_name": "Eva", "last_name": "Ek", "phone": "1", "account_id": "2"}
    request = read(**who, device_id="3", seen={"Email": "eva@home.example", "by": [{"phone": "1", "ward": "7"}]})

    assert open311.to_dict(request) == {**MINIMAL, "seen": {"by": [{"ward": "7"}]}}
    assert b"Eva" not in open311.to_xml([request], of=ServiceRequest)
    assert "Eva" not in repr(request)


def test_a_description_and_a_place_are_not_shown_in_a_repr() -> None:
    request = read(description="secret", address="secret", media_url="secret", lat=12.5, long=12.5, ward="secret")

    assert "secret" not in repr(request)
    assert "12.5" not in repr(request)


# -- questions -----------------------------------------------------------------------------------


def ids(found: tuple[ServiceRequest, ...]) -> list[str]:
    return [request.service_request_id for request in found]


def test_a_question_without_a_time_is_about_the_last_90_days_the_newest_first() -> None:
    ages = {"today": 0, "edge": 90, "old": 91, "later": -1}
    found = [made(AT - timedelta(days=age), name) for name, age in ages.items()]

    assert ids(open311.query(found, at=AT)) == ["today", "edge"]
    assert ids(open311.query(found, start=AT - timedelta(days=91), at=AT)) == ["edge", "old"]
    assert ids(open311.query(found, end=AT - timedelta(days=1), at=AT)) == ["edge", "old"]


def test_a_span_of_91_days_is_refused() -> None:
    end = AT - timedelta(days=5)
    assert open311.query([made(end)], start=end - open311.MAX_SPAN, end=end, at=AT)

    with pytest.raises(PolicyViolation, match="90 days at most"):
        open311.query([], start=end - timedelta(days=91), end=end, at=AT)
    with pytest.raises(InvalidValue, match="starts before it ends"):
        open311.query([], start=AT, end=end, at=AT)
    with pytest.raises(NaiveDatetime):
        open311.query([], start=datetime(2026, 3, 1), end=AT, at=AT)


@pytest.mark.parametrize("edge", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_a_time_at_the_edge_of_the_calendar_is_a_time_as_any(edge: datetime) -> None:
    assert open311.query([], start=edge, at=edge) == open311.query([], end=edge, at=edge) == ()


def test_one_answer_holds_a_thousand_requests_and_the_next_page_goes_on() -> None:
    found = [made(AT, f"{n:04}") for n in range(1_003)]

    assert len(open311.query(found, at=AT)) == open311.MAX_ROWS == 1_000
    assert ids(open311.query(reversed(found), page=2, at=AT)) == ["1000", "1001", "1002"]
    assert ids(open311.query(found, page=2, rows=2, at=AT)) == ["0002", "0003"]
    with pytest.raises(PolicyViolation, match="1,000 requests at most"):
        open311.query(found, rows=1_001, at=AT)
    for page, rows in ((0, 1), (1, 0)):
        with pytest.raises(InvalidValue, match="counted from 1"):
            open311.query(found, page=page, rows=rows, at=AT)


def test_status_and_service_choose_and_ids_override_all() -> None:
    found = [
        made(AT, "a", service_code="001"),
        made(AT, "b", status=Status.CLOSED),
        made(AT - timedelta(days=400), "c", status=Status.CLOSED),
    ]

    assert ids(open311.query(found, status="open", at=AT)) == ["a"]
    assert ids(open311.query(found, status="open,closed", at=AT)) == ["a", "b"]
    assert ids(open311.query(found, service_code=["006", "x"], at=AT)) == ["b"]
    assert ids(open311.query(found, ids="a, c", status="open", service_code="x", at=AT)) == ["a", "c"]
    with pytest.raises(InvalidValue, match="open, closed"):
        open311.query(found, status="fixed", at=AT)


@given(st.lists(requests(), max_size=8), st.integers(1, 3))
def test_the_pages_of_an_answer_are_the_answer(found: list[ServiceRequest], rows: int) -> None:
    end = AT.replace(year=2040)
    whole = open311.query(found, start=end - open311.MAX_SPAN, end=end, at=AT)
    pages = [
        open311.query(found, start=end - open311.MAX_SPAN, end=end, page=page, rows=rows, at=AT)
        for page in range(1, 10)
    ]

    assert [request for page in pages for request in page] == list(whole)


# -- receipts and errors -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "told"),
    [("realtime", {"service_request_id": "7"}), ("batch", {"token": "7"}), ("blackbox", {})],
)
def test_a_reporter_gets_an_id_a_token_or_nothing_as_the_service_says(kind: str, told: dict[str, str]) -> None:
    (service,) = open311.read_services([{"service_code": "1", "type": kind}])
    given = open311.receipt(service, "7", notice="Within a day.")

    assert open311.to_dict(given) == {**told, "service_notice": "Within a day."}
    assert open311.read_receipts(open311.to_xml([given], of=open311.Receipt)) == (given,)


def test_errors_are_told_as_the_standard_does() -> None:
    (missing,) = open311.errors_of(NotFound("case", "7"))
    assert (missing.code, missing.description) == (404, "no case with the id or number '7'")

    with pytest.raises(MalformedDocument) as refused:
        open311.read_requests([{}])
    notes = open311.errors_of(refused.value)
    assert [note.code for note in notes] == [400] * 4
    assert open311.read_errors(json.dumps([open311.to_dict(note) for note in notes])) == notes
    assert open311.read_errors(open311.to_xml(notes, of=open311.ErrorNote)) == notes


@pytest.mark.parametrize(
    "read", [open311.read_requests, open311.read_services, open311.read_receipts, open311.read_definition]
)
def test_errors_in_place_of_an_answer_are_named_and_not_taken_for_a_poor_answer(read: Callable[..., object]) -> None:
    notes = open311.errors_of(NotFound("case", "7"))

    for answer in (json.dumps([open311.to_dict(note) for note in notes]), open311.to_xml(notes, of=open311.ErrorNote)):
        with pytest.raises(MalformedDocument) as refused:
            read(answer)
        assert refused.value.problems == ("these are the errors that a server answered with; read_errors reads them",)

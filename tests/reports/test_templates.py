"""Documents in the form of a house: its templates reach nothing but values, and values stay text."""

import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings

from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.reports import Document, Templates, document, html, markdown
from tests.reports.hostile import HOSTILE, Read, documents, harmless
from tests.reports.making import NAMES, the_meeting, the_review

pytest.importorskip("jinja2")

WHOLE = """\
<h1 title="{{ document.title }}">{{ document.title }}</h1>
{% for part in document.sections %}
<h2>{{ part.title }}</h2>
{% for block in part.blocks %}
{% for fact in block.facts|default([]) %}<p>{{ fact.name }}: {{ fact.told }}</p>{% endfor %}
{% for point in block.points|default([]) %}<li>{{ point }}</li>{% endfor %}
{% if block.text is defined %}<p>{{ block.text ~ "" }}</p>{% endif %}
{% for row in block.rows|default([]) %}<p>{{ row|join(", ") }}</p>{% endfor %}
{% endfor %}
{% endfor %}
"""
"""A template that tells everything of any document."""


def test_a_house_has_its_own_form_and_the_rest_is_written_as_without_one() -> None:  # C088, S0-A2
    house = Templates({"minutes.md": "Minutes of {{ house }}\n\n{{ section.head.blocks[0].facts[0].told }}\n"})

    assert house.markdown(document(the_meeting()), house="Fenwater") == "Minutes of Fenwater\n\nMTG-2026-000001\n"
    assert house.markdown(document(the_review())) == markdown(document(the_review()))
    assert house.html(document(the_meeting())) == html(document(the_meeting()))


@pytest.mark.parametrize(
    ("language", "written"), [("de-AT", "austrian"), ("de", "german"), ("en", "any minutes"), ("zh", "any minutes")]
)
def test_the_nearest_template_is_taken(language: str, written: str) -> None:
    house = Templates(
        {"minutes.de-AT.md": "austrian", "minutes.de.md": "german", "minutes.md": "any minutes", "document.md": "any"}
    )

    assert house.markdown(document(the_meeting(), language=language)) == written
    assert house.markdown(document(the_review(), language=language)) == "any"


def test_templates_lie_in_a_folder_and_take_others_from_there(tmp_path: Path) -> None:
    (tmp_path / "letterhead.html").write_text("<b>{{ document.title }}</b>", "utf-8")
    (tmp_path / "minutes.html").write_text('{% include "letterhead.html" %}', "utf-8")
    (tmp_path.parent / "secret.html").write_text("secret", "utf-8")
    (tmp_path / "document.html").write_text('{% include "../secret.html" %}', "utf-8")
    house = Templates(tmp_path)

    assert house.html(document(the_meeting())) == "<b>Minutes: Spring talk</b>"
    with pytest.raises(InvalidValue, match=r"document\.html: .*secret"):
        house.html(document(the_review()))


@given(documents())
def test_no_value_becomes_markup_in_the_html_of_a_house(of: Document) -> None:
    house = Templates({"document.html": WHOLE})

    assert Read(house.html(of)).tags == Read(house.html(harmless(of))).tags


@settings(max_examples=50)
@given(documents())
def test_no_value_becomes_markup_in_the_markdown_of_a_house(of: Document) -> None:
    parse = pytest.importorskip("markdown_it").MarkdownIt("commonmark", {"html": True}).enable("table").parse
    body = (
        "{% for part in document.sections %}{% for block in part.blocks %}{% for point in block.points|default([]) %}"
    )
    house = Templates({"document.md": f"# {{{{ document.title }}}}\n\n{body}- {{{{ point }}}}\n{'{% endfor %}' * 3}"})

    tokens = parse(house.markdown(of))
    kinds = {token.type for token in tokens if token.type != "inline"}
    assert kinds <= {
        f"{of}_{end}" for of in ("heading", "paragraph", "bullet_list", "list_item") for end in ("open", "close")
    }
    assert {child.type for token in tokens for child in token.children or ()} <= {"text", "text_special"}


@pytest.mark.parametrize("payload", HOSTILE)
def test_what_a_host_adds_is_text_as_well(payload: str) -> None:
    house = Templates({"minutes.html": '<p title="{{ said }}">{{ said }}</p>', "minutes.md": "x {{ said }}"})

    read = Read(house.html(document(the_meeting()), said=payload))
    assert read.tags == [("p", frozenset({"title"}))]
    assert "\n" not in house.markdown(document(the_meeting()), said=payload)
    assert not re.search(r"<\w", house.markdown(document(the_meeting()), said=payload))


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ document.__class__ }}", "unsafe"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ document.title.__init__.__globals__ }}", "unsafe"),
        ("{{ '{0.__class__}'.format(document) }}", "unsafe"),
        ("{{ document.update({'title': 'x'}) }}", "unsafe"),
        ("{{ document.sections.append(1) }}", "unsafe"),
        ("{{ document.author }}", "no attribute 'author'"),
        ("{{ section.prices }}", "no attribute 'prices'"),
        ("{{ document.title|safe }}", "No filter named 'safe'"),
        ("{% if %}", r"line 1: Expected an expression"),
        ("\n\n{{ document.title", r"line 3: "),
        ('{% include "other.md" %}', r"other\.md"),
        ("{{ 1 / 0 }}", r"cannot be filled in \(ZeroDivisionError\)"),
        ("{{ range(9999999)|list }}", r"cannot be filled in \(OverflowError\)"),
        ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", r"RecursionError"),
    ],
)
def test_a_template_that_goes_too_far_is_refused_with_its_name(template: str, says: str) -> None:
    house = Templates({"minutes.md": template})

    with pytest.raises(InvalidValue, match=rf"minutes\.md.*{says}|{says}"):
        house.markdown(document(the_meeting(), names=NAMES))


def test_an_error_shows_no_value() -> None:
    house = Templates({"minutes.md": "{{ document.title|int + document.title }}"})

    with pytest.raises(InvalidValue) as raised:
        house.markdown(document(the_meeting()))
    assert "Spring talk" not in str(raised.value)


def test_only_plain_values_are_handed_to_a_template() -> None:
    house = Templates({"minutes.md": "{{ record.number }}"})

    with pytest.raises(InvalidValue, match="record: expected a text, a number, a list or a mapping, got a Meeting"):
        house.markdown(document(the_meeting()), record=the_meeting())
    assert house.markdown(document(the_meeting()), record={"number": 7}) == "7"


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)

    with pytest.raises(MissingExtra, match=r'pip install "servicecrm\[reports\]"'):
        Templates({})

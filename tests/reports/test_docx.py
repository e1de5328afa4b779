"""Documents for a word processor."""

import io
import sys
from typing import Any

import pytest
from hypothesis import given, settings

from servicecrm.errors import MissingExtra
from servicecrm.reports import Document, Passage, Section, document, docx
from tests.reports.hostile import documents, every_text
from tests.reports.making import NAMES, the_review


def opened(file: bytes) -> Any:
    return pytest.importorskip("docx").Document(io.BytesIO(file))


def test_a_document_opens_with_its_headings_and_tables() -> None:  # C088
    of = document(the_review(), names=NAMES)
    file = opened(docx(of))

    headings = [each.text for each in file.paragraphs if each.style.name.startswith(("Title", "Heading"))]
    assert headings == [of.title, *(section.title for section in of.sections if section.title)]
    assert file.tables[0].rows[0].cells[0].text == "Action"
    assert file.core_properties.title == of.title


@settings(max_examples=20, deadline=None)
@given(documents())
def test_whatever_a_text_holds_the_file_opens(of: Document) -> None:
    file = opened(docx(of))
    told = [each.text for each in file.paragraphs]
    told += [cell.text for table in file.tables for row in table.rows for cell in row.cells]

    assert len(told) >= len([*every_text(of)]) - len(of.sections[0].blocks[0].facts) - 1  # type: ignore[union-attr]


def test_characters_that_no_file_can_hold_are_left_out() -> None:
    section = Section(key="all", blocks=(Passage(text="a\x01b\x0bc\ufffe"),))
    file = opened(docx(Document(kind="minutes", language="en", title="\x07", sections=(section,))))

    assert [each.text for each in file.paragraphs] == ["", "abc"]


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docx", None)

    with pytest.raises(MissingExtra, match=r'pip install "servicecrm\[docx\]"'):
        docx(document(the_review()))

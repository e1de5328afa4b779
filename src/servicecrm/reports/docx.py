"""A document for a word processor."""

import io
from typing import TYPE_CHECKING

from servicecrm.errors import MissingExtra
from servicecrm.reports.model import Block, Document, Facts, Passage, Points, Table
from servicecrm.reports.writing import written

if TYPE_CHECKING:
    from docx.document import Document as File

__all__ = ["docx"]


def docx(document: Document) -> bytes:
    """The whole document as a file of Word (`.docx`).

    Raises:
        MissingExtra: python-docx is not installed.
    """
    try:
        import docx as word
    except ImportError as error:
        raise MissingExtra("documents for Word", "docx") from error
    file = word.Document()
    file.core_properties.title = written(document.title)[:255]
    file.core_properties.language = document.language
    file.add_heading(written(document.title), level=0)
    for section in document.sections:
        if section.title:
            file.add_heading(written(section.title), level=1)
        for block in section.blocks:
            _add(file, block)
    stream = io.BytesIO()
    file.save(stream)
    return stream.getvalue()


def _add(file: "File", block: Block) -> None:
    match block:
        case Facts(facts=facts):
            for each in facts:
                paragraph = file.add_paragraph()
                paragraph.add_run(f"{written(each.name)}: ").bold = True
                paragraph.add_run(written(each.told))
        case Points(points=points):
            for point in points:
                file.add_paragraph(written(point), style="List Bullet")
        case Passage(text=text):
            file.add_paragraph(written(text))
        case Table(head=head, rows=rows):
            table = file.add_table(rows=0, cols=len(head), style="Table Grid")
            for row in (head, *rows):
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = written(text)

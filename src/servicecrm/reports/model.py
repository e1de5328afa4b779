"""What a document is made of, before it is Markdown or a page: sections of facts, points, tables and passages."""

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import Personal, record

__all__ = ["Block", "Document", "Fact", "Facts", "Passage", "Points", "Section", "Table"]


@record
class Fact:
    """A name, and what is said of it."""

    name: str
    told: Personal[str]


@record
class Facts:
    """What stands at the head of a letter, or names the parties of an agreement."""

    facts: tuple[Fact, ...]


@record
class Points:
    """A list."""

    points: Personal[tuple[str, ...]]


@record
class Table:
    """Rows below a head; the first cell of each row names it.

    Raises:
        InvalidValue: a row has more cells than the head, or fewer.
    """

    head: tuple[str, ...]
    rows: Personal[tuple[tuple[str, ...], ...]]

    def __attrs_post_init__(self) -> None:
        if any(len(row) != len(self.head) for row in self.rows):
            raise InvalidValue("Table.rows", f"every row has {len(self.head)} cells, as the head")


@record
class Passage:
    """A running text."""

    text: Personal[str]


Block = Facts | Points | Table | Passage


@record
class Section:
    """A part of a document. `key` is the same in every language, and the first part has no title of its own."""

    key: str
    title: str = ""
    blocks: tuple[Block, ...]


@record
class Document:
    """A document in one language, ready to be written down in any form. `kind` is what it is, such as `minutes`.

    Source: C085, C088.
    """

    kind: str
    language: str
    title: Personal[str]
    sections: tuple[Section, ...]

    def section(self, key: str) -> Section:
        """The section with this key.

        Raises:
            InvalidValue: it has none, as there was nothing to say; names those that it has.
        """
        for section in self.sections:
            if section.key == key:
                return section
        known = ", ".join(section.key for section in self.sections)
        raise InvalidValue("section", f"there is no section {key!r}; known: {known}")

"""How another system's log maps to ours: which column holds what, and what its words mean."""

import hashlib
from collections.abc import Mapping
from typing import Final, Literal
from zoneinfo import ZoneInfo

import attrs

from servicecrm.calendars import Calendar
from servicecrm.errors import InvalidValue
from servicecrm.kernel.documents import converter, to_text
from servicecrm.kernel.records import record
from servicecrm.tracking import Targets

__all__ = ["Coding", "Column", "LogMap", "Vocabulary", "Word"]

OUTCOME: Final = ("answer", "closing_code", "reason")
"""Fields that tell how a case went, and not how it came in."""

TIMES: Final = ("time", "received_at", "answered_at", "closed_at", "due_at")

FIELDS: Final = (
    *("case", "word", "subject", "text", "customer", "handler", "category", "channel", "service"),
    *("severity", "impact", "priority", "by", *OUTCOME, *TIMES),
)
"""What a column of a log can be."""

NEEDED: Final[dict[str, tuple[str, ...]]] = {"events": ("case", "time", "word"), "cases": ("case", "received_at")}
NOT_FOR: Final[dict[str, tuple[str, ...]]] = {"events": ("answered_at", "closed_at"), "cases": ("time",)}


@attrs.frozen(kw_only=True)
class Vocabulary:
    """The words of ours that a map may use.

    `ended` are the states of a case that is over, `closed` among them. `codes` gives the codes of a field, such as
    `channel` or `waiting`; a field without codes takes any text. `moments` are the kinds of moments that clocks read.
    """

    states: tuple[str, ...]
    actions: tuple[str, ...]
    recorded: str
    answered: str
    closed: str
    ended: tuple[str, ...]
    codes: Mapping[str, tuple[str, ...]]
    moments: tuple[str, ...] = ()


@record
class Column:
    """A field of ours: the log's column, or a constant value. `keep_missing` takes a word for "missing" as a value."""

    field: str
    name: str | None = None
    value: str | None = None
    keep_missing: bool = False


@record
class Word:
    """A word of the log, and the state or the action that it means; neither: its rows are ignored."""

    text: str
    state: str | None = None
    action: str | None = None
    waiting: str | None = None

    @property
    def ignored(self) -> bool:
        """Do rows with this word say nothing to us?"""
        return self.state is None and self.action is None


@record
class Coding:
    """A word of the log, and our code for it in a field. The word `*` stands for all that are not named."""

    field: str
    text: str
    code: str


@record
class LogMap:
    """How a log maps to ours; `from_toml` reads it.

    `name` is a part of the command keys, so it stays the same for later extracts of the same log. With `fold`,
    words that differ only in letter case or in surrounding blanks are the same word; otherwise they are not. Values
    that the map does not name stay as they are.
    `calendars` and `targets` say by which clocks the cases are measured.
    """

    name: str
    shape: Literal["events", "cases"]
    zone: ZoneInfo
    time_formats: tuple[str, ...]
    delimiter: str
    encoding: str
    missing: tuple[str, ...]
    fold: bool
    columns: tuple[Column, ...]
    extra: tuple[Column, ...]
    words: tuple[Word, ...]
    values: tuple[Coding, ...]
    vocabulary: Vocabulary
    calendars: tuple[Calendar, ...] = ()
    targets: Targets = Targets()

    @classmethod
    def from_toml(cls, text: str, vocabulary: Vocabulary) -> "LogMap":
        """The map that a TOML text describes, checked; see `servicecrm.interop.mapfile` for the layout.

        Raises:
            InvalidValue: it is no text, but perhaps a path.
            MalformedDocument: the text is not TOML, has another layout, or uses a word that the vocabulary has not;
                every problem, with its path.
        """
        from servicecrm.interop.mapfile import read_map

        if not isinstance(text, str):
            raise InvalidValue("text", "expected the text of a map; of a file it is Path(...).read_text()")
        return read_map(text, vocabulary)

    @property
    def digest(self) -> str:
        """SHA-256 over what the map says of the log, in hexadecimal digits.

        Comments, order and layout do not count, nor do the clocks: another target does not change what happened.
        """
        document = converter().unstructure(self)
        for name in ("vocabulary", "calendars", "targets"):  # which words are known does not change what these mean
            del document[name]
        for name in ("missing", "columns", "extra", "words", "values"):
            document[name] = sorted(document[name], key=to_text)
        return hashlib.sha256(to_text(document).encode()).hexdigest()

    def same(self, word: str) -> str:
        """The form in which two spellings of the same word are equal."""
        return word.strip().casefold() if self.fold else word

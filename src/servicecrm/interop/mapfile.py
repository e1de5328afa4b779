"""Maps of logs as people write them, in TOML.

```toml
[log]
name = "helpdesk"                       # stays the same for later extracts of this log
shape = "events"                        # one row per event; "cases": one row per case
zone = "Europe/Rome"                    # of times that name no zone
time_formats = ["%d/%m/%Y %H:%M"]       # tried in this order; left out: ISO 8601
delimiter = ","                         # optional, as are the next three
encoding = "utf-8"
missing = ["?"]                         # cells that mean "nothing here"; blank ones always do
fold = true                             # letter case and surrounding blanks of words do not matter

[columns]                               # our field = the log's column
case = "Ticket"
time = "Changed at"
word = "Status"                         # the log's state or activity; [words] says what it means
channel = { value = "phone" }           # the same for every row
handler = { column = "Group", keep_missing = true }   # here "?" is a handler like any other

[extra]                                 # our key = column; kept with the record, not interpreted
city = "City"

[words]
New = { state = "recorded" }
"Waiting for user" = { state = "in_handling", waiting = "customer" }
Forwarded = { action = "forward" }
Viewed = { ignore = true }

[values.channel]                        # the log's word = our code
Phone = "phone"
"*" = "other"                           # every other word
```

A field with codes of ours (such as channel) refuses rows whose word is neither in its `[values]` table nor, where it
has no table, one of our codes. In other fields such a word is kept as it is. Of several columns with the same name,
the first is meant. How a map says within how long what has to happen: `servicecrm.interop.mapclocks`.
"""

import codecs
import re
import tomllib
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.interop.mapclocks import read_clocks
from servicecrm.interop.maps import FIELDS, NEEDED, NOT_FOR, TIMES, Coding, Column, LogMap, Vocabulary, Word
from servicecrm.interop.reading import Reading, Table

__all__ = ["read_map"]

_TABLES: Final = ("log", "columns", "extra", "words", "values", "calendar", "calendars", "targets")
_LOG: Final = ("name", "shape", "zone", "time_formats", "delimiter", "encoding", "missing", "fold")
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NO_TEXT: Final = ("utf-7", "unicode-escape", "raw-unicode-escape", "idna", "punycode")
"""Encodings of Python that can decode to what is not a text."""


def read_map(text: str, vocabulary: Vocabulary) -> LogMap:
    """The map that a TOML text describes. `LogMap.from_toml` is the way to call it."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedDocument("log map", (f"not TOML: {error}",)) from None
    reading = _Reading(vocabulary)
    read = None
    try:
        read = reading.map(document)
    except InvalidValue as error:
        reading.problems.append(str(error))
    if reading.problems or read is None:
        raise MalformedDocument("log map", tuple(reading.problems))
    return read


class _Reading(Reading):
    """Takes a map apart."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.known = vocabulary

    def map(self, document: Table) -> LogMap:
        self.only(document, _TABLES, "")
        log = self.table(document, "log", needed=True)
        self.only(log, _LOG, "log.")
        shape: Literal["events", "cases"] = "cases" if self.shape(log) == "cases" else "events"
        columns = self.columns(self.table(document, "columns", needed=True), shape)
        words = self.words(self.table(document, "words"))
        fold = self.flag(log, "fold", "log.")
        zone = self.zone(log)
        calendars, targets = read_clocks(self, document, zone=zone.key, kinds=self.known.moments)
        read = LogMap(
            name=self.name(log),
            shape=shape,
            zone=zone,
            time_formats=self.time_formats(log),
            delimiter=self.delimiter(log),
            encoding=self.encoding(log),
            missing=self.texts(log, "missing", "log."),
            fold=fold,
            columns=columns,
            extra=self.extra(self.table(document, "extra")),
            words=words,
            values=self.values(self.table(document, "values"), columns),
            vocabulary=self.known,
            calendars=calendars,
            targets=targets,
        )
        self.whole(read)
        return read

    # -- parts -----------------------------------------------------------------------------------

    def name(self, log: Table) -> str:
        name = self.text(log, "name", "log.")
        if name and not _NAME.fullmatch(name):
            self.problem("log.name", "up to 64 letters, digits, '-', '_' and '.'")
        return name

    def shape(self, log: Table) -> str:
        return self.one_of(self.text(log, "shape", "log."), ("events", "cases"), "log.shape")

    def zone(self, log: Table) -> ZoneInfo:
        name = self.text(log, "zone", "log.")
        try:
            return ZoneInfo(name or "UTC")
        except (KeyError, ValueError, OSError):
            self.problem("log.zone", "not a time zone; give a name such as 'Europe/Rome' or 'UTC'")
        return ZoneInfo("UTC")

    def time_formats(self, log: Table) -> tuple[str, ...]:
        formats = self.texts(log, "time_formats", "log.")
        for n, each in enumerate(formats, start=1):
            if not _gives_a_date(each):
                self.problem(f"log.time_formats[{n}]", "not a format with a year, month and day, such as '%d/%m/%Y'")
        return formats

    def delimiter(self, log: Table) -> str:
        delimiter = self.text(log, "delimiter", "log.", ",")
        if len(delimiter) != 1 or delimiter in '"\r\n\0':
            self.problem("log.delimiter", "one character is needed, such as ',' or ';'")
        return delimiter

    def encoding(self, log: Table) -> str:
        encoding = self.text(log, "encoding", "log.", "utf-8")
        try:
            "a".encode(encoding)
            name = codecs.lookup(encoding).name.replace("_", "-")
        except (LookupError, ValueError):
            name = ""
        if not name or name in _NO_TEXT:
            self.problem("log.encoding", "not an encoding of texts; give a name such as 'utf-8' or 'cp1252'")
        return name

    def columns(self, table: Table, shape: str) -> tuple[Column, ...]:
        fields = [field for field in FIELDS if field not in NOT_FOR[shape]]
        self.only(table, fields, "columns.")
        for field in NEEDED[shape]:
            if field not in table:
                self.problem(f"columns.{field}", f"needed for a log of {shape}")
        columns = [self.column(field, table[field]) for field in fields if field in table]
        for column in columns:
            if column.value is not None and column.field in ("case", "word", *TIMES):
                self.problem(f"columns.{column.field}", "a column is needed, not a constant")
            if column.value is not None and column.field in self.known.codes:
                self.one_of(column.value, self.known.codes[column.field], f"columns.{column.field}.value")
        return tuple(columns)

    def column(self, field: str, found: object) -> Column:
        where = f"columns.{field}"
        if isinstance(found, str) and found:
            return Column(field=field, name=found)
        if not isinstance(found, dict) or ("column" in found) == ("value" in found):
            self.problem(where, "the name of a column, { column = ... } or { value = ... } is needed")
            return Column(field=field)
        self.only(found, ("column", "keep_missing") if "column" in found else ("value",), f"{where}.")
        if "value" in found:
            return Column(field=field, value=self.text(found, "value", f"{where}."))
        return Column(
            field=field,
            name=self.text(found, "column", f"{where}."),
            keep_missing=self.flag(found, "keep_missing", f"{where}."),
        )

    def extra(self, table: Table) -> tuple[Column, ...]:
        return tuple(Column(field=key, name=self.text(table, key, "extra.")) for key in table)

    def words(self, table: Table) -> tuple[Word, ...]:
        return tuple(self.word(text, table[text]) for text in table)

    def word(self, text: str, found: object) -> Word:
        where = f"words.{text}"
        if not isinstance(found, dict) or len(found.keys() & {"state", "action", "ignore"}) != 1:
            self.problem(where, "{ state = ... }, { action = ... } or { ignore = true } is needed")
            return Word(text=text)
        if "ignore" in found:
            self.only(found, ("ignore",), f"{where}.")
            if not self.flag(found, "ignore", f"{where}."):
                self.problem(f"{where}.ignore", "true is needed; leave the word out to have its rows refused")
            return Word(text=text)
        self.only(found, ("state", "action", "waiting"), f"{where}.")
        known = {"state": self.known.states, "action": self.known.actions, "waiting": self.known.codes["waiting"]}
        said = {
            key: self.one_of(self.text(found, key, f"{where}."), known[key], f"{where}.{key}")
            for key in known
            if key in found
        }
        return Word(text=text, **said)

    def values(self, table: Table, columns: Iterable[Column]) -> tuple[Coding, ...]:
        fields = [c.field for c in columns if c.name is not None and c.field not in ("case", "word", *TIMES)]
        self.only(table, fields, "values.")
        codings = []
        for field in fields:
            words = self.table(table, field, "values.") if field in table else {}
            for text in words:
                code = self.text(words, text, f"values.{field}.")
                if field in self.known.codes:
                    self.one_of(code, self.known.codes[field], f"values.{field}.{text}")
                codings.append(Coding(field=field, text=text, code=code))
        return tuple(codings)

    def whole(self, read: LogMap) -> None:
        """What only the parts together can be wrong about."""
        fields = {column.field for column in read.columns}
        if ("word" in fields) != bool(read.words):
            self.problem("words", "columns.word and [words] go together")
        groups = {"words": [word.text for word in read.words]}
        for coding in read.values:
            groups.setdefault(f"values.{coding.field}", []).append(coding.text)
        for where, texts in groups.items():
            if len({read.same(text) for text in texts}) != len(texts):
                self.problem(where, "a word stands twice, because log.fold makes two spellings the same")
        if read.shape == "cases":
            for word in read.words:
                self.word_of_a_case(word, fields)

    def word_of_a_case(self, word: Word, fields: set[str]) -> None:
        where = f"words.{word.text}"
        if word.action is not None:
            self.problem(where, "one row per case tells a state, not an action")
        if word.state in self.known.ended and "closed_at" not in fields:
            self.problem(where, f"the state {word.state} needs columns.closed_at")
        if word.state == self.known.answered and "answered_at" not in fields:
            self.problem(where, f"the state {word.state} needs columns.answered_at")


def _gives_a_date(time_format: str) -> bool:
    probe = datetime(2024, 11, 23, 13, 45)  # noqa: DTZ001 - as a log writes it
    if not re.search("%[YyGcx]", time_format):
        return False
    try:
        return datetime.strptime(probe.strftime(time_format), time_format).date() == probe.date()  # noqa: DTZ007
    except (ValueError, re.error):
        return False

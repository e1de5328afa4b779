"""Texts by key and language, for everything that a customer or a handler reads. What is stored is the key.

Each package keeps its texts beside its code, one file per language; tables become dotted keys:

```toml
# texts/en.toml
[state]
recorded = "recorded"             # state.recorded

[notice]
received = "We got {number}."     # filled by get("notice.received", language="en", number="CMP-2026-000042")
```
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from string import Formatter
from typing import Final

import attrs

from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.kernel.values import LanguageTag, fallbacks, language_tag

__all__ = ["Texts"]

_LAST_RESORT: Final = LanguageTag("en")

_Parts = tuple[tuple[str, str | None], ...]
"""A text taken apart: literal text, each followed by the name of a placeholder or by None."""


@attrs.frozen
class Texts:
    """The texts of a package, read from its folder `texts` when one is first asked for.

    A text may hold placeholders that are simple names, such as `{number}`; nothing else is ever looked up.

    Raises, when first asked:
        MalformedDocument: a file is not TOML, or an entry is no text or has another kind of placeholder; every problem.
        InvalidValue: there is no English file, or a file is not named after a language.

    Source: C093.
    """

    package: str

    def get(self, key: str, /, *, language: str, **values: str | int) -> str:
        """The text of a key, in the language, or the nearest one that has it (`de-AT`, `de`, then `en`).

        `values` fill the placeholders as they are: whatever needs the customs of a language, such as a date, comes
        formatted.

        Raises:
            InvalidValue: no text has this key; a placeholder has no value; the language is not a language tag.
        """
        for tag in (*fallbacks(language_tag(language)), _LAST_RESORT):
            parts = self._tables.get(tag, {}).get(key)
            if parts is not None:
                return self._filled(key, parts, values)
        raise InvalidValue(self.package, f"there is no text {key!r}; keys({_LAST_RESORT!r}) lists those that there are")

    @property
    def languages(self) -> tuple[LanguageTag, ...]:
        """The languages that have a file."""
        return tuple(self._tables)

    def keys(self, language: str) -> frozenset[str]:
        """The keys that have a text in exactly this language."""
        return frozenset(self._tables.get(language_tag(language), {}))

    def problems(self) -> tuple[str, ...]:
        """What a translator still has to do: keys that a language lacks, and placeholders that differ."""
        return tuple(self._problems())

    def _problems(self) -> Iterator[str]:
        for key in sorted({key for table in self._tables.values() for key in table}):
            names = {tag: _names(table[key]) for tag, table in self._tables.items() if key in table}
            for tag in self._tables:
                if tag not in names:
                    yield f"{tag}: {key} is missing"
            if len(set(names.values())) > 1:
                listed = "; ".join(f"{tag} {', '.join(sorted(found)) or 'none'}" for tag, found in names.items())
                yield f"{key}: the placeholders differ: {listed}"

    def _filled(self, key: str, parts: _Parts, values: Mapping[str, str | int]) -> str:
        missing = _names(parts) - values.keys()
        if missing:
            raise InvalidValue(f"{self.package} {key}", f"the text needs a value for {', '.join(sorted(missing))}")
        return "".join(literal if name is None else f"{literal}{values[name]}" for literal, name in parts)

    @cached_property
    def _tables(self) -> Mapping[LanguageTag, Mapping[str, _Parts]]:
        from importlib.resources import files  # not before texts are asked for: it costs as much as all else here

        folder = files(self.package) / "texts"
        sources = [file for file in folder.iterdir() if file.name.endswith(".toml")] if folder.is_dir() else []
        problems: list[str] = []
        tables = {}
        for file in sorted(sources, key=lambda file: file.name):
            tag = language_tag(file.name.removesuffix(".toml"))
            tables[tag] = _read(file.read_text("utf-8"), file.name, problems)
        if problems:
            raise MalformedDocument(f"texts of {self.package}", tuple(problems))
        if _LAST_RESORT not in tables:
            raise InvalidValue(self.package, f"there is no texts/{_LAST_RESORT}.toml, which every other language needs")
        return tables


def _read(source: str, name: str, problems: list[str]) -> dict[str, _Parts]:
    import tomllib

    try:
        document = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{name}: not TOML: {error}")
        return {}
    table = {}
    for key, text in _flat(document):
        if not isinstance(text, str):
            problems.append(f"{name}: {key}: a text is needed")
            continue
        try:
            table[key] = _parse(text)
        except ValueError as error:
            problems.append(f"{name}: {key}: {error}")
    return table


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _parse(text: str) -> _Parts:
    # `str.format` would also follow attributes and items of the values, so only the parsing is taken from it.
    parts = []
    for literal, name, spec, conversion in Formatter().parse(text):
        if name is not None and (not name.isidentifier() or spec or conversion):
            raise ValueError("a placeholder is a simple name, such as {number}")
        parts.append((literal, name))
    return tuple(parts)


def _names(parts: _Parts) -> frozenset[str]:
    return frozenset(name for _, name in parts if name is not None)

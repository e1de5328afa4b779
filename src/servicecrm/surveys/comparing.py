"""Can answers to two versions of a questionnaire be compared? Item by item, because most versions change only a few."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import Code
from servicecrm.surveys.items import Item, texts_of
from servicecrm.surveys.model import Questionnaire

__all__ = ["Comparability", "Comparison", "Difference", "check_comparable", "compare"]


class Comparability(Code):
    """Whether a trend may lead from the older version of an item to the newer one."""

    SAME = "same"
    FLAGGED = "flagged"
    BROKEN = "broken"
    ADDED = "added"
    REMOVED = "removed"


class Difference(Code):
    """In what two versions of an item differ."""

    KIND = "kind"
    SCALE = "scale"
    POLARITY = "polarity"
    REVERSE = "reverse"
    OPTIONS = "options"
    SERVICE = "service"
    WORDS = "words"
    ORDER = "order"
    APART = "apart"
    LIMITS = "limits"
    BASE = "base"


@record
class Comparison:
    """How one item, or one row of a matrix, compares between two versions, by its key.

    With other words, other options apart or asked of other people, answers may differ without anybody having changed
    their mind: a trend says so. On another scale, or with other options, there is no trend.

    Source: C075, C079.
    """

    key: str
    verdict: Comparability
    differs: tuple[Difference, ...] = ()


def compare(older: Questionnaire, newer: Questionnaire) -> tuple[Comparison, ...]:
    """How every item and row compares between two versions, in the order of the newer one; what is gone comes last.

    Words are compared in the languages that both versions have.

    Source: C075, C079.
    """
    languages = tuple(tag for tag in older.languages if tag in newer.languages)
    before, after = _told(older, languages), _told(newer, languages)
    return tuple(_comparison(key, before.get(key), after.get(key)) for key in {**after, **before})


def check_comparable(older: Questionnaire, newer: Questionnaire, *, key: str) -> Comparison:
    """Refuses a trend that would compare what does not compare.

    Raises:
        PolicyViolation: the item is not in both versions, or was asked in another way.

    Source: C079.
    """
    found = {comparison.key: comparison for comparison in compare(older, newer)}.get(key)
    if found is None or found.verdict in (Comparability.ADDED, Comparability.REMOVED):
        raise PolicyViolation("comparable", f"{key} is not in both versions; start a new trend")
    if found.verdict is Comparability.BROKEN:
        differs = ", ".join(found.differs)
        raise PolicyViolation("comparable", f"{key} was asked in another way ({differs}); start a new trend")
    return found


_Told = Mapping[Difference, object]
"""What is compared of an item or a row."""


def _comparison(key: str, before: _Told | None, after: _Told | None) -> Comparison:
    if before is None or after is None:
        return Comparison(key=key, verdict=Comparability.ADDED if before is None else Comparability.REMOVED)
    differs = tuple(each for each in Difference if before[each] != after[each])
    if not differs:
        return Comparison(key=key, verdict=Comparability.SAME)
    verdict = Comparability.FLAGGED if _FLAGGED.issuperset(differs) else Comparability.BROKEN
    return Comparison(key=key, verdict=verdict, differs=differs)


def _told(questionnaire: Questionnaire, languages: tuple[str, ...]) -> dict[str, _Told]:
    return {key: told for item in questionnaire.items for key, told in _of_item(item, languages)}


def _of_item(item: Item, languages: tuple[str, ...]) -> Iterator[tuple[str, _Told]]:
    told = {difference: of(item) for difference, of in _OF_ITEM.items()}
    words = {path: [text.get(language) for language in languages] for path, text in texts_of(item)}
    said = {path: text for path, text in words.items() if not path.startswith("rows.")}
    if not item.rows:
        yield item.id, {**told, Difference.WORDS: said}
    for row in item.rows:
        of_row = {
            Difference.REVERSE: row.reverse,
            Difference.SERVICE: row.service or item.service,
            Difference.WORDS: {**said, "row": words[f"rows.{row.code}"]},
        }
        yield f"{item.id}/{row.code}", {**told, **of_row}


_OF_ITEM: Final[Mapping[Difference, Callable[[Item], Any]]] = {
    Difference.KIND: lambda item: item.kind,
    Difference.SCALE: lambda item: item.scale,
    Difference.POLARITY: lambda item: item.polarity,
    Difference.REVERSE: lambda item: item.reverse,
    Difference.OPTIONS: lambda item: {(option.code, option.exclusive) for option in item.options},
    Difference.SERVICE: lambda item: item.service,
    Difference.ORDER: lambda item: item.codes,
    Difference.APART: lambda item: set(item.apart),
    Difference.LIMITS: lambda item: (*item.limits, item.whole),
    Difference.BASE: lambda item: (item.required, item.shown_if),
}
_FLAGGED: Final = frozenset({Difference.WORDS, Difference.ORDER, Difference.APART, Difference.LIMITS, Difference.BASE})

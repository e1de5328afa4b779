"""Words by language: those of the library, and those that a house has for its services."""

from collections.abc import Mapping
from typing import Final

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.texts import Texts
from servicecrm.kernel.values import in_language, language_tag

__all__ = ["TEXTS", "Words", "by_language", "in_language"]

TEXTS: Final = Texts("servicecrm.agreements")
"""The words for codes, states, actions, guards and events: `TEXTS.get("state.in_force", language="de")`."""

Words = Mapping[str, str]
"""A text by language: `{"en": "Water supply", "de": "Wasserversorgung"}`."""


def by_language(words: Mapping[str, object]) -> FrozenMap:
    """A text by language as it is kept, the languages in their usual case.

    Raises:
        InvalidValue: it is not given by language, or a language is not written as a language tag.
    """
    if not isinstance(words, Mapping):
        raise InvalidValue("service", "a name and every text is given by language, such as {'en': 'Water supply'}")
    return FrozenMap({language_tag(language): text for language, text in FrozenMap(words).items()})

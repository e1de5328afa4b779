"""Words by language."""

from typing import Final

from servicecrm.kernel.texts import Texts

__all__ = ["TEXTS", "occasion_name"]

TEXTS: Final = Texts("servicecrm.reviews")
"""The words for codes, states, actions, guards and events: `TEXTS.get("state.prepared", language="de")`."""


def occasion_name(occasion: str, *, language: str) -> str:
    """What an occasion is called in a language; one of a house's own is called what the house calls it.

    Source: C093.
    """
    key = f"occasion.{occasion}"
    return TEXTS.get(key, language=language) if key in TEXTS.keys("en") else occasion

"""Words by language."""

from typing import Final

from servicecrm.kernel.texts import Texts

__all__ = ["TEXTS"]

TEXTS: Final = Texts("servicecrm.improvements")
"""The words for codes, states, actions, guards and events: `TEXTS.get("state.accepted", language="de")`."""

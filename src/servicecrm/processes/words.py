"""Words by language for what follows by itself."""

from typing import Final

from servicecrm.kernel.texts import Texts

__all__ = ["TEXTS"]

TEXTS: Final = Texts("servicecrm.processes")
"""The titles and texts of actions and notes: `TEXTS.get("ended_agreement.ended", language="de", agreement="AGR-1")`."""

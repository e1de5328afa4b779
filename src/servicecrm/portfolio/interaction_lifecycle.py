"""What may be done with the record of an interaction."""

from typing import Final

from servicecrm.kernel.lifecycle import STAY, Lifecycle, Move
from servicecrm.portfolio.interaction_model import Interaction

__all__ = ["LIFECYCLE"]

RECORDED: Final = "recorded"
VOIDED: Final = "voided"
ERASED: Final = "erased"

AMEND: Final = "amend"
REPOINT: Final = "repoint"
VOID: Final = "void"
ERASE: Final = "erase"

HANDLER: Final = "handler"
MANAGER: Final = "manager"

LIFECYCLE: Final = Lifecycle[Interaction](
    "interaction",
    initial=RECORDED,
    moves=(
        #    action   from                        to      who
        Move(AMEND,   RECORDED,                   STAY,   HANDLER),
        Move(VOID,    RECORDED,                   VOIDED, HANDLER),
        Move(ERASE,   (RECORDED, VOIDED),         ERASED, MANAGER),
        Move(REPOINT, (RECORDED, VOIDED, ERASED), STAY,   MANAGER),
    ),
    resting={VOIDED},
    final={ERASED},
)  # fmt: skip
"""The lifecycle of the record of an interaction: recorded; or voided, if it was entered by mistake; or erased.

Source: C003, C017.
"""

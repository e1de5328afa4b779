"""The targets that come with the library, for a house that has published none of its own."""

from typing import Final

from servicecrm.complaints.model import MomentKind
from servicecrm.tracking.ready_made import usual
from servicecrm.tracking.targets import Targets

__all__ = ["TARGETS"]

TARGETS: Final = Targets(
    targets=(
        usual("acknowledge", "1 business day", kinds=frozenset(MomentKind)),
        usual("first_response", "2 business days", kinds=frozenset(MomentKind)),
        usual("resolution", "10 business days", kinds=frozenset(MomentKind)),
    ),
)
"""Acknowledged within a working day, a first response within two, and answered within ten.

Source: C036, C042.
"""

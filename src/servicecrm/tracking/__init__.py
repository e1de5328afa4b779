"""What every tracked record shares: the moments that its clocks read, and the messages about it."""

from servicecrm.tracking.messages import Message, MessageClass, MessageId, MessageWritten, write
from servicecrm.tracking.moments import Moment, Moments, Side, standing, with_moment, without_moment
from servicecrm.tracking.schema import MESSAGE

__all__ = [
    "MESSAGE",
    "Message",
    "MessageClass",
    "MessageId",
    "MessageWritten",
    "Moment",
    "Moments",
    "Side",
    "standing",
    "with_moment",
    "without_moment",
    "write",
]

"""What somebody is to be told: kept with the change that it is about, until it is delivered."""

from datetime import datetime

from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import record

__all__ = ["Notice"]


@record
class Notice:
    """Something to tell somebody, kept until it is delivered.

    `key` says what it is about, such as "complaint:7:acknowledge:1". It is never freed, so that a key is enqueued
    at most once.
    """

    key: str
    topic: str
    recipient: str
    kind: str
    id: str
    body: FrozenMap = EMPTY
    not_before: datetime | None = None

"""What somebody is to be told: kept with the change that it is about, until it is delivered."""

from datetime import datetime
from typing import Final

from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import record

__all__ = ["NOTICE_HEADER", "Notice"]

NOTICE_HEADER: Final = "X-ServiceCRM-Notice"
"""The header of mail that by itself tells of something. What comes back with it is our own, and is never answered."""


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

"""What the tests of logs share: writing a small log and reading it with a small map."""

from collections.abc import Callable
from pathlib import Path

import pytest

from servicecrm.interop import COMPLAINT_WORDS, Fact, LogMap, RefusedRow, read_log

EVENTS = """
[log]
name = "helpdesk"
shape = "events"
zone = "Europe/Berlin"
time_formats = ["%d.%m.%Y %H:%M", "%d.%m.%Y"]
missing = ["?"]

[columns]
case = "Ticket"
time = "When"
word = "Status"
handler = { column = "Group", keep_missing = true }
channel = "Via"
by = { value = "import" }

[extra]
city = "City"

[words]
New = { state = "recorded" }
Waiting = { state = "in_handling", waiting = "customer" }
Passed = { action = "forward" }
Viewed = { ignore = true }

[values.channel]
Call = "phone"
"*" = "other"
"""

CASES = """
[log]
name = "requests"
shape = "cases"
zone = "UTC"

[columns]
case = "Key"
received_at = "Created"
answered_at = "Answered"
closed_at = "Closed"
word = "Status"
subject = "About"
answer = "Outcome"

[words]
Open = { state = "recorded" }
Pending = { state = "in_handling", waiting = "third_party" }
Answered = { state = "responded" }
Closed = { state = "closed" }
"""

Read = Callable[..., list[Fact | RefusedRow]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads the text or the bytes of a log with the text of a map."""

    def read(log: str | bytes, text: str = EVENTS, name: str = "log.csv") -> list[Fact | RefusedRow]:
        path = tmp_path / name
        path.write_bytes(log.encode() if isinstance(log, str) else log)
        return list(read_log(path, LogMap.from_toml(text, COMPLAINT_WORDS)))

    return read

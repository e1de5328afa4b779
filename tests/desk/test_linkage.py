"""Whoever has the whole database searches it for a way from an anonymous answer to its author.

The search knows nothing of our promises: it joins on any value that stands in two places, puts the answers into every
order that a column or a file has, and looks at transactions. Each way is shown to find authors where they can be found.
"""

import contextlib
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from servicecrm.desk import Desk, connect
from servicecrm.desk.invitations import Invitee
from servicecrm.storage import answers as table
from servicecrm.surveys import Campaign, Questionnaire, ballots
from servicecrm.testing import FixedClock, SeededIds
from tests.desk.places import empty_tables
from tests.surveys.campaigning import LINK, an_open_campaign

VOTERS = 24
"""So many that no order of them is right by chance."""

ANSWERS = "servicecrm_answer"
SAID = ("document", "code", "value", "status", "item", "row")
"""Columns of what was said; by these an answer may be found, but not whose it is."""

Row = dict[str, Any]
Dump = Mapping[str, Sequence[Row]]


# -- a campaign, and all that is kept of it ------------------------------------------------------


def held(crm: Desk, clock: FixedClock, *, mode: str = "anonymous", together: bool = False) -> Campaign:
    """A campaign in which people vote one after the other: the n-th of them marks n and writes n.

    With `together` a clumsy host saves in one unit that somebody took part and what they said.
    """
    campaign = an_open_campaign(crm, mode=mode)
    people = [Invitee(contact=f"contact-{n:02}", customer=f"customer-{n:02}", language="en") for n in range(VOTERS)]
    invited = [*crm.invitations.invite(campaign.id, people, link=LINK).invitations]
    Random(7).shuffle(invited)
    crm.invitations.remind(campaign.id, link=LINK)
    for n, each in enumerate(invited):
        clock.advance(hours=7)
        given = {"overall": n % 10 + 1, "price": 3, "why": f"Words-of-{n:02}"}
        if together:
            _saved_together(crm, each.id, given)
        elif mode == "anonymous":
            crm.responses.cast(crm.responses.take_part(each.token, given))
        else:
            crm.responses.answer(each.token, given)
    return campaign


def _saved_together(crm: Desk, invitation: str, given: Mapping[str, object]) -> None:
    found = crm.invitations.get(invitation)
    campaign = crm.campaigns.get(found.campaign)

    def program(work: Any) -> Any:
        asks = yield from work.get(Questionnaire, campaign.questionnaire)
        told: dict[str, Any] = {"key": found.token, "by": crm.actor, "at": crm.clock()}
        ballot, decision = ballots.vote(found, campaign, asks, given, **told)
        yield from work.save(decision)
        yield from table.put(ballot.given())

    crm.perform(program)


def dump(url: str) -> Dump:
    """All rows of all tables as they lie there: each with its place, and with its transaction if there is one."""
    if url.startswith("postgresql:"):
        with psycopg.connect(url, row_factory=dict_row) as connection:
            named = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            names = [row["tablename"] for row in connection.execute(named).fetchall()]
            rows = {
                name: connection.execute(f"SELECT xmin::text::bigint AS xmin, * FROM {name} ORDER BY ctid".encode())
                for name in names
            }
            return {name: _placed(found.fetchall()) for name, found in rows.items()}
    with contextlib.closing(sqlite3.connect(url)) as connection:
        connection.row_factory = sqlite3.Row
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: _placed([dict(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY rowid")])
            for name in names
        }


def _placed(rows: Sequence[Row]) -> list[Row]:
    return [{"place": n, **row} for n, row in enumerate(rows)]


# -- the search ----------------------------------------------------------------------------------


def paths(found: Dump, files: Mapping[str, bytes] = {}) -> set[str]:
    """Every way that leads from an answer to whoever gave it."""
    return {*by_values(found), *by_order(found), *by_transaction(found), *by_bytes(files)}


def by_values(found: Dump) -> Iterator[str]:
    """Values that stand in one response alone, and somewhere else too."""
    of: dict[str, set[str]] = {}
    for row in found[ANSWERS]:
        of.setdefault(row["response"], set()).update(tokens({**row, "place": None, "xmin": None}))
    known = Counter(token for theirs in of.values() for token in theirs)
    elsewhere = {name: {token for row in rows for token in tokens(row)} for name, rows in found.items()}
    for token, times in known.items():
        if times == 1:
            yield from (f"value in {name}" for name in elsewhere if name != ANSWERS and token in elsewhere[name])


def tokens(of: object) -> Iterator[str]:
    """All words and long numbers in a row, also of documents in it and of their parts."""
    if isinstance(of, Mapping):
        for value in of.values():
            yield from tokens(value)
    elif isinstance(of, list):
        for value in of:
            yield from tokens(value)
    elif isinstance(of, str) and of[:1] in ("{", "["):
        yield from tokens(json.loads(of))
    elif of is not None:
        yield from re.findall(r"[\w-]{6,}", str(of))


def by_order(found: Dump) -> Iterator[str]:
    """Columns that have the answers in the order in which people took part, which the journal has too."""
    written = [row for row in found[ANSWERS] if "Words-of-" in row["document"]]
    for column in written[0]:
        if column not in SAID and len({row[column] for row in written}) == len(written):
            said = [int(re.findall(r"Words-of-(\d+)", row["document"])[0]) for row in sorted(written, key=_by(column))]
            if is_order(said):
                yield f"order of {column}"


def _by(column: str) -> Any:
    return lambda row: row[column]


def by_transaction(found: Dump) -> Iterator[str]:
    """Transactions that put in what one person wrote, and something else."""
    of: dict[int, set[str]] = {}
    for row in found[ANSWERS]:
        if "xmin" in row and "Words-of-" in row["document"]:
            of.setdefault(row["xmin"], set()).add(row["response"])
    for name, rows in found.items():
        if name != ANSWERS and any(len(of.get(row.get("xmin", 0), ())) == 1 for row in rows):
            yield f"transaction in {name}"


def by_bytes(files: Mapping[str, bytes]) -> Iterator[str]:
    """Files that hold the answers in the order in which people took part: their first traces, or their last ones."""
    for name, content in files.items():
        for find in (content.find, content.rfind):
            at = [find(f"Words-of-{n:02}".encode()) for n in range(VOTERS)]
            there = sorted((place, n) for n, place in enumerate(at) if place >= 0)
            if is_order([n for _, n in there]):
                yield f"bytes of {name}"


def is_order(said: Sequence[int]) -> bool:
    """Is it nearly the order of 0, 1, 2, ..., or the opposite? By chance that happens once in 10^8 times."""
    n = len(said)
    if n < VOTERS:
        return False
    far = sum((place - ranked) ** 2 for place, ranked in enumerate(said))
    return abs(1 - 6 * far / (n * (n * n - 1))) > 0.9  # Spearman's coefficient


def files_of(url: str) -> dict[str, bytes]:
    """The database as it lies on the disk, with its logs; those of a server are not ours."""
    place = Path(url)
    return {} if ":" in url else {file.name: file.read_bytes() for file in place.parent.glob(f"{place.name}*")}


# -- what it finds -------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    """Stores that keep something which can be searched."""
    kind: str = request.param
    return kind


@pytest.mark.parametrize("end", ["close", "cancel"])
def test_no_way_leads_from_an_anonymous_answer_to_its_author(url: str, clock: FixedClock, end: str) -> None:  # C076
    with connect(url, actor="web form", clock=clock, ids=SeededIds()) as crm:
        campaign = held(crm, clock)
        crm.campaigns.cancel(campaign.id, "Enough") if end == "cancel" else crm.campaigns.close(campaign.id)
        assert paths(dump(url), files_of(url)) == set()
        assert len(crm.responses.of(campaign.id)) == VOTERS
        crm.store.verify()
    assert paths(dump(url), files_of(url)) == set()


def test_while_a_campaign_is_open_the_order_of_rows_leads_to_authors(url: str, clock: FixedClock) -> None:
    with connect(url, actor="web form", clock=clock, ids=SeededIds()) as crm:
        held(crm, clock)
        found = paths(dump(url), files_of(url))
    assert "order of place" in found
    assert ("bytes of crm.db" in found) != ("order of xmin" in found)  # of one database, and of the other


def test_ids_lead_from_confidential_answers_to_their_authors(url: str, clock: FixedClock) -> None:
    with connect(url, actor="web form", clock=clock, ids=SeededIds()) as crm:
        crm.campaigns.close(held(crm, clock, mode="confidential").id)
    assert {"value in servicecrm_response", "value in servicecrm_journal"} <= paths(dump(url))


def test_one_unit_for_both_would_lead_from_answers_to_their_authors(clock: FixedClock, postgres: Any) -> None:
    with empty_tables(postgres) as url, connect(url, actor="web form", clock=clock, ids=SeededIds()) as crm:
        held(crm, clock, together=True)
        found = paths(dump(url))
    assert {"transaction in servicecrm_invitation", "transaction in servicecrm_journal"} <= found


def test_the_log_of_a_database_is_cut_off_when_a_campaign_ends(tmp_path: Path, clock: FixedClock) -> None:  # C076
    url = str(tmp_path / "crm.db")
    with connect(url, writers="one", actor="web form", clock=clock, ids=SeededIds()) as crm:
        campaign = held(crm, clock)
        assert "bytes of crm.db-wal" in {*by_bytes(files_of(url))}
        crm.campaigns.close(campaign.id)
        assert files_of(url)["crm.db-wal"] == b""
        assert not {*by_bytes(files_of(url))}
    assert paths(dump(url), files_of(url)) == set()

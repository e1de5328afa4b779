"""A ballot is in the box once and by itself, however many cast it and whatever a host does around it."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from servicecrm.desk import Desk, aconnect, connect
from servicecrm.errors import PolicyViolation, RuleError
from servicecrm.testing import FixedClock
from tests.surveys.campaigning import ANN, LINK, an_open_campaign

THREADS = 8


def outcomes(work: Callable[[Desk], object], crm: Desk) -> Counter[str]:
    """What becomes of work that all threads do at the same moment, by the name of the error or "done"."""
    start = threading.Barrier(THREADS)

    def begin(_: int) -> str:
        start.wait()
        try:
            work(crm)
        except RuleError as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(begin, range(THREADS)))


def test_of_many_who_cast_a_ballot_at_once_one_does(url: str, clock: FixedClock) -> None:  # C076
    with connect(url, actor=ANN, clock=clock) as crm:
        campaign = an_open_campaign(crm, mode="anonymous")
        (one,) = crm.invitations.invite(campaign.id, ["c-1"], link=LINK).invitations
        ballot = crm.responses.take_part(one.token, {"overall": 3, "why": "Slow"})

        found = outcomes(lambda crm: crm.responses.cast(ballot), crm)

        assert found == {"done": 1, "PolicyViolation": THREADS - 1}
        assert len(crm.responses.answers(campaign.id)) == 3


def test_of_many_who_answer_an_invitation_at_once_one_has_a_ballot(url: str, clock: FixedClock) -> None:  # C076
    with connect(url, actor=ANN, clock=clock) as crm:
        campaign = an_open_campaign(crm, mode="anonymous")
        (one,) = crm.invitations.invite(campaign.id, ["c-1"], link=LINK).invitations

        found = outcomes(lambda crm: crm.responses.take_part(one.token, {"overall": 3}), crm)

        assert found == {"done": 1, "PolicyViolation": THREADS - 1}


def test_no_unit_that_is_open_takes_a_ballot(url: str, clock: FixedClock) -> None:  # C076
    with connect(url, actor=ANN, clock=clock) as crm:
        campaign = an_open_campaign(crm, mode="anonymous")
        ballot = crm.responses.ballot(campaign.id, {"overall": 3})
        with pytest.raises(PolicyViolation, match="after the end of this one"), crm.unit():
            crm.responses.cast(ballot)
        with pytest.raises(PolicyViolation, match="after the end of this one"):
            crm.store.atomically(lambda _: crm.responses.cast(ballot))
        assert not crm.responses.answers(campaign.id)


def test_nor_does_one_that_is_awaited(url: str, clock: FixedClock) -> None:  # C076
    with connect(url, actor=ANN, clock=clock) as crm:
        campaign = an_open_campaign(crm, mode="anonymous")
        ballot = crm.responses.ballot(campaign.id, {"overall": 3})

    async def cast() -> None:
        async with await aconnect(url, actor=ANN, clock=clock) as crm:
            with pytest.raises(PolicyViolation, match="after the end of this one"):
                async with crm.unit():
                    await crm.responses.cast(ballot)
            await crm.responses.cast(ballot)
            with pytest.raises(PolicyViolation, match="cast once"):
                await crm.responses.cast(ballot)

    if url != "memory:":  # which is forgotten between two desks
        asyncio.run(cast())

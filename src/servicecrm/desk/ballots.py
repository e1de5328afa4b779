"""Anonymous answers at the desk: that somebody takes part is kept, and apart from it what they say."""

import secrets
from collections.abc import Iterable, Mapping
from typing import ClassVar

from servicecrm.desk.asked import asked_by, asks
from servicecrm.desk.commands import Commands
from servicecrm.desk.quota_places import places_moved
from servicecrm.errors import AlreadyExists, PolicyViolation
from servicecrm.kernel.shapes import mapped, several
from servicecrm.storage import answers as table
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.surveys import ballots, responses
from servicecrm.surveys.answers import Answer
from servicecrm.surveys.campaign_lifecycle import RESPONSE_LIFECYCLE
from servicecrm.surveys.campaign_model import Campaign
from servicecrm.surveys.response_model import Ballot, Response
from servicecrm.surveys.schema import RESPONSE

__all__ = ["Ballots"]


class Ballots(Commands[Response]):
    """Take anonymous answers in.

    Source: C077.
    """

    _kind: ClassVar = RESPONSE
    _actions: ClassVar = responses
    _lifecycle: ClassVar = RESPONSE_LIFECYCLE
    _by_policy: ClassVar = frozenset()

    def take_part(
        self, token: str, given: Mapping[str, object], *, finished: bool = True, language: str | None = None
    ) -> Ballot:
        """Answer an invitation to an anonymous campaign: it is kept that they took part, and the ballot is given back.

        Hand it to `cast` afterwards, in a unit of its own. If that never happens the answers are lost, because nobody
        can take part twice.

        Raises:
            NotFound: nobody was given such a token.
            PolicyViolation: they took part before; the campaign is not anonymous, or over.
            MalformedDocument: an answer is wrong or missing; every problem, with its path.
        """
        answers, order, key = mapped("given", given), self._order("take_part", {}, None), _secret()

        def program(work: Work) -> Program[Ballot]:
            invitation, campaign, questionnaire, _ = yield from asked_by(work, token)
            self._permit(order, "record")
            ballot, decision = ballots.vote(
                invitation,
                campaign,
                questionnaire,
                answers,
                key=key,
                finished=finished,
                language=language,
                by=order.by,
                at=order.at,
            )
            yield from work.save(decision, *(yield from places_moved(work, campaign, decision, order, counts=True)))
            return ballot

        return self._desk.perform(program)

    def ballot(
        self,
        campaign: str,
        given: Mapping[str, object] | Iterable[Answer],
        *,
        finished: bool = True,
        language: str | None = None,
    ) -> Ballot:
        """Check the answers of somebody who came without an invitation; hand the ballot to `cast`. See
        `ballots.ballot`."""
        at, key = self._desk.clock(), _secret()
        answers = given if isinstance(given, Mapping) else several("given", given, Answer)

        def program(work: Work) -> Program[Ballot]:
            found, questionnaire = yield from asks(work, campaign)
            return ballots.ballot(found, questionnaire, answers, key=key, finished=finished, language=language, at=at)

        return self._desk.perform(program, readonly=True)

    def cast(self, *given: Ballot) -> None:
        """Put anonymous answers in: under random keys, without a time, a name or a trace in the journal.

        If it is not known whether it was done, do it again: a ballot that is in the box is refused.

        Raises:
            PolicyViolation: a unit is open, and whatever else is done in it would be joined to the answers; or one of
                the ballots was cast before, so that none of them is.
        """
        if self._desk.store.engine.joined:
            raise PolicyViolation("anonymous", "on a connection of yours, what you commit with it would join the two")
        if self._desk.store.in_unit:
            raise PolicyViolation("anonymous", "cast ballots in a unit of their own: after the end of this one")
        order = self._order("cast", {}, None)

        def program(work: Work) -> Program[None]:
            self._permit(order, "record")
            try:
                yield from table.put(each for ballot in given for each in ballot.given())
            except AlreadyExists:  # which says where, and that is nobody's business
                raise PolicyViolation("anonymous", "a ballot is cast once, and one of these is in the box") from None
            for id in dict.fromkeys(ballot.campaign for ballot in given):
                campaign = yield from work.get(Campaign, id, held=False)
                if campaign.closed_at is not None:  # it came in time, and the others have been shuffled
                    yield from table.shuffled(id)

        return self._desk.perform(program)


def _secret() -> str:
    """What the places of a ballot follow from. Not an id of the desk: these tell the time."""
    return secrets.token_urlsafe(24)

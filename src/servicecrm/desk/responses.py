"""Responses at the desk: what people answer is checked and kept, with their names or without."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from secrets import token_hex
from typing import Any, NamedTuple

import attrs

from servicecrm.desk.asked import asked_by, asks, counted
from servicecrm.desk.ballots import Ballots
from servicecrm.desk.programs import Decided, fetch, saved_with_all, start
from servicecrm.desk.quota_places import places_moved, places_over
from servicecrm.errors import ImportProblem, InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.kinds import storable
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import mapped, named, several
from servicecrm.kernel.years import in_years
from servicecrm.storage import answers as table
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.surveys import ballots, invitations, quotas, responses
from servicecrm.surveys.campaign_lifecycle import ANSWERED, OPEN, OPENING
from servicecrm.surveys.campaign_model import Campaign, Exclusion, Invitation, Mode
from servicecrm.surveys.importing import ReadRow
from servicecrm.surveys.invitations import INVITATION_LIFECYCLE, News
from servicecrm.surveys.model import Questionnaire
from servicecrm.surveys.response_model import UNNAMED, Extent, GivenAnswer, Response, Source, blurred, unnamed_id
from servicecrm.surveys.schema import CAMPAIGN

__all__ = ["Begun", "Imported", "Responses"]

PLACE_KEPT = timedelta(hours=1)


class Begun(NamedTuple):
    """Somebody has come to answer: what they are asked, and what they have said before. With `full` quotas they are not
    asked any more."""

    invitation: Invitation
    campaign: Campaign
    questionnaire: Questionnaire
    before: Response | None
    full: tuple[str, ...]


@attrs.frozen
class Imported:
    """How many rows were saved, how many were there already, and what was wrong in these and in those left out.

    Those of the saved ones that are `broken_off` lack so much that they do not count.
    """

    saved: int
    known: int
    problems: tuple[ImportProblem, ...]
    broken_off: int


class Responses(Ballots):
    """Take answers in, and give them back to be counted.

    Source: C077.
    """

    # -- by invitation ---------------------------------------------------------------------------

    def begin(self, token: str, *, keep: timedelta = PLACE_KEPT) -> Begun:
        """Somebody has followed the link with this token. A place in the quotas is kept for them for a while.

        If a quota is full, they are left out, and `full` names it.

        Raises:
            NotFound: nobody was given such a token.
            InvalidValue: `keep` is no duration, or leads out of the years 1 to 9999.
        """
        if not isinstance(keep, timedelta):
            raise InvalidValue("keep", f"expected a duration, got {type(keep).__name__}")
        order = self._order("begin", {}, None)

        def program(work: Work) -> Program[Begun]:
            invitation, campaign, questionnaire, before = yield from asked_by(work, token)
            self._permit(order, "record" if before is None else "replace")
            decisions: Sequence[Decision[Any]] = ()
            full: tuple[str, ...] = ()
            if OPENING not in INVITATION_LIFECYCLE.allowed(invitation):
                pass  # they declined, or were left out
            elif not campaign.quotas or campaign.state != OPEN or invitation.state in ANSWERED:
                decisions = (invitations.mark(invitation, News.OPENED, by=order.by, at=order.at),)
            else:
                over = yield from places_over(work, campaign, order)
                full = quotas.full(campaign, invitation, order.at, over)
                if full:
                    left = invitations.exclude(invitation, Exclusion.OVER_QUOTA, by=order.by, at=order.at)
                    decisions = (left, *(yield from places_moved(work, campaign, left, order)))
                else:
                    until = in_years("keep", order.at, spare=keep) + keep
                    decisions = quotas.reserve(campaign, invitation, over, until=until, by=order.by, at=order.at)
            for saved in (yield from work.save(*decisions)):
                invitation, campaign = (saved, campaign) if isinstance(saved, Invitation) else (invitation, saved)
            return Begun(invitation, campaign, questionnaire, before, full)

        return self._desk.perform(program)

    def answer(
        self,
        token: str,
        given: Mapping[str, object],
        *,
        finished: bool = True,
        language: str | None = None,
        command: str | None = None,
    ) -> Response:
        """Answer an invitation, go on, or answer again before the end. See `responses.answer`.

        Raises:
            NotFound: nobody was given such a token.
            PolicyViolation: the campaign is anonymous: `take_part`, then `cast`.
            GuardNotMet: a quota is full.
            MalformedDocument: an answer is wrong or missing; every problem, with its path.
        """
        answers = mapped("given", given)
        told = {"token": token, "given": answers, "finished": finished, "language": language}
        order, id = self._order("answer", told, command), self._desk.ids()

        def program(work: Work) -> Program[Response]:
            def decide() -> Program[Decided]:
                invitation, campaign, questionnaire, before = yield from asked_by(work, token)
                self._permit(order, "record" if before is None else "replace")
                _check_named(campaign, "take_part")
                said, part = responses.answer(
                    invitation,
                    campaign,
                    questionnaire,
                    answers,
                    id=id,
                    before=before,
                    finished=finished,
                    language=language,
                    by=order.by,
                    at=order.at,
                )
                kept = _with_alias(said)
                yield from table.replaced(kept.after.given())
                places = yield from places_moved(work, campaign, part, order, counts=said.after.counts)
                return (kept, part, *places)

            return (yield from start(work, Response, decide, order))

        return self._desk.perform(program)

    # -- without one -----------------------------------------------------------------------------

    def record(
        self,
        campaign: str,
        given: Mapping[str, object],
        *,
        finished: bool = True,
        language: str | None = None,
        source: Source | str = Source.FORM,
        contact: str | None = None,
        customer: str | None = None,
        service: str | None = None,
        stratum: str | None = None,
        context: Mapping[str, object] = EMPTY,
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Response:
        """Keep a response that came without an invitation, such as an interview. See `responses.record`."""
        told: dict[str, Any] = {
            "given": mapped("given", given),
            "finished": finished,
            "language": language,
            "source": source,
            "contact": contact,
            "customer": customer,
            "service": service,
            "stratum": stratum,
            "context": context,
            "extra": extra,
            "occurred_at": occurred_at,
        }
        order, id = self._order("record", {"campaign": campaign, **told}, command), self._desk.ids()

        def program(work: Work) -> Program[Response]:
            def decide() -> Program[Decided]:
                self._permit(order, "record")
                found, questionnaire = yield from asks(work, campaign)
                _check_named(found, "ballot")
                decided = _with_alias(responses.record(found, questionnaire, id=id, by=order.by, at=order.at, **told))
                yield from table.put(decided.after.given())
                return decided

            return (yield from start(work, Response, decide, order))

        return self._desk.perform(program)

    def import_(
        self,
        campaign: str,
        rows: Iterable[ReadRow],
        *,
        key: str | None = None,
        contact: str | None = None,
        customer: str | None = None,
        stratum: str | None = None,
    ) -> Imported:
        """Keep the responses of a table: `import_(campaign, importing.read_rows(csv.DictReader(file), questionnaire))`.

        All of them in one unit, or none. `key` names the column that tells a row from all others: those that are there
        already are left alone, and those without a key are left out, which is a problem. `contact`, `customer` and
        `stratum` name columns too. See `importing.read_rows`.

        Raises:
            PolicyViolation: the campaign is anonymous: `cast` a `ballot` of each row.
            InvalidValue: there is no such column.
        """
        every, order = several("rows", rows, ReadRow), self._order("import_", {}, None)
        keyed = [row for row in every if key is None or _other(row, key) is not None]
        new = [self._desk.ids() for _ in keyed]

        def program(work: Work) -> Program[Imported]:
            self._permit(order, "record")
            found, questionnaire = yield from asks(work, campaign)
            _check_named(found, "ballot")
            ids = new if key is None else [f"{found.id}:{_other(row, key)}" for row in keyed]
            known = yield from work.present(Response, list(dict.fromkeys(ids)), held=False)
            decided: dict[str, Decision[Response]] = {}
            for id, row in zip(ids, keyed, strict=True):
                if id in known or id in decided:
                    continue
                new_one = responses.record(
                    found,
                    questionnaire,
                    row.answers,
                    id=id,
                    finished=row.finished,
                    source=Source.IMPORT,
                    by=order.by,
                    at=order.at,
                    occurred_at=None if row.day is None else datetime.combine(row.day, time(), UTC),
                    contact=_other(row, contact),
                    customer=_other(row, customer),
                    stratum=_other(row, stratum),
                )
                decided[id] = _with_alias(new_one)
            yield from saved_with_all(work, list(decided.values()), order)
            yield from table.put(each for decision in decided.values() for each in decision.after.given())
            problems = [problem for row in every for problem in (*row.problems, *_unkeyed(row, key))]
            return Imported(
                saved=len(decided),
                known=len(keyed) - len(decided),
                problems=tuple(problems),
                broken_off=sum(decision.after.extent is Extent.BROKEN_OFF for decision in decided.values()),
            )

        return self._desk.perform(program)

    # -- what counts -----------------------------------------------------------------------------

    def exclude(self, response: str, reason: str, *, command: str | None = None) -> Response:
        """Decide that a response does not count. See `responses.exclude`."""
        return self._counted(response, "exclude", command, reason=reason)

    def readmit(self, response: str, *, reason: str | None = None, command: str | None = None) -> Response:
        """Decide that it counts after all. See `responses.readmit`."""
        return self._counted(response, "readmit", command, reason=reason)

    def of(self, campaign: str, *, every: bool = False) -> tuple[Response, ...]:
        """The responses to a campaign that count, or with `every` all of them; as results may show them.

        Those of a confidential campaign hold nothing that leads to a person, of the day the year alone, and have ids by
        which no record is found.
        Those of an anonymous one hold no texts.
        """

        def program(work: Work) -> Program[tuple[Response, ...]]:
            found, questionnaire = yield from asks(work, campaign)
            if found.mode is Mode.ANONYMOUS:
                return ballots.collected(found, questionnaire, (yield from table.answers_of(found.id)))
            return (yield from counted(work, found, every=every))

        return self._desk.perform(program, readonly=True)

    def answers(self, campaign: str) -> tuple[GivenAnswer, ...]:
        """The answers that count, one by one, free texts among them: what `surveys.evaluate` takes of any campaign.

        In an anonymous one a text belongs to nobody, and to no other answers; where it is asked because of what was
        marked, and of less than five, it is left out. In a confidential one no record is found by the ids.
        """

        def program(work: Work) -> Program[tuple[GivenAnswer, ...]]:
            found, questionnaire = yield from asks(work, campaign)
            given = [each for each in (yield from table.answers_of(found.id)) if each.counts]
            if found.mode is Mode.ANONYMOUS:
                return ballots.told(questionnaire, given)
            if found.mode is Mode.CONFIDENTIAL:
                given = sorted((each.unnamed for each in given), key=attrgetter("id"))
            return tuple(given)

        return self._desk.perform(program, readonly=True)

    def columns(self, campaign: str) -> dict[str, list[Any]]:
        """The answers that count as a table, one row for each answer: `polars.DataFrame(crm.responses.columns(id))`."""

        def program(work: Work) -> Program[dict[str, list[Any]]]:
            found = yield from fetch(work, CAMPAIGN, campaign)
            columns = yield from table.columns_of(found.id)
            return _unnamed(columns) if found.mode is Mode.CONFIDENTIAL else columns

        return self._desk.perform(program, readonly=True)

    # -- inside ----------------------------------------------------------------------------------

    def _counted(self, response: str, action: str, command: str | None, **told: Any) -> Response:
        changed = self._change(action, [response], command, **told)

        def program(work: Work) -> Program[Response]:
            (saved,) = yield from changed(work)
            yield from table.replaced(saved.given())
            return saved

        return self._desk.perform(program)


def _with_alias(decided: Decision[Response]) -> Decision[Response]:
    """The same with an id by chance for results, if it is new and confidential: the id of a record can be guessed, as
    that of an imported one, or is known to whoever sees the journal."""
    if decided.before is not None or decided.after.mode is not Mode.CONFIDENTIAL:
        return decided
    return attrs.evolve(decided, after=evolve(decided.after, alias=UNNAMED + token_hex(16)))


def _check_named(campaign: Campaign, ballot: str) -> None:
    """Is there a record of a response? Of an anonymous one there is a ballot, which is made by the command so named."""
    if campaign.mode is Mode.ANONYMOUS:
        told = f"cast a ballot: `crm.responses.{ballot}`, then `crm.responses.cast`"
        raise PolicyViolation("anonymous", f"of an anonymous response there is no record; {told}")


def _other(row: ReadRow, column: str | None) -> str | None:
    if column is not None and storable("column", column) not in row.others:
        raise InvalidValue("column", f"row {row.n} has no {named('column', column)}")
    return None if column is None else row.others[column] or None


def _unkeyed(row: ReadRow, key: str | None) -> tuple[ImportProblem, ...]:
    """What is wrong with a row that nothing tells from all others."""
    if key is None or _other(row, key) is not None:
        return ()
    return (ImportProblem("there is no key, so that the row is left out", row=row.n, column=key),)


def _unnamed(columns: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """Columns of answers with other ids of responses, and in their order, and without their days.

    The order of the true ids would tell these.
    """
    ids = [unnamed_id(id) for id in columns["response"]]
    places = sorted(range(len(ids)), key=ids.__getitem__)
    days = [blurred(date.fromisoformat(day)).isoformat() for day in columns["day"]]
    told = {**columns, "response": ids, "day": days}
    return {name: [values[place] for place in places] for name, values in told.items()}

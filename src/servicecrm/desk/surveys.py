"""Questionnaires and campaigns at the desk: write what is asked, plan when, hold it, and say what came of it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Unpack

from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, Order, fetch, start
from servicecrm.desk.quota_places import places_over
from servicecrm.kernel.filters import in_parts, where
from servicecrm.kernel.shapes import several
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.surveys import campaigns, questionnaires, quotas
from servicecrm.surveys.campaign_lifecycle import CAMPAIGN_LIFECYCLE
from servicecrm.surveys.campaign_model import Campaign, Sampling
from servicecrm.surveys.campaigns import Plan, Replan
from servicecrm.surveys.items import Item, Words
from servicecrm.surveys.lifecycle import LIFECYCLE
from servicecrm.surveys.model import Questionnaire
from servicecrm.surveys.questionnaires import Content
from servicecrm.surveys.quotas import Standing
from servicecrm.surveys.schema import CAMPAIGN, QUESTIONNAIRE

__all__ = ["Campaigns", "Questionnaires"]


class Questionnaires(Commands[Questionnaire]):
    """Write questionnaires, release them, and make new versions of them.

    Source: C074, C075.
    """

    _kind: ClassVar = QUESTIONNAIRE
    _actions: ClassVar = questionnaires
    _lifecycle: ClassVar = LIFECYCLE
    _by_policy: ClassVar = frozenset()

    def draft(
        self, *, family: str | None = None, command: str | None = None, **content: Unpack[Content]
    ) -> Questionnaire:
        """Begin a questionnaire: `draft(**surveys.template("nps"))`. See `surveys.draft`."""
        told: dict[str, Any] = {"family": family, **_listed(content)}
        order, id = self._order("draft", told, command), self._desk.ids()

        def program(work: Work) -> Program[Questionnaire]:
            def decide() -> Program[Decided]:
                self._permit(order, "draft")
                yield from ()
                return questionnaires.draft(id=id, by=order.by, at=order.at, **told)

            return (yield from start(work, Questionnaire, decide, order))

        return self._desk.perform(program)

    def edit(self, questionnaire: str, *, command: str | None = None, **content: Unpack[Content]) -> Questionnaire:
        """Change what it asks; it is a draft again. See `surveys.edit`."""
        return self._do("edit", questionnaire, command, **_listed(content))

    def review(self, questionnaire: str, *, command: str | None = None) -> Questionnaire:
        """Find it good, so that it can be released. See `surveys.review`."""
        return self._do("review", questionnaire, command)

    def send_back(self, questionnaire: str, reason: str, *, command: str | None = None) -> Questionnaire:
        """Make it a draft again, because there is something to change. See `surveys.send_back`."""
        return self._do("send_back", questionnaire, command, reason=reason)

    def release(self, questionnaire: str, *, command: str | None = None) -> Questionnaire:
        """Freeze it, so that people can be asked to answer it. See `surveys.release`."""
        return self._do("release", questionnaire, command)

    def correct(
        self,
        questionnaire: str,
        reason: str,
        *,
        title: Words | None = None,
        introduction: Words | None = None,
        items: Iterable[Item] | None = None,
        command: str | None = None,
    ) -> Questionnaire:
        """Put words right that are released. See `surveys.correct`."""
        words = {
            "title": title,
            "introduction": introduction,
            "items": None if items is None else several("items", items, Item),
        }
        return self._do("correct", questionnaire, command, reason=reason, **words)

    def new_version(
        self, questionnaire: str, *, command: str | None = None, **content: Unpack[Content]
    ) -> Questionnaire:
        """Begin the next version, as a draft of its own; gives the draft. See `surveys.new_version`."""
        told = _listed(content)
        order = self._order("new_version", {"questionnaire": questionnaire, **told}, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Questionnaire]:
            def decide() -> Program[Decided]:
                found = yield from work.get(Questionnaire, questionnaire)
                self._permit(order, "new_version", found)
                return questionnaires.new_version(found, id=id, by=order.by, at=order.at, **told)

            return (yield from start(work, Questionnaire, decide, order))

        return self._desk.perform(program)

    def retire(self, questionnaire: str, *, reason: str | None = None, command: str | None = None) -> Questionnaire:
        """Take it out of use. See `surveys.retire`."""
        return self._do("retire", questionnaire, command, reason=reason)


def _listed(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same with lists that can be gone through twice: for the fingerprint, and for the change itself."""
    return {
        name: tuple(value) if isinstance(value, Iterable) and not isinstance(value, str | Mapping) else value
        for name, value in content.items()
    }


class Campaigns(Commands[Campaign]):
    """Plan campaigns, hold them, and see which are due again: surveys, and other ways to find out how satisfied people
    are.

    Source: C072; FitSM-1 PR7.6.
    """

    _kind: ClassVar = CAMPAIGN
    _actions: ClassVar = campaigns
    _lifecycle: ClassVar = CAMPAIGN_LIFECYCLE
    _by_policy: ClassVar = frozenset()
    _work: ClassVar = ("owner", "answer_until")

    def plan(
        self,
        title: str,
        *,
        opens_at: datetime,
        answer_until: datetime,
        command: str | None = None,
        **plan: Unpack[Plan],
    ) -> Campaign:
        """Plan a campaign; gives it with its new id and number. See `campaigns.plan`."""
        told: dict[str, Any] = {"title": title, "opens_at": opens_at, "answer_until": answer_until, **_listed(plan)}
        order, id = self._order("plan", told, command), self._desk.ids()

        def program(work: Work) -> Program[Campaign]:
            def decide() -> Program[Decided]:
                self._permit(order, "plan")
                number = yield from work.number(Campaign, order.at.year)
                return campaigns.plan(id=id, number=number, by=order.by, at=order.at, **told)

            return (yield from start(work, Campaign, decide, order))

        return self._desk.perform(program)

    def change(
        self, campaign: str, *, reason: str | None = None, command: str | None = None, **plan: Unpack[Replan]
    ) -> Campaign:
        """Change a plan. See `campaigns.change`."""
        return self._do("change", campaign, command, reason=reason, **_listed(plan))

    def prepare(self, campaign: str, questionnaire: str | None = None, *, command: str | None = None) -> Campaign:
        """Find a plan complete, with the id of the released questionnaire that it asks with. See `campaigns.prepare`.

        Raises:
            NotFound: there is no such questionnaire.
        """

        def more(work: Work, _found: Campaign, _order: Order) -> Program[Mapping[str, Any]]:
            asks = None if questionnaire is None else (yield from work.get(Questionnaire, questionnaire))
            return {"questionnaire": asks}

        return self._do("prepare", campaign, command, asked={"questionnaire": questionnaire}, more=more)

    def draw(self, campaign: str, sampling: Sampling, *, command: str | None = None) -> Campaign:
        """Keep how those to be invited were chosen. See `campaigns.draw`."""
        return self._do("draw", campaign, command, sampling=sampling)

    def open(self, campaign: str, *, command: str | None = None) -> Campaign:
        """Begin. See `campaigns.open`."""
        return self._do("open", campaign, command)

    def close(self, campaign: str, *, command: str | None = None) -> Campaign:
        """End it. Anonymous answers are put in an order that tells nothing. See `campaigns.close`."""
        return self._do("close", campaign, command)

    def evaluate(self, campaign: str, evaluation: str, *, command: str | None = None) -> Campaign:
        """Say what came of it. See `campaigns.evaluate`."""
        return self._do("evaluate", campaign, command, evaluation=evaluation)

    def archive(self, campaign: str, *, command: str | None = None) -> Campaign:
        """Put it away. See `campaigns.archive`."""
        return self._do("archive", campaign, command)

    def cancel(self, campaign: str, reason: str, *, command: str | None = None) -> Campaign:
        """Call it off, or break it off. Anonymous answers are put in an order that tells nothing. See
        `campaigns.cancel`."""
        return self._do("cancel", campaign, command, reason=reason)

    def next_wave(
        self,
        campaign: str,
        *,
        opens_at: datetime,
        answer_until: datetime,
        command: str | None = None,
        **plan: Unpack[Plan],
    ) -> Campaign:
        """Plan the next wave; gives it with its new id and number. See `campaigns.next_wave`."""
        told: dict[str, Any] = {"opens_at": opens_at, "answer_until": answer_until, **_listed(plan)}
        order = self._order("next_wave", {"campaign": campaign, **told}, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Campaign]:
            def decide() -> Program[Decided]:
                found = yield from fetch(work, CAMPAIGN, campaign)
                self._permit(order, "next_wave", found)
                number = yield from work.number(Campaign, order.at.year)
                return campaigns.next_wave(found, id=id, number=number, by=order.by, at=order.at, **told)

            return (yield from start(work, Campaign, decide, order))

        return self._desk.perform(program)

    def due_again(self, day: date) -> tuple[tuple[Campaign, date], ...]:
        """The campaigns that are to be done again by a day, each with the day on which it is due, the earliest first.

        Of a series only the last wave is looked at.

        Source: C072, C084.
        """

        def program(work: Work) -> Program[tuple[tuple[Campaign, date], ...]]:
            page = yield from work.find(Campaign, where("again_on") <= day, order="again_on")
            last: dict[object, object] = {}
            for part in in_parts(dict.fromkeys(each.series for each in page)):
                waves, _ = yield from work.rows(Campaign, ("series", "id"), where("series").one_of(part), order="wave")
                last.update((series, id) for series, id in waves)  # the last one stays
            due = ((each, campaigns.next_due(each)) for each in page if last[each.series] == each.id)
            return tuple((each, on) for each, on in due if on is not None)

        return self._desk.perform(program, readonly=True)

    def places(self, campaign: str) -> tuple[Standing, ...]:
        """How full each quota is now. See `quotas.standing`."""
        order = self._order("places", {}, None)

        def program(work: Work) -> Program[tuple[Standing, ...]]:
            found = yield from fetch(work, CAMPAIGN, campaign)
            return quotas.standing(found, order.at, (yield from places_over(work, found, order)))

        return self._desk.perform(program, readonly=True)

    def waves(self, series: str) -> tuple[Campaign, ...]:
        """All waves of a series, the first one first."""

        def program(work: Work) -> Program[tuple[Campaign, ...]]:
            return (yield from work.find(Campaign, where("series") == series, order="wave")).items

        return self._desk.perform(program, glance=True)

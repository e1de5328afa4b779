"""A letter to a complainant or a requester about how it stands with what they have brought to us."""

from collections.abc import Iterator

from servicecrm.analytics.status_info import StatusInfo
from servicecrm.errors import InvalidValue
from servicecrm.reports.model import Passage, Section
from servicecrm.reports.writing import Writing

__all__ = ["status_letter"]


def status_letter(info: StatusInfo, write: Writing) -> Iterator[Section]:
    """What the audience of the status may know, and nothing else.

    Raises:
        InvalidValue: there is no such record, or whoever asks may not know of it.

    Source: C052; ISO 10002 clause 7 (tracking), status on request.
    """
    if not info.found:
        raise InvalidValue("status", "there is nothing to tell: no such record was found")
    yield write.head(("number", info.number or ""), ("subject", info.subject or ""))
    standing = write.text("standing", state=info.state_in_words or "", since=write.day(info.since))
    told = [standing, info.next or ""]
    if info.promised_by is not None:
        told.append(write.text("promised", day=write.day(info.promised_by)))
    yield write.section("status", *(Passage(text=each) for each in told if each))
    if info.last_message is not None:
        yield from write.passage("last_message", f"{write.day(info.last_message.at)}: {info.last_message.text}")
    yield from write.passage("verdict", info.verdict)
    remedies = [
        (
            each.kind_in_words,
            each.text or ("" if each.amount is None else f"{each.amount.amount:,} {each.amount.currency}"),
            each.status_in_words,
            write.day(each.valid_until),
        )
        for each in info.remedies
    ]
    yield from write.table("remedies", ("remedy", "what", "how_far", "valid_until"), remedies)
    yield from write.points("recourse", info.recourse)

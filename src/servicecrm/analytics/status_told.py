"""What they have read and heard of a record: neither our mistakes nor what was decided after the answer."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import compress

from servicecrm.cases.codes import MomentKind as OfCases
from servicecrm.cases.model import Case
from servicecrm.complaints.codes import Verdict
from servicecrm.complaints.judged import judged
from servicecrm.complaints.model import Complaint, MomentKind
from servicecrm.kernel.kinds import micros
from servicecrm.tracking.messages import Message, MessageClass
from servicecrm.tracking.moments import Moment, Side, standing

__all__ = ["said", "told_verdict"]


def said(record: Complaint | Case, messages: Iterable[Message]) -> Iterator[Message]:
    """Those of our messages that they have read.

    Not read was what was entered by mistake, and our own note of a call that was the answer. A message has its
    times and its class in common with its moment. Several that were entered at one time, as imports do, have their
    moments in the order of their ids; where some of them are missing, all are passed over if one is.
    """
    counting = {moment.n for moment in standing(record.moments)}
    calls = {_times(moment) for moment in record.moments if moment.kind == OfCases.CONTACT}
    read: defaultdict[tuple[object, ...], list[bool]] = defaultdict(list)
    for moment in record.moments:
        if moment.side is Side.INSIDE:
            call = moment.code == MessageClass.FINAL_RESPONSE and _times(moment) in calls
            read[_times(moment), moment.code].append(moment.n in counting and not call)
    together: defaultdict[tuple[object, ...], list[Message]] = defaultdict(list)
    for message in sorted(messages, key=lambda message: message.id):
        together[_times(message), message.klass].append(message)
    for key, each in together.items():
        known = read.get(key, [True])
        if len(known) != len(each):
            known = [all(known)] * len(each)
        yield from compress(each, known)


def _times(of: Moment | Message) -> tuple[int, int]:
    return micros(of.occurred_at), micros(of.recorded_at)


def told_verdict(complaint: Complaint) -> Verdict | None:
    """What the answer rests on: the last judgement that was entered before it."""
    if complaint.answered_at is None:
        return None
    counting = {moment.n: moment.kind for moment in standing(complaint.moments)}
    answered = max((n for n, kind in counting.items() if kind == MomentKind.ANSWERED), default=None)
    told: Verdict | None = None
    for judgement, moment in judged(complaint):
        if moment is None or answered is None:
            # Of what was taken over from another system, nothing but the times is known.
            before = micros(judgement.at) <= micros(complaint.answered_at)
        else:
            before = moment.n < answered and moment.n in counting
        if before:
            told = judgement.verdict
    return told

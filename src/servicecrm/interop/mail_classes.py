"""What is a mail worth: somebody's word, or a machine's?

An automatic reply, a bounce or a "thank you" reopens nothing and stops no clock. The rules are one table; the first
that holds decides.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from servicecrm.kernel.notices import NOTICE_HEADER
from servicecrm.tracking.messages import MessageClass

__all__ = ["RULES", "Rule", "Seen", "answerable", "classify"]

_AUTOMATIC: Final = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from", "x-mail-autoreply")
_MASS: Final = ("auto_reply", "bulk", "junk")
_UNANSWERED: Final = ("list-id", "list-unsubscribe", "x-loop", "feedback-id")
_DAEMONS: Final = ("mailer-daemon", "postmaster")
_NO_REPLY: Final = re.compile(r"(?:do[-_.]?not|no)[-_.]?reply\b|mailer-daemon$|postmaster$|bounces?\b", re.IGNORECASE)
_AWAY: Final = re.compile(
    r"(?:automatic reply|auto[- ]?reply|autoreply|out of office|automatische antwort|abwesenheitsnotiz|abwesend|"
    r"自动答复|自动回复|自動回覆)\s*[:\uff1a]",
    re.IGNORECASE,
)


@attrs.frozen(kw_only=True, repr=False)
class Seen:
    """What the rules look at: headers by their names in lower case, and what was found out besides."""

    headers: Mapping[str, str]
    media_type: str
    report: str
    sender: str
    subject: str
    undelivered: bool
    own_message_id: bool
    courtesy: bool

    def says(self, name: str, *words: str) -> bool:
        """Does this header begin with one of the words?"""
        return self.headers.get(name, "").casefold().startswith(words)

    @property
    def null_path(self) -> bool:
        """Was it sent so that nothing can come back?"""
        return self.headers.get("return-path", "").replace(" ", "") == "<>"

    @property
    def suppressing(self) -> bool:
        """Does it ask Exchange not to answer by itself? Desks of others ask that for what people write, too."""
        words = re.split(r"[,;\s]+", self.headers.get("x-auto-response-suppress", "").casefold())
        return not {"all", "oof", "autoreply"}.isdisjoint(words)


@attrs.frozen
class Rule:
    """One line of the table: the name of the rule, the class that it gives, and when it holds."""

    name: str
    klass: MessageClass
    holds: Callable[[Seen], bool]


def _automatic_header(seen: Seen) -> bool:
    return any(name in seen.headers and not seen.says(name, "no", "false") for name in _AUTOMATIC)


def _is_report(seen: Seen, *types: str) -> bool:
    return seen.media_type == "multipart/report" and seen.report in types


def _daemon(seen: Seen) -> bool:
    return seen.null_path and seen.sender.partition("@")[0].casefold() in _DAEMONS


OWN, BOUNCE, AUTO, COURTESY = (
    MessageClass.OWN_NOTICE, MessageClass.BOUNCE, MessageClass.AUTO_REPLY, MessageClass.COURTESY
)  # fmt: skip

RULES: Final = (
    Rule("own_header",        OWN,      lambda seen: NOTICE_HEADER.lower() in seen.headers),
    Rule("own_message_id",    OWN,      lambda seen: seen.own_message_id),
    Rule("not_delivered",     BOUNCE,   lambda seen: seen.undelivered),
    Rule("delivery_report",   AUTO,     lambda seen: _is_report(seen, "delivery-status", "disposition-notification")),
    Rule("mailer_daemon",     BOUNCE,   _daemon),
    Rule("auto_submitted",    AUTO,     lambda seen: "auto-submitted" in seen.headers
                                                     and not seen.says("auto-submitted", "no")),
    Rule("automatic_header",  AUTO,     _automatic_header),
    Rule("exchange_loop",     AUTO,     lambda seen: seen.suppressing
                                                     and "x-ms-exchange-inbox-rules-loop" in seen.headers),
    Rule("precedence",        AUTO,     lambda seen: seen.says("precedence", *_MASS)
                                                     or seen.says("x-precedence", *_MASS)),
    Rule("away_subject",      AUTO,     lambda seen: _AWAY.match(seen.subject) is not None),
    Rule("null_return_path",  BOUNCE,   lambda seen: seen.null_path),
    Rule("courtesy",          COURTESY, lambda seen: seen.courtesy),
)  # fmt: skip
"""The rules in their order. A mail that none of them knows is substantive."""


def classify(seen: Seen) -> tuple[MessageClass, str]:
    """The class of a mail, and the name of the rule that gave it.

    Source: RFC 3834; RFC 3464.
    """
    for rule in RULES:
        if rule.holds(seen):
            return rule.klass, rule.name
    return MessageClass.SUBSTANTIVE, "no_rule"


def answerable(seen: Seen, klass: MessageClass) -> bool:
    """May a machine answer this, such as with an acknowledgement, without a loop or a nuisance?

    Source: RFC 3834 section 2.
    """
    if klass not in (MessageClass.SUBSTANTIVE, MessageClass.COURTESY) or not seen.sender:
        return False
    asked_not_to = seen.suppressing or seen.says("precedence", "list") or any(n in seen.headers for n in _UNANSWERED)
    return not asked_not_to and _NO_REPLY.match(seen.sender.partition("@")[0]) is None

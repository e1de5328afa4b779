"""An agreement, as both parties read it before they sign."""

from collections.abc import Iterator

from servicecrm.agreements import TEXTS, Agreement, LevelTarget, Line, Price, TimeTarget
from servicecrm.reports.durations import every
from servicecrm.reports.model import Section
from servicecrm.reports.writing import Writing

__all__ = ["agreement"]


def agreement(of: Agreement, write: Writing) -> Iterator[Section]:
    """The parties, the services with what is promised and what they cost, duties, how it ends, and who has signed.

    Source: C028; FitSM PR2, service level agreements.
    """
    termination = of.termination
    yield write.head(
        ("number", of.number or ""),
        ("customer", write.name(of.customer)),
        ("state", _word(f"state.{of.state}", write)),
        ("first_day", write.day(of.first_day)),
        ("last_day", write.day(of.final_day)),
        ("extension", write.amount(of.extension or "")),
        (
            "notice",
            ""
            if termination is None
            else f"{write.amount(termination.notice)}, {_word(f'end_of.{termination.to}', write)}",
        ),
        ("review_every", every(of.review_every or "", language=write.language)),
        ("reporting", of.reporting or ""),
        ("change_rule", of.change_rule or ""),
    )
    services = [
        (write.name(line.service), f"{line.version}", _price(line.price, write), line.calendar or "")
        for line in of.lines
    ]
    yield from write.table("lines", ("service", "version", "price", "calendar"), services)
    yield from write.table("targets", ("service", "target", "promise", "applies"), _promises(of.lines, write))
    duties = [(_word(f"party.{duty.party}", write), duty.text) for duty in of.duties]
    yield from write.table("duties", ("party", "duty"), duties)
    contacts = [
        (
            _word(f"contact_purpose.{each.purpose}", write),
            _word(f"party.{each.party}", write),
            write.name(each.person),
        )
        for each in of.contacts
    ]
    yield from write.table("contacts", ("purpose", "party", "person"), contacts)
    yield from write.table("glossary", ("word", "meaning"), [(word, str(said)) for word, said in of.glossary.items()])
    signed = [
        (_word(f"party.{each.party}", write), write.name(each.signer), each.place or "", write.time(each.at))
        for each in of.signatures
    ]
    yield from write.table("signatures", ("party", "signer", "place", "at"), signed)
    yield from write.passage("digest", of.digest)


def _promises(lines: tuple[Line, ...], write: Writing) -> Iterator[tuple[str, ...]]:
    for line in lines:
        for target in line.levels.every:
            yield write.name(line.service), *_promise(target, write)


def _promise(target: TimeTarget | LevelTarget, write: Writing) -> tuple[str, str, str]:
    if isinstance(target, TimeTarget):
        return write.target(target.timer), write.amount(target.within), ", ".join(target.priorities)
    unit = "%" if target.unit == "percent" else target.unit
    limit = "at_least" if target.at_least is not None else "at_most"
    return (
        write.target(target.measure),
        write.text(limit, limit=f"{target.limit:f}", unit=unit),
        _word(f"per.{target.per}", write),
    )


def _price(price: Price | None, write: Writing) -> str:
    if price is None:
        return ""
    return f"{price.amount.amount:,.2f} {price.amount.currency}, {_word(f'price_per.{price.per}', write)}"


def _word(key: str, write: Writing) -> str:
    """The word for a code; what a house has added is called as the house calls it."""
    return TEXTS.get(key, language=write.language) if key in TEXTS.keys("en") else key.partition(".")[2]

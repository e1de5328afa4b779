"""A message is a record of its own."""

from datetime import timedelta

import pytest
from hypothesis import given

from servicecrm.errors import InvalidValue, NaiveDatetime, PolicyViolation
from servicecrm.kernel.documents import from_text, to_text
from servicecrm.testing.makers import MONDAY, a_message, an_actor
from servicecrm.testing.strategies import messages
from servicecrm.tracking import MESSAGE, Message, MessageClass, Side, write

HOUR = timedelta(hours=1)


def written(text: str = "Any news?", **changes: object) -> Message:
    given = {"id": "m-1", "about_kind": "complaint", "about": "c-1", "side": "outside", "klass": "substantive"}
    return write(text, **{**given, "by": an_actor(), "at": MONDAY, **changes}).after  # type: ignore[arg-type]


def test_writing_a_message_starts_a_record_with_one_fact() -> None:
    decision = write(
        "Any news?",
        id="m-1",
        about_kind="complaint",
        about="c-1",
        side="outside",
        klass="courtesy",
        language="DE-at",
        by=an_actor(),
        at=MONDAY,
        occurred_at=MONDAY - HOUR,
    )

    assert decision.before is None
    assert [event.type for event in decision.events] == ["message.written"]
    assert decision.after.side is Side.OUTSIDE
    assert decision.after.klass is MessageClass.COURTESY
    assert decision.after.language == "de-AT"
    assert decision.after.occurred_at == MONDAY - HOUR
    assert decision.after.recorded_at == MONDAY


def test_who_writes_it_down_is_the_author_unless_another_is_named() -> None:
    assert written().author == "ann@city.example"
    assert written(author="customer-7").author == "customer-7"


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_message_says_something(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"Message.text: a text must not be blank"):
        written(text)


def test_an_unknown_code_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InvalidValue, match="expected one of outside, inside"):
        written(side="middle")
    with pytest.raises(InvalidValue, match="expected one of substantive, courtesy"):
        written(klass="shout")


def test_a_message_cannot_come_from_the_future() -> None:
    with pytest.raises(PolicyViolation, match="cannot lie in the future"):
        written(occurred_at=MONDAY + HOUR)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveDatetime):
        written(at=MONDAY.replace(tzinfo=None))


def test_a_message_does_not_show_its_text() -> None:
    assert "Any news?" not in repr(a_message())


@given(messages())
def test_a_message_survives_being_stored(message: Message) -> None:
    document = from_text(to_text(MESSAGE.schema.dump(message)))

    assert MESSAGE.schema.load(document) == message


@given(messages())
def test_every_message_can_be_indexed(message: Message) -> None:
    index = MESSAGE.index_of(message)

    assert (index["about"], index["side"], index["klass"]) == (message.about, message.side, message.klass)
    assert MESSAGE.terms_of(message) == frozenset()
